// SPDX-License-Identifier: Apache-2.0
/*
 * What a packet of QUIC holds beside the body is known but for the length of its
 * number, and for acknowledgements that ride along. Both make an upload longer
 * than it would be without, the more the more packets it has; never shorter. So
 * offsets of the uploads of one client do not agree, but most lie just above the
 * least of them. With e the excess of each above that, a set scores minus the
 * logarithm of
 *
 *	C(M, k) d^k n(o) prod (e + 1) / w
 *
 * with n(o) the offsets up to that of the least, o, and the rest as in
 * fits_search.c, where it also is how large chance lets the largest excess be.
 */
#include "inference/fits.h"

#include <math.h>

#define HEADERS_VARY	64	/* bytes that uploads differ by, packets aside */
#define RIDING_VARY	16	/* packets for each byte that they differ by */
#define NUMBERS_GROW	1024

/* What rides along on some packets is in the average of set->frame, but for some of
 * it. A number takes a byte more while more than 127 packets are under way: of many
 * packets nearly each may. */
static bool
has_packets_for(const struct fits *f, const struct fit *fit, int64_t excess)
{
	int64_t packets = (int64_t)f->items[fit->item].packets;
	int64_t most = packets / RIDING_VARY + HEADERS_VARY;

	if (packets > NUMBERS_GROW)
		most += packets - NUMBERS_GROW;
	return excess >= 0 && excess <= most;
}

bool
fits_within_excess(const struct fits *f, const struct fit *fit,
    const struct fits_set *set)
{
	return fit->hi <= set->to && has_packets_for(f, fit,
	    fit->lo - set->from);
}

/* The fit at index first has the least offset. */
static void
from_one(struct fits *f, size_t count, size_t first, double weight,
    struct fits_set set, struct fits_set *best)
{
	double density = fits_density(f, set.wrap), chance, ways;

	set.from = f->list[first].lo;
	set.agreeing = 0;
	chance = fits_log_offsets(f, set.from) - weight;
	f->stamp++;
	for (size_t i = first; i < f->list_count; i++) {
		const struct fit *fit = &f->list[i];
		int64_t excess = fit->lo - set.from;

		if ((set.wrap != FITS_ANY && fit->wrap != set.wrap) ||
		    f->seen[fit->canary] == f->stamp ||
		    !has_packets_for(f, fit, excess))
			continue;
		f->seen[fit->canary] = f->stamp;
		set.to = fit->hi;
		set.agreeing++;
		ways = density * (double)(excess + 1);
		chance += log(ways);
		if (fits_too_wide(f, count, &set, excess))
			continue;
		set.score = -(fits_choose(f, count, set.agreeing) + chance);
		fits_consider(best, &set);
	}
}

void
fits_best_excess(struct fits *f, size_t count, struct fits_set set,
    struct fits_set *best)
{
	double weight = log(fits_weight(&set));

	set.by = FITS_BY_EXCESS;
	for (size_t i = 0; i < f->list_count; i++)
		if (f->list[i].lo == f->list[i].hi &&
		    (set.wrap == FITS_ANY || f->list[i].wrap == set.wrap))
			from_one(f, count, i, weight, set, best);
}
