/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_ANCHOR_RANK_H
#define CONTENT_ANCHOR_RANK_H

#include "content/anchor.h"

/*
 * Ranks of many positions, chosen at start by what the processor can do. Each
 * may read up to 40 bytes behind the last position, which ANCHOR_CONTEXT has
 * room for.
 */

/* The first of n positions with a rank of at most `most`, or n. */
extern size_t (*rank_first_low)(const uint8_t *p, size_t n, uint32_t most);

/* The rightmost of the lowest ranks of n > 0 positions. */
extern size_t (*rank_lowest)(const uint8_t *p, size_t n, uint32_t *ret_rank);

/* Bit i: position i of n, at most 64, has a rank of at most `most`; *ret_marks:
 * of at most ANCHOR_LOW. Bits from n on mean nothing. */
extern uint64_t (*rank_compare)(const uint8_t *p, size_t n, uint32_t most,
    uint64_t *ret_marks);

#endif
