// SPDX-License-Identifier: Apache-2.0
/*
 * With m records that may end a file, n canaries planted, k found, and T bytes
 * out, a group scores minus the logarithm of
 *
 *	C(m, k) (2 n / 16384)^k min(1, 4097 k / T)
 *
 * about how often chance has so many records of such lengths, and a sum that
 * close to what went out. One whose last frame would be full, or as short as control
 * frames are, may be among them unseen, and does not count in k. Two canaries at least, and two that ended in one and
 * the same run of bytes: one after the other they are judged each for itself.
 */
#include "inference/sums.h"

#include <math.h>
#include <string.h>

#define LEFT_OUT_MAX	2	/* of those whose last frame is there */
#define OVERHEAD_MAX	4096	/* of headers, for each canary */

struct search {
	const struct fits_code *code;
	struct sums_found all;		/* whose last frame is there */
	uint64_t len[INFERENCE_SUM_MAX];
	uint32_t unseen;		/* bit per member whose last frame is */
	uint64_t total;
	uint32_t without;		/* bit per member that is left out */
	unsigned answers;
};

/* An HTTP/2 window of 65535 bytes cuts one frame short by a byte. */
static bool
ends_with(uint64_t body, uint16_t record)
{
	uint64_t left = body % FITS_RECORD;

	return left && (record == left + 9 || record == left + 10);
}

static bool
ends_unseen(uint64_t body)
{
	uint64_t left = body % FITS_RECORD;

	return !left || left + 9 < INFERENCE_END_LEAST;
}

/* Index and one of the last record that ends such a body; 0: none. Of one that
 * ends unseen the last there is. */
static size_t
find_end(const struct inference_group *g, uint64_t body)
{
	bool unseen = ends_unseen(body);
	size_t n = g->end_count;

	while (n && !unseen && !ends_with(body, g->ends[n - 1].len))
		n--;
	return n;
}

/* Members with the run in which they ended, the last one that would do. */
static bool
find_members(const struct inference_group *g, struct search *s)
{
	for (size_t k = 0; k < s->code->count; k++) {
		uint64_t body = s->code->len[MODEL_RAW][k];
		uint64_t len = body + model_frames(MODEL_HTTP2, body, 0);
		size_t end = find_end(g, body);
		uint32_t n = s->all.count;

		if (!end || len > s->total)
			continue;
		if (n == INFERENCE_SUM_MAX)
			return false;
		s->all.members[n] = (struct sums_member){
			s->code->canary[k], g->ends[end - 1].item };
		s->len[n] = len;
		s->unseen |= (uint32_t)ends_unseen(body) << n;
		s->all.count++;
	}
	return true;
}

static void
try_without(struct search *s, uint32_t without)
{
	uint64_t sum = 0, count = 0;

	for (uint32_t i = 0; i < s->all.count; i++) {
		if (without >> i & 1)
			continue;
		sum += s->len[i];
		count++;
	}
	if (count < 2 || sum > s->total ||
	    s->total - sum > count * OVERHEAD_MAX)
		return;
	s->without = without;
	s->answers++;
}

/* All of them, else all but one, else all but two: the first that explains what
 * went out, if it is the only one of its kind. */
static void
try_all(struct search *s)
{
	uint32_t n = s->all.count;

	try_without(s, 0);
	for (uint32_t a = 0; a < n && !s->answers; a++)
		try_without(s, 1u << a);
	if (s->answers)
		return;
	for (uint32_t a = 0; a < n; a++)
		for (uint32_t b = a + 1; b < n; b++)
			try_without(s, 1u << a | 1u << b);
}

/* Of those whose end was seen. */
static bool
side_by_side(const struct search *s)
{
	uint32_t skip = s->without | s->unseen;

	for (uint32_t a = 0; a < s->all.count; a++)
		for (uint32_t b = a + 1; b < s->all.count; b++)
			if (!(skip >> a & 1) && !(skip >> b & 1) &&
			    s->all.members[a].item == s->all.members[b].item)
				return true;
	return false;
}

/* Returns how many of them were seen to end. */
static uint32_t
keep(const struct search *s, struct sums_found *ret)
{
	uint32_t seen = 0;

	ret->count = 0;
	for (uint32_t i = 0; i < s->all.count; i++) {
		if (s->without >> i & 1)
			continue;
		ret->members[ret->count++] = s->all.members[i];
		seen += !(s->unseen >> i & 1);
	}
	return seen;
}

static double
score(const struct fits *f, const struct inference_group *g, uint32_t seen,
    uint32_t count)
{
	double m = (double)g->end_count, chance = 0;

	for (uint32_t i = 0; i < seen; i++)
		chance += log((m - i) / (i + 1) * 2 * f->planted /
		    FITS_RECORD);
	return -(chance + log(fmin(1, 4097.0 * count / (double)g->total)));
}

enum inference_why
sums_in_group(const struct fits *f, const struct fits_code *c, uint32_t group,
    struct sums_found *ret_found)
{
	const struct inference_group *g = &f->groups[group];
	struct search s = { .code = c, .total = g->total };
	struct sums_found found = { .group = group };
	uint32_t seen;

	if (g->too_many || !find_members(g, &s))
		return INFERENCE_WHY_MANY;
	if (s.all.count < 2)
		return INFERENCE_WHY_NONE;
	try_all(&s);
	if (!s.answers)
		return INFERENCE_WHY_UNEXPLAINED;
	if (s.answers > 1)
		return INFERENCE_WHY_AMBIGUOUS;
	seen = keep(&s, &found);
	if (seen > g->end_count || !side_by_side(&s))
		return INFERENCE_WHY_NONE;
	found.score = score(f, g, seen, found.count);
	*ret_found = found;
	return INFERENCE_WHY_CHANCE;
}

bool
sums_best(const struct fits *f, const struct fits_code *c,
    struct sums_found *ret_found)
{
	struct sums_found found;
	bool any = false;

	for (uint32_t i = 0; i < f->group_count; i++) {
		if (f->group_claimed[i] || sums_in_group(f, c, i, &found) !=
		    INFERENCE_WHY_CHANCE || (any && found.score <=
		    ret_found->score))
			continue;
		*ret_found = found;
		any = true;
	}
	return any;
}
