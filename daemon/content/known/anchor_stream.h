/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_ANCHOR_STREAM_H
#define CONTENT_ANCHOR_STREAM_H

#include "content/known/anchor.h"

/*
 * Hunts anchors in a stream that comes in pieces, keeping the last bytes of it,
 * so that each anchor can be looked at with what stands around it: an anchor is
 * told once ANCHOR_CONTEXT + ANCHOR_SIDE bytes from it are there, or at the
 * end. The piece is used in place; only its first bytes are copied, to join
 * them to what came before.
 *
 *	anchor_stream_open(s, data, len);
 *	while ((n = anchor_stream_next(s, false, anchors, max)))
 *		...
 *	anchor_stream_close(s);
 */

/* Bytes that can be read back, from an anchor that is told. */
#define ANCHOR_BACK	512

/* An anchor is told at most ANCHOR_RUN + ANCHOR_SIDE bytes late. */
#define ANCHOR_HISTORY	(ANCHOR_BACK + ANCHOR_RUN + ANCHOR_SIDE + 32)
#define ANCHOR_JOINT	(2 * ANCHOR_HISTORY)

struct anchor_stream {
	struct anchor_hunt hunt;
	uint64_t first;		/* stream offset of the first byte kept or
				 * ever seen since the last gap */
	bool all;		/* as in the hunt */
	uint64_t offset;	/* of the piece */
	const uint8_t *piece;
	size_t piece_len;
	size_t history_len;
	size_t joint_len;	/* history and the piece's head */
	uint8_t joint[ANCHOR_JOINT];
};

void anchor_stream_init(struct anchor_stream *s);
/* One that tells every candidate, the anchors being among them: for who asks
 * whether they are known. */
void anchor_stream_init_all(struct anchor_stream *s);

/* The stream goes on at offset; nothing before it is known. */
void anchor_stream_jump(struct anchor_stream *s, uint64_t offset);

void anchor_stream_open(struct anchor_stream *s, const uint8_t *p, size_t len);
void anchor_stream_close(struct anchor_stream *s);

/* last: no bytes will follow, tell those that wait for them. */
size_t anchor_stream_next(struct anchor_stream *s, bool last,
    struct anchor *ret_anchors, size_t max);

/* Contiguous bytes of the stream around offset: from *ret_from to *ret_to,
 * offset within (or at their end). NULL if it is no longer there. */
const uint8_t *anchor_stream_view(const struct anchor_stream *s,
    uint64_t offset, uint64_t *ret_from, uint64_t *ret_to);

/* What stands beside an anchor that anchor_stream_next() just told. */
struct anchor_sides anchor_stream_sides(const struct anchor_stream *s,
    uint64_t offset);

/* Begins the hunt anew at offset, which must still be in reach. */
void anchor_stream_restart(struct anchor_stream *s, uint64_t offset);

#endif
