/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_ANCHOR_H
#define CONTENT_ANCHOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Anchors: positions that bytes choose themselves, so that a file and any copy
 * of any part of it choose the same ones.
 *
 * Each position has a rank, a cheap hash of the 8 bytes there. In every window
 * of ANCHOR_WINDOW positions the lowest rank, the rightmost of equals, is an
 * anchor; its key is a 64-bit hash of the ANCHOR_CONTEXT bytes from it. Which
 * position a window chooses depends on the ANCHOR_RUN bytes of that window
 * alone, therefore two streams that share ANCHOR_RUN bytes in a row, wherever
 * they lie in each, share an anchor in them.
 *
 * Where 8 bytes repeat with period 1, 2 or 4 there is no rank: a window of
 * nothing else (zeros, fill patterns) has no anchor, for such bytes are no
 * evidence of any file. One anchor comes in about 97 bytes.
 */

#define ANCHOR_CONTEXT	64
#define ANCHOR_RUN	256
#define ANCHOR_WINDOW	(ANCHOR_RUN - ANCHOR_CONTEXT + 1)
#define ANCHOR_NO_RANK	UINT32_MAX

/*
 * Text that repeats gives one key to many places. Of any ANCHOR_RUN bytes with
 * an anchor in them at least ANCHOR_SIDE lie before it or behind its context,
 * so a place is worth comparing only where one of these sides is alike.
 */
#define ANCHOR_SIDE	((ANCHOR_RUN - ANCHOR_CONTEXT) / 2)

struct anchor {
	uint64_t offset;
	uint64_t key;
	uint32_t rank;		/* not where all candidates are told */
	uint64_t void_start;	/* bytes repeat with period 4 from here up to
				 * the anchor; offset if they don't */
};

/* Ranks so low are candidates, one position in 48: nearly every window has one,
 * and then its lowest is among them. */
#define ANCHOR_LOW	((UINT16_MAX / 48u) << 16 | 0xffff)
#define ANCHOR_BLOCKS	8	/* of 64 positions; more than a window spans */

/*
 * Where a hunt through a stream stands. Offsets are the stream's. Each field
 * is a function of the bytes from `start` to the last one looked at, never of
 * how they were handed over.
 */
struct anchor_hunt {
	uint64_t start;		/* first position of the first window */
	uint64_t next;		/* first position not looked at */
	uint64_t min_pos;	/* last anchor, if min is a rank */
	uint64_t void_start;	/* no rank from here to next, if min is none */
	uint64_t void_end;	/* where that ended, once there is a rank */
	uint32_t min;		/* rank of min_pos, or ANCHOR_NO_RANK */
	bool primed;		/* the first window has been seen */
	bool all;		/* every candidate is told, be it an anchor or
				 * not: cheaper than telling which are */
	/* While min is a candidate's rank, only candidates are compared; a
	 * bit for each position behind min_pos and before `marked`, which is
	 * in the block of `next` or ends it, by its offset modulo 512. */
	bool fast;
	uint64_t marked;
	uint64_t marks[ANCHOR_BLOCKS];
};

void anchor_start(struct anchor_hunt *h, uint64_t offset);

/* The first byte that the hunt will read again. */
uint64_t anchor_need(const struct anchor_hunt *h);

struct anchor_sides {
	uint8_t before, behind;		/* short hashes of ANCHOR_SIDE bytes */
	bool has_before, has_behind;	/* there are that many */
};

/*
 * anchor_find - the next anchors, at most max. The len bytes at p are the
 * stream's from offset base, base <= anchor_need(). Fewer than max: all that
 * these bytes hold; the hunt goes on when there are more bytes.
 */
size_t anchor_find(struct anchor_hunt *h, const uint8_t *p, uint64_t base,
    size_t len, struct anchor *ret_anchors, size_t max);

/* A short hash of the ANCHOR_SIDE bytes at p. */
uint8_t anchor_side(const uint8_t *p);

/* The rank at p (8 bytes). */
uint32_t anchor_rank(const uint8_t *p);

/* Tests compare the two ways to rank; true: only portable code from now on. */
void anchor_force_portable(bool on);

#endif
