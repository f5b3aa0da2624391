// SPDX-License-Identifier: Apache-2.0
/*
 * Bodies are canaries in one wrapping, and as many bytes more around each (a form,
 * members of JSON), with the file's name among them or not: none, for files as they
 * are, or a number by which two canaries end as records do. With m records that may
 * end a file, n canaries planted, k found, and T bytes out, a group scores minus the
 * logarithm of
 *
 *	C(m, k) (2 n / 16384)^k min(1, 4097 k / T)
 *
 * about how often chance has so many records of such lengths, and a sum that
 * close to what went out. With o bytes more it is 2 (o + 64) / w times that, w the
 * weight of the wrapping, halved with names. One whose last frame would be full, or as
 * short as control frames are, may be among them unseen, and does not count in k. Two
 * canaries at least, and two that ended in one and the same run of bytes: one after
 * the other they are judged each for itself.
 */
#include "inference/sums.h"

#include <math.h>
#include <string.h>

#define LEFT_OUT_MAX	2	/* of those whose last frame is there */
#define OVERHEAD_MAX	4096	/* of headers, for each canary */
#define OVERHEAD_USUAL	512
#define ADDED_MAX	8	/* numbers of bytes that are tried */

/* What was sent of each canary. */
struct way {
	enum model_wrap wrap;
	bool named;			/* with the file's name */
	uint16_t added;			/* bytes beside that */
};

static const enum model_wrap wraps[] = {
	MODEL_RAW, MODEL_BASE64, MODEL_HEX, MODEL_GZIP, MODEL_GZIP_LONG,
	MODEL_GZIP_BASE64, MODEL_GZIP_LONG_BASE64, MODEL_ZSTD,
};

struct search {
	const struct fits *fits;
	const struct inference_group *group;
	const struct fits_code *code;
	/* bit for each length of a last record: some record has it */
	uint64_t has_end[FITS_RECORD / 64 + 1];
	struct way way;
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

static void
note_ends(struct search *s)
{
	for (size_t i = 0; i < s->group->end_count; i++) {
		uint16_t len = s->group->ends[i].len;

		if (len <= FITS_RECORD)
			s->has_end[len / 64] |= UINT64_C(1) << len % 64;
	}
}

static bool
has_end(const struct search *s, uint64_t body)
{
	uint64_t left = body % FITS_RECORD + 9;

	return (s->has_end[left / 64] >> left % 64 & 1) ||
	    (s->has_end[(left + 1) / 64] >> (left + 1) % 64 & 1);
}

/* Index and one of the last record that ends such a body; 0: none. Of one that
 * ends unseen the last there is. */
static size_t
find_end(const struct search *s, uint64_t body)
{
	const struct inference_group *g = s->group;
	bool unseen = ends_unseen(body);
	size_t n = unseen || has_end(s, body) ? g->end_count : 0;

	while (n && !unseen && !ends_with(body, g->ends[n - 1].len))
		n--;
	return n;
}

/* Of the canary at that place, but for what is added. */
static uint64_t
body_of(const struct search *s, size_t k)
{
	uint64_t len = s->code->len[s->way.wrap][k];

	return s->way.named ? len + s->fits->name_lens[s->code->canary[k]] : len;
}

/* Members with the run in which they ended, the last one that would do. */
static bool
find_members(struct search *s)
{
	const struct inference_group *g = s->group;

	for (size_t k = 0; k < s->code->count; k++) {
		uint64_t body = body_of(s, k) + s->way.added;
		uint64_t len = body + model_frames(MODEL_HTTP2, body, 0);
		size_t end = find_end(s, body);
		uint32_t n = s->all.count;

		if (!end || len > s->total)
			continue;
		if (n == INFERENCE_SUM_MAX)
			return false;
		s->all.members[n] = (struct sums_member){
			s->code->canary[k], g->ends[end - 1].item, len };
		s->len[n] = len;
		s->unseen |= (uint32_t)ends_unseen(body) << n;
		s->all.count++;
	}
	return true;
}

static void
try_without(struct search *s, uint32_t without)
{
	uint64_t sum = 0, count = 0, most = OVERHEAD_MAX;
	uint32_t in = ~without & ((UINT32_C(1) << s->all.count) - 1);
	bool leaves_out = without & ~s->unseen, takes_in = in & s->unseen;

	/* Either may stand for one whose end was cut elsewhere: that it adds up says
	 * less then, and nothing where one does both. */
	if (leaves_out || takes_in)
		most = OVERHEAD_USUAL;
	for (uint32_t i = 0; i < s->all.count; i++) {
		if (without >> i & 1)
			continue;
		sum += s->len[i];
		count++;
	}
	if (count < 2 || sum > s->total ||
	    s->total - sum > count * most)
		return;
	s->without = without;
	s->answers += leaves_out && takes_in ? 2 : 1;
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
score(const struct search *s, uint32_t seen, uint32_t count)
{
	double m = (double)s->group->end_count, chance = 0;
	const struct way *w = &s->way;

	for (uint32_t i = 0; i < seen; i++)
		chance += log((m - i) / (i + 1) * 2 * s->fits->planted /
		    FITS_RECORD);
	if (w->wrap != MODEL_RAW || w->named || w->added)
		chance += log(fits_offsets(w->added) /
		    model_wrap_weight(w->wrap) * (w->named ? 2 : 1));
	return -(chance + log(fmin(1, 4097.0 * count / (double)s->total)));
}

static enum inference_why
try_way(struct search *s, struct sums_found *ret_found)
{
	uint32_t seen;

	s->all.count = s->unseen = s->answers = 0;
	if (!find_members(s))
		return INFERENCE_WHY_MANY;
	if (s->all.count < 2)
		return INFERENCE_WHY_NONE;
	try_all(s);
	if (!s->answers)
		return INFERENCE_WHY_UNEXPLAINED;
	if (s->answers > 1)
		return INFERENCE_WHY_AMBIGUOUS;
	seen = keep(s, ret_found);
	if (seen > s->group->end_count || !side_by_side(s))
		return INFERENCE_WHY_NONE;
	ret_found->wrap = s->way.wrap;
	ret_found->score = score(s, seen, ret_found->count);
	return INFERENCE_WHY_CHANCE;
}

/* The numbers of bytes by which most canaries, two at least, end as records do. */
static size_t
find_added(const struct search *s, uint16_t ret_added[static ADDED_MAX])
{
	uint8_t ends[MODEL_OFFSET_MAX + 1] = { 0 }, most = 2;
	const struct inference_group *g = s->group;
	size_t count = 0;

	for (size_t k = 0; k < s->code->count; k++) {
		uint64_t body = body_of(s, k);

		for (size_t i = 0; i < g->end_count && body <= s->total; i++) {
			uint64_t added = (g->ends[i].len - 9 - body) %
			    FITS_RECORD;

			if (added > MODEL_OFFSET_MAX || ++ends[added] < most)
				continue;
			if (ends[added] > most)
				count = 0;
			most = ends[added];
			if (count < ADDED_MAX)
				ret_added[count++] = (uint16_t)added;
		}
	}
	return count;
}

static void
try_added(struct search *s, struct sums_found *found, enum inference_why *why)
{
	uint16_t added[ADDED_MAX];
	size_t count = find_added(s, added);

	for (size_t i = 0; i < count; i++) {
		struct sums_found other = { .group = found->group };

		s->way.added = added[i];
		if (try_way(s, &other) != INFERENCE_WHY_CHANCE ||
		    (*why == INFERENCE_WHY_CHANCE &&
		    other.score <= found->score))
			continue;
		*found = other;
		*why = INFERENCE_WHY_CHANCE;
	}
}

/* Did two records end in one run, and is there room for two canaries? */
static bool
may_be_sum(const struct fits *f, const struct inference_group *g)
{
	bool two = false;

	for (size_t i = 1; i < g->end_count && !two; i++)
		for (size_t k = 0; k < i && !two; k++)
			two = g->ends[k].item == g->ends[i].item;
	return two && g->total >= 2 * f->least;
}

enum inference_why
sums_in_group(const struct fits *f, const struct fits_code *c, uint32_t group,
    struct sums_found *ret_found)
{
	const struct inference_group *g = &f->groups[group];
	struct search s = { .fits = f, .group = g, .code = c,
		.total = g->total };
	struct sums_found found = { .group = group };
	enum inference_why why;

	if (g->too_many)
		return INFERENCE_WHY_MANY;
	note_ends(&s);
	why = try_way(&s, &found);
	for (size_t w = 0; w < sizeof(wraps) / sizeof(*wraps) &&
	     may_be_sum(f, g); w++)
		for (int named = 0; named <= (f->name_lens != NULL); named++) {
			s.way = (struct way){ wraps[w], named, 0 };
			try_added(&s, &found, &why);
		}
	if (why == INFERENCE_WHY_CHANCE)
		*ret_found = found;
	return why;
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
