/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_ANCHOR_RANK_H
#define CONTENT_ANCHOR_RANK_H

#include <string.h>

#include "content/anchor.h"

/*
 * Ranks of many positions, chosen at start by what the processor can do. Each
 * may read up to 40 bytes behind the last position, which ANCHOR_CONTEXT has
 * room for.
 */

#define RANK_MUL_LOW	0x9E3779B1u
#define RANK_MUL_HIGH	0x85EBCA77u

static inline uint32_t
load_le32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap32(v);
#endif
	return v;
}

/* anchor_rank(), inline. */
static inline uint32_t
rank_of(const uint8_t *p)
{
	uint32_t x = load_le32(p), y = load_le32(p + 4), v;

	if (x == y)
		return ANCHOR_NO_RANK;
	v = x * RANK_MUL_LOW + y * RANK_MUL_HIGH;
	return v == ANCHOR_NO_RANK ? ANCHOR_NO_RANK - 1 : v;
}

/* The first of n positions with a rank of at most `most`, or n. */
extern size_t (*rank_first_low)(const uint8_t *p, size_t n, uint32_t most);

/* The rightmost of the lowest ranks of n > 0 positions. */
extern size_t (*rank_lowest)(const uint8_t *p, size_t n, uint32_t *ret_rank);

/* Bit i: position i of n, at most 64, has a rank of at most ANCHOR_LOW. Bits
 * from n on mean nothing. */
extern uint64_t (*rank_marks)(const uint8_t *p, size_t n);

#endif
