// SPDX-License-Identifier: Apache-2.0
#include "content/known/anchor.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "content/known/anchor_rank.h"

void
anchor_start(struct anchor_hunt *h, uint64_t offset)
{
	*h = (struct anchor_hunt){
		.start = offset,
		.next = offset,
		.min = ANCHOR_NO_RANK,
		.void_start = offset,
	};
}

uint64_t
anchor_need(const struct anchor_hunt *h)
{
	if (!h->primed)
		return h->start;
	return h->min == ANCHOR_NO_RANK ? h->next : h->min_pos + 1;
}

/* Looks at the window of ANCHOR_WINDOW positions from `at` anew. */
static bool
see_window(struct anchor_hunt *h, const uint8_t *p, uint64_t at)
{
	h->min_pos = at + rank_lowest(p, ANCHOR_WINDOW, &h->min);
	h->next = at + ANCHOR_WINDOW;
	h->primed = true;
	if (h->min == ANCHOR_NO_RANK)
		h->void_start = at;
	return h->min != ANCHOR_NO_RANK;
}

/* One step: true if h->min_pos is a new anchor; *ret_end if the bytes end. */
static bool
hunt_step(struct anchor_hunt *h, const uint8_t *p, uint64_t base, uint64_t end,
    bool *ret_end)
{
	uint64_t stop, expire;
	uint32_t most;

	if (!h->primed) {
		if (h->start + ANCHOR_WINDOW <= end)
			return see_window(h, p + (h->start - base), h->start);
		*ret_end = true;
		return false;
	}
	/* without a minimum any rank will do, and nothing expires */
	expire = h->min == ANCHOR_NO_RANK ? end : h->min_pos + ANCHOR_WINDOW;
	most = h->min == ANCHOR_NO_RANK ? ANCHOR_NO_RANK - 1 : h->min;
	stop = expire < end ? expire : end;
	if (h->next < stop) {
		size_t n = (size_t)(stop - h->next);
		size_t at = rank_first_low(p + (h->next - base), n, most);

		h->next += at;
		if (at < n) {
			if (h->min == ANCHOR_NO_RANK)
				h->void_end = h->next;
			h->min_pos = h->next++;
			h->min = rank_of(p + (h->min_pos - base));
			return true;
		}
	}
	if (expire < end && h->min != ANCHOR_NO_RANK)
		return see_window(h, p + (h->min_pos + 1 - base),
		    h->min_pos + 1);
	*ret_end = true;
	return false;
}

static inline size_t
tell(const struct anchor_hunt *h, const uint8_t *p, uint64_t base,
    struct anchor *ret)
{
	*ret = (struct anchor){
		.offset = h->min_pos,
		.rank = h->min,
		.key = XXH3_64bits(p + (h->min_pos - base), ANCHOR_CONTEXT),
		.void_start = h->void_end == h->min_pos &&
		    h->void_start < h->min_pos ? h->void_start : h->min_pos,
	};
	return 1;
}

/* From the last anchor on, if it is a candidate. */
static void
fast_begin(struct anchor_hunt *h)
{
	h->fast = h->min <= ANCHOR_LOW;
	if (!h->fast)
		return;
	h->next = h->marked = h->min_pos + 1;
	if (!h->all)
		memset(h->marks, 0, sizeof(h->marks));
}

/* Marks the candidates among the next positions, up to the end of a block. */
static void
mark_block(struct anchor_hunt *h, const uint8_t *p, uint64_t base, uint64_t end)
{
	uint64_t *m = &h->marks[h->marked / 64 % ANCHOR_BLOCKS], marks;
	size_t n = 64 - h->marked % 64;

	n = end - h->marked < n ? (size_t)(end - h->marked) : n;
	marks = rank_marks(p + (h->marked - base), n);
	if (h->marked % 64 == 0)
		*m = 0;
	if (n < 64)
		marks &= (1ull << n) - 1;
	*m |= marks << h->marked % 64;
	h->marked += n;
}

/*
 * The lowest of the candidates in the window that begins behind the last
 * anchor; all its positions are marked. False if there are none.
 */
static bool
lowest_marked(struct anchor_hunt *h, const uint8_t *p, uint64_t base)
{
	uint64_t at = h->min_pos + 1, stop = at + ANCHOR_WINDOW, bits;
	uint32_t min = ANCHOR_NO_RANK, rank;

	while (at < stop) {
		bits = h->marks[at / 64 % ANCHOR_BLOCKS] >> at % 64;
		for (; bits; bits &= bits - 1) {
			uint64_t i = at + (uint64_t)__builtin_ctzll(bits);

			if (i >= stop)
				break;
			rank = rank_of(p + (i - base));
			if (rank <= min) {
				min = rank;
				h->min_pos = i;
			}
		}
		at = (at / 64 + 1) * 64;
	}
	if (min != ANCHOR_NO_RANK)
		h->min = min;
	return min != ANCHOR_NO_RANK;
}

/* The minimum has left the window; those of the window are marked. */
static bool
expire(struct anchor_hunt *h, const uint8_t *p, uint64_t base)
{
	h->next = h->min_pos + ANCHOR_WINDOW + 1;
	if (lowest_marked(h, p, base))
		return true;
	h->fast = false;
	return see_window(h, p + (h->min_pos + 1 - base), h->min_pos + 1);
}

/*
 * Goes on from candidate to candidate while the minimum is one. True if
 * h->min_pos is a new anchor; else the bytes end, or it is fast no longer.
 */
static bool
hunt_fast(struct anchor_hunt *h, const uint8_t *p, uint64_t base, uint64_t end)
{
	uint64_t last = h->min_pos + ANCHOR_WINDOW, bits, at;
	uint32_t rank;

	while (h->next < end) {
		if (h->next == h->marked)
			mark_block(h, p, base, end);
		bits = h->marks[h->next / 64 % ANCHOR_BLOCKS] >> h->next % 64;
		for (; bits; bits &= bits - 1) {
			at = h->next + (uint64_t)__builtin_ctzll(bits);
			if (at > last)
				break;
			rank = rank_of(p + (at - base));
			if (rank > h->min)
				continue;
			h->next = at + 1;
			h->min_pos = at;
			h->min = rank;
			return true;
		}
		if (last < h->marked)
			return expire(h, p, base);
		h->next = h->marked;
	}
	return false;
}

/*
 * As hunt_fast(), but every candidate is told, min_pos being the last one.
 * Where a window has none, the lowest of it is, and it is fast no longer.
 */
static size_t
tell_all(struct anchor_hunt *h, const uint8_t *p, uint64_t base, uint64_t end,
    struct anchor *ret, size_t max)
{
	uint16_t list[RANK_LIST + 4];
	size_t n = 0, len, count, i;

	while (h->next < end && n < max) {
		uint64_t from = h->next;

		len = end - from < RANK_LIST ? (size_t)(end - from) : RANK_LIST;
		count = rank_list(p + (from - base), len, list);
		for (i = 0; i < count && n < max; i++) {
			if (from + list[i] > h->min_pos + ANCHOR_WINDOW)
				break;
			h->min_pos = from + list[i];
			n += tell(h, p, base, &ret[n]);
		}
		h->next = i < count || n == max ? h->min_pos + 1 : from + len;
		if (n == max || (i == count &&
		    h->next <= h->min_pos + ANCHOR_WINDOW))
			continue;
		h->fast = false;
		if (see_window(h, p + (h->min_pos + 1 - base), h->min_pos + 1))
			n += tell(h, p, base, &ret[n]);
		break;
	}
	return n;
}

size_t
anchor_find(struct anchor_hunt *h, const uint8_t *p, uint64_t base, size_t len,
    struct anchor *ret_anchors, size_t max)
{
	uint64_t end = base + len;	/* of the positions with a context */
	bool at_end = false, fast;
	size_t n = 0;

	if (len < ANCHOR_CONTEXT)
		return 0;
	end -= ANCHOR_CONTEXT - 1;
	while (n < max && !at_end) {
		fast = h->fast;
		if (fast && h->all) {
			n += tell_all(h, p, base, end, &ret_anchors[n],
			    max - n);
			at_end = h->fast && h->next >= end;
		} else if (fast ? hunt_fast(h, p, base, end) :
		    hunt_step(h, p, base, end, &at_end)) {
			n += tell(h, p, base, &ret_anchors[n]);
			if (!fast)
				fast_begin(h);
		} else if (fast && h->fast) {
			at_end = true;
		}
	}
	return n;
}

uint8_t
anchor_side(const uint8_t *p)
{
	return (uint8_t)(XXH3_64bits(p, ANCHOR_SIDE) >> 32);
}
