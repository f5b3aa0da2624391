/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_ANCHOR_RANK_H
#define CONTENT_ANCHOR_RANK_H

#include <string.h>

#include "content/known/anchor.h"

/*
 * Ranks of many positions, chosen at start by what the processor can do. Each
 * may read up to 40 bytes behind the last position, which ANCHOR_CONTEXT has
 * room for.
 */

static inline uint64_t
load_le64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

/*
 * Factors of the four 16-bit words at a position, for the upper half of a rank,
 * which makes it a candidate or not, and for the lower: sixteen positions are
 * ranked by one instruction each.
 */
#define RANK_HIGH_0	0x9E37
#define RANK_HIGH_1	0x79B1
#define RANK_HIGH_2	0xC2B5
#define RANK_HIGH_3	0x85EB
#define RANK_LOW_0	0x27D5
#define RANK_LOW_1	0xEB4F
#define RANK_LOW_2	0x1657
#define RANK_LOW_3	0x94D1

/* anchor_rank(), inline. */
static inline uint32_t
rank_of(const uint8_t *p)
{
	uint64_t v = load_le64(p);
	uint32_t a = v & 0xffff, b = v >> 16 & 0xffff, c = v >> 32 & 0xffff;
	uint32_t d = (uint32_t)(v >> 48), high, low;

	if (a == c && b == d)
		return ANCHOR_NO_RANK;
	high = a * RANK_HIGH_0 + b * RANK_HIGH_1 + c * RANK_HIGH_2 +
	    d * RANK_HIGH_3;
	low = a * RANK_LOW_0 + b * RANK_LOW_1 + c * RANK_LOW_2 + d * RANK_LOW_3;
	low = high << 16 | (low & 0xffff);
	return low == ANCHOR_NO_RANK ? ANCHOR_NO_RANK - 1 : low;
}

/* The first of n positions with a rank of at most `most`, or n. */
extern size_t (*rank_first_low)(const uint8_t *p, size_t n, uint32_t most);

/* The rightmost of the lowest ranks of n > 0 positions. */
extern size_t (*rank_lowest)(const uint8_t *p, size_t n, uint32_t *ret_rank);

/* Bit i: position i of n, at most 64, has a rank of at most ANCHOR_LOW. Bits
 * from n on mean nothing. */
extern uint64_t (*rank_marks)(const uint8_t *p, size_t n);

/* The same of n positions, at most RANK_LIST, as a list in their order; returns
 * how many there are. What stands behind them in ret_at means nothing. */
#define RANK_LIST	512
extern size_t (*rank_list)(const uint8_t *p, size_t n,
    uint16_t ret_at[static RANK_LIST + 4]);

#endif
