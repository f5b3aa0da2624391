// SPDX-License-Identifier: Apache-2.0
/*
 * For every far end and every frame the fits are listed by offset. A set is a
 * run of that list, in one wrapping or in any; its score is minus the logarithm
 * of
 *
 *	C(M, k) d^k n(o) (2 s + 1)^(k - 1) / w
 *
 * with M the transfers to that far end that are as long as a canary can be, k the
 * distinct canaries, d the density of lengths of canaries per byte, o the least
 * offset, n(o) = 2 (o + 64), for most headers are short, s how far the offsets are
 * apart and w the weight of the wrapping, a tenth of it for what was resumed: about
 * the number of such sets that chance makes. It is none where chance would bring a
 * transfer that was no canary among the offsets of the others too often: that one
 * would be named because they are. For QUIC there is fits_excess.c.
 * Three other kinds need no agreement:
 *
 * - Bodies that begin at the start of one of the first r + 1 records have sets
 *   with C(M, k) (d (r + 1))^k r / w; in HTTP/2 d is trebled there.
 * - Bodies whose last record has the length that is left of them when they are
 *   cut into 16384 bytes: C(M, k) (d 4097 / 16384)^k / w, doubled in HTTP/2,
 *   where a window that ends within a frame moves the rest by a byte.
 * - A fit whose offset is t bytes from those of a set that was named already,
 *   to the same far end in the same way, known to u bytes:
 *   M d (s + 2 t + u + 1) / 50 w. Headers that
 *   went before the bodies of that set, and were answered, count as if they had
 *   gone with them, but for 22 bytes of "Expect: 100-continue": clients send it
 *   by size, and get that answer.
 */
#include "inference/fits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SPREAD_MAX	512	/* wider apart, offsets do not agree */
#define NEAR_MAX	64	/* further off, a set says nothing of a fit */
#define NEAR_WEIGHT	100	/* more where some are there than where none is */
#define EXPECT_LEN	22	/* "Expect: 100-continue", CR, LF */

void
fits_consider(struct fits_set *best, const struct fits_set *set)
{
	if (set->score > best->score)
		*best = *set;
}

static bool
is_of(const struct fit *fit, unsigned wrap)
{
	return wrap == FITS_ANY || fit->wrap == wrap;
}

/* Runs of the list: each fit as the first, then further ones one by one. */
static void
best_run(struct fits *f, size_t count, struct fits_set set,
    struct fits_set *best)
{
	double d = log(fits_density(f, set.wrap));
	double weight = log(fits_weight(&set));

	set.by = FITS_BY_OFFSET;
	for (size_t i = 0; i < f->list_count; i++) {
		int64_t to = f->list[i].hi;
		double fixed;

		if (!is_of(&f->list[i], set.wrap))
			continue;
		fixed = fits_log_offsets(f, f->list[i].lo) - weight;
		set.from = f->list[i].lo;
		set.agreeing = 0;
		f->stamp++;
		for (size_t k = i; k < f->list_count; k++) {
			const struct fit *fit = &f->list[k];

			if (fit->lo - set.from > SPREAD_MAX)
				break;
			if (!is_of(fit, set.wrap) ||
			    f->seen[fit->canary] == f->stamp)
				continue;
			f->seen[fit->canary] = f->stamp;
			if (fit->hi > to)
				to = fit->hi;
			set.to = to;
			set.agreeing++;
			if (fits_too_wide(f, count, &set, to - set.from))
				continue;
			set.score = -(fits_choose(f, count, set.agreeing) +
			    set.agreeing * d + fixed + (set.agreeing - 1) *
			    fits_log_spread(f, to - set.from));
			fits_consider(best, &set);
		}
	}
}

bool
fits_belongs(const struct fits *f, const struct fit *fit,
    const struct fits_set *set)
{
	if (!is_of(fit, set->wrap))
		return false;
	switch (set->by) {
	case FITS_BY_START:
		return fit->rank <= set->rank;
	case FITS_BY_END:
		return fit->at_end;
	case FITS_BY_EXCESS:
		return fits_within_excess(f, fit, set);
	default:
		return fit->lo >= set->from && fit->hi <= set->to;
	}
}

/* The canaries that belong to a set, each once. */
static void
count_members(struct fits *f, struct fits_set *set)
{
	set->agreeing = 0;
	f->stamp++;
	for (size_t i = 0; i < f->list_count; i++) {
		const struct fit *fit = &f->list[i];

		if (!fits_belongs(f, fit, set) || f->seen[fit->canary] == f->stamp)
			continue;
		f->seen[fit->canary] = f->stamp;
		set->agreeing++;
	}
}

/* chance: of one transfer to fit so, for one canary and byte. */
static void
consider_members(struct fits *f, size_t count, struct fits_set *set,
    double chance, double ways, struct fits_set *best)
{
	count_members(f, set);
	if (!set->agreeing)
		return;
	set->score = -(fits_choose(f, count, set->agreeing) + set->agreeing *
	    log(fits_density(f, set->wrap) * chance) + log(ways) -
	    log(fits_weight(set)));
	fits_consider(best, set);
}

static void
best_exact(struct fits *f, size_t count, struct fits_set set,
    struct fits_set *best)
{
	bool http2 = set.frame == MODEL_HTTP2;

	set.by = FITS_BY_START;
	for (uint8_t rank = 1; rank <= INFERENCE_STARTS; rank++) {
		set.rank = rank;
		consider_members(f, count, &set, (rank + 1) *
		    (double)fits_slack(set.frame), rank, best);
	}
	set.by = FITS_BY_END;
	set.rank = FITS_NO_RANK;
	consider_members(f, count, &set, (http2 ? 2.0 : 1.0) *
	    (MODEL_OFFSET_MAX + 1) / FITS_RECORD, 1, best);
}

/* How far a fit's offset is from those of a set at least. */
static int64_t
distance(const struct fit *fit, const struct fits_set *anchor)
{
	return fit->hi < anchor->from ? anchor->from - fit->hi :
	    fit->lo > anchor->to ? fit->lo - anchor->to : 0;
}

static void
best_near(struct fits *f, size_t count, const struct fits_set *anchor,
    struct fits_set *best)
{
	struct fits_set set = *anchor;

	set.by = FITS_NEAR;
	set.agreeing = 1;
	for (size_t i = 0; i < f->list_count; i++) {
		const struct fit *fit = &f->list[i];
		int64_t off;

		if (!is_of(fit, anchor->wrap))
			continue;
		off = distance(fit, anchor);
		if (off > NEAR_MAX)
			continue;
		set.wrap = fit->wrap;
		set.from = fit->lo;
		set.to = fit->hi;
		set.score = -log(2 * (double)count * fits_density(f,
		    anchor->wrap) * (double)(anchor->to - anchor->from +
		    2 * off + 1 + fit->hi - fit->lo) / fits_weight(anchor) /
		    NEAR_WEIGHT);
		fits_consider(best, &set);
	}
}

static void
search_far_end(struct fits *f, size_t count, struct fits_set set,
    struct fits_set *best)
{
	for (unsigned w = 0; w <= FITS_ANY; w++) {
		set.wrap = (uint8_t)w;
		if (w != FITS_ANY && !f->has_wrap[w])
			continue;
		if (set.frame >= MODEL_QUIC) {
			fits_best_excess(f, count, set, best);
			continue;
		}
		best_run(f, count, set, best);
		if (w != FITS_ANY && !set.named && f->has_exact[w])
			best_exact(f, count, set, best);
	}
	for (size_t i = 0; i < f->anchor_count; i++)
		if (f->anchors[i].far_end == set.far_end &&
		    f->anchors[i].frame == set.frame &&
		    f->anchors[i].named == set.named)
			best_near(f, count, &f->anchors[i], best);
}

static void
search_frame(struct fits *f, const struct fits_code *c, size_t from, size_t to,
    unsigned frame, struct fits_set *best)
{
	bool with_names = f->name_lens && frame < MODEL_CHUNKED;

	size_t count = fits_list(f, c, from, to, frame);

	for (unsigned named = 0; f->list_count && named <= with_names; named++) {
		struct fits_set set = {
			.far_end = f->items[f->order[from]].far_end,
			.frame = (uint8_t)frame,
			.rank = FITS_NO_RANK,
			.named = named,
		};

		if (named)
			fits_take_off_names(f);
		search_far_end(f, count, set, best);
	}
}

/* One item of each carrier that goes to a far end; NULL: none. */
static void
find_carriers(const struct fits *f, size_t from, size_t to,
    const struct inference_item *ret[static INFERENCE_QUIC + 1])
{
	memset(ret, 0, (INFERENCE_QUIC + 1) * sizeof(*ret));
	for (size_t i = from; i < to; i++)
		ret[f->items[f->order[i]].carrier] = &f->items[f->order[i]];
}

static bool
is_carried(const struct inference_item *const *carriers, unsigned frame)
{
	for (int i = 0; i <= INFERENCE_QUIC; i++)
		if (carriers[i] && fits_carries(carriers[i], frame))
			return true;
	return false;
}

bool
fits_best(struct fits *f, const struct fits_code *c, struct fits_set *ret_set)
{
	struct fits_set best = { .score = -INFINITY };
	size_t to;

	for (size_t from = 0; from < f->order_count; from = to) {
		const struct inference_item *carriers[INFERENCE_QUIC + 1];

		to = fits_far_end_to(f, from);
		find_carriers(f, from, to, carriers);
		for (unsigned frame = 0; frame < MODEL_FRAME_COUNT; frame++)
			if (is_carried(carriers, frame))
				search_frame(f, c, from, to, frame, &best);
	}
	if (best.score == -INFINITY)
		return false;
	*ret_set = best;
	return true;
}

/* Offsets of the fits in the list, those alone that have headers before them or
 * all of them. */
static void
add_anchor(struct fits *f, const struct fits_set *set, bool with_headers)
{
	struct fits_set a = *set;
	bool any = false;

	for (size_t i = 0; i < f->list_count; i++) {
		const struct fit *fit = &f->list[i];
		int64_t before = with_headers ? f->items[fit->item].before : 0;

		if (with_headers && before <= EXPECT_LEN)
			continue;
		before -= with_headers ? EXPECT_LEN : 0;
		if (!any || fit->lo + before < a.from)
			a.from = fit->lo + before;
		if (!any || fit->hi + before > a.to)
			a.to = fit->hi + before;
		any = true;
	}
	if (any && a.to - a.from <= SPREAD_MAX &&
	    f->anchor_count < FITS_ANCHORS_MAX)
		f->anchors[f->anchor_count++] = a;
}

void
fits_anchor(struct fits *f, const struct fits_set *set)
{
	add_anchor(f, set, false);
	add_anchor(f, set, true);
}
