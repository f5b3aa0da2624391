// SPDX-License-Identifier: Apache-2.0
#include "content/anchor.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "content/anchor_rank.h"

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
			h->min = anchor_rank(p + (h->min_pos - base));
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
	h->next = h->min_pos + 1;
	memset(h->marks, 0, sizeof(h->marks));
}

/* Keeps the marks of n positions from offset on, all in one block of 64. */
static void
keep_marks(struct anchor_hunt *h, uint64_t offset, size_t n, uint64_t marks)
{
	uint64_t *m = &h->marks[offset / 64 % ANCHOR_BLOCKS];

	if (offset % 64 == 0)
		*m = 0;
	if (n < 64)
		marks &= (1ull << n) - 1;
	*m |= marks << offset % 64;
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
			rank = anchor_rank(p + (i - base));
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

/*
 * Goes on in steps of at most 64 positions while the minimum is a candidate.
 * True if h->min_pos is a new anchor; else the bytes end, or it is fast no
 * longer.
 */
static bool
hunt_fast(struct anchor_hunt *h, const uint8_t *p, uint64_t base, uint64_t end)
{
	uint64_t low, marks, expire, first;
	size_t n;

	while (h->next < end) {
		expire = h->min_pos + ANCHOR_WINDOW;
		n = 64 - h->next % 64;
		n = end - h->next < n ? (size_t)(end - h->next) : n;
		low = rank_compare(p + (h->next - base), n, h->min, &marks);
		if (n < 64)
			low &= (1ull << n) - 1;
		first = low ? h->next + (uint64_t)__builtin_ctzll(low) :
		    UINT64_MAX;
		if (first <= expire) {
			keep_marks(h, h->next, (size_t)(first + 1 - h->next),
			    marks);
			h->next = first + 1;
			h->min_pos = first;
			h->min = anchor_rank(p + (first - base));
			return true;
		}
		if (expire < h->next + n) {
			keep_marks(h, h->next, (size_t)(expire + 1 - h->next),
			    marks);
			h->next = expire + 1;
			if (lowest_marked(h, p, base))
				return true;
			h->fast = false;
			return see_window(h, p + (h->min_pos + 1 - base),
			    h->min_pos + 1);
		}
		keep_marks(h, h->next, n, marks);
		h->next += n;
	}
	return false;
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
		if (fast ? hunt_fast(h, p, base, end) :
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
