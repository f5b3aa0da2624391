// SPDX-License-Identifier: Apache-2.0
#include "content/known/anchor_stream.h"

#include <string.h>

static void
init(struct anchor_stream *s, bool all)
{
	s->all = all;
	s->piece = NULL;
	s->piece_len = 0;
	anchor_stream_jump(s, 0);
}

void
anchor_stream_init(struct anchor_stream *s)
{
	init(s, false);
}

void
anchor_stream_init_all(struct anchor_stream *s)
{
	init(s, true);
}

static void
start(struct anchor_stream *s, uint64_t offset)
{
	anchor_start(&s->hunt, offset);
	s->hunt.all = s->all;
}

void
anchor_stream_jump(struct anchor_stream *s, uint64_t offset)
{
	s->first = s->offset = offset;
	s->history_len = s->joint_len = 0;
	start(s, offset);
}

void
anchor_stream_open(struct anchor_stream *s, const uint8_t *p, size_t len)
{
	size_t head = sizeof(s->joint) - s->history_len;

	if (head > len)
		head = len;
	if (head)
		memcpy(s->joint + s->history_len, p, head);
	s->joint_len = s->history_len + head;
	s->piece = p;
	s->piece_len = len;
}

void
anchor_stream_close(struct anchor_stream *s)
{
	size_t drop;

	if (s->piece_len >= ANCHOR_HISTORY) {
		memcpy(s->joint, s->piece + s->piece_len - ANCHOR_HISTORY,
		    ANCHOR_HISTORY);
		s->history_len = ANCHOR_HISTORY;
	} else {
		/* the piece is shorter than the joint: all of it is there */
		drop = s->joint_len > ANCHOR_HISTORY ?
		    s->joint_len - ANCHOR_HISTORY : 0;
		memmove(s->joint, s->joint + drop, s->joint_len - drop);
		s->history_len = s->joint_len - drop;
	}
	s->joint_len = s->history_len;
	s->offset += s->piece_len;
	s->piece = NULL;
	s->piece_len = 0;
}

/* The joint reads from `offset - history_len`; the piece from offset. */
const uint8_t *
anchor_stream_view(const struct anchor_stream *s, uint64_t offset,
    uint64_t *ret_from, uint64_t *ret_to)
{
	uint64_t joint = s->offset - s->history_len;

	if (s->piece_len && offset >= s->offset + ANCHOR_BACK) {
		if (offset > s->offset + s->piece_len)
			return NULL;
		*ret_from = s->offset;
		*ret_to = s->offset + s->piece_len;
		return s->piece + (offset - s->offset);
	}
	if (offset < joint || offset > joint + s->joint_len)
		return NULL;
	*ret_from = joint;
	*ret_to = joint + s->joint_len;
	return s->joint + (offset - joint);
}

size_t
anchor_stream_next(struct anchor_stream *s, bool last,
    struct anchor *ret_anchors, size_t max)
{
	uint64_t wait = last ? 0 : ANCHOR_SIDE, from, to, need;
	const uint8_t *p;
	size_t n = 0;

	/* at most twice: first the joint, then the rest of the piece */
	for (int part = 0; part < 2 && !n; part++) {
		need = anchor_need(&s->hunt);
		p = anchor_stream_view(s, need, &from, &to);
		if (!p || to - need < wait)
			break;
		n = anchor_find(&s->hunt, p, need, (size_t)(to - need - wait),
		    ret_anchors, max);
	}
	return n;
}

struct anchor_sides
anchor_stream_sides(const struct anchor_stream *s, uint64_t offset)
{
	struct anchor_sides r = { 0 };
	uint64_t from, to;
	const uint8_t *p = anchor_stream_view(s, offset, &from, &to);

	if (!p)
		return r;
	if (offset - from >= ANCHOR_SIDE) {
		r.has_before = true;
		r.before = anchor_side(p - ANCHOR_SIDE);
	}
	if (to - offset >= ANCHOR_CONTEXT + ANCHOR_SIDE) {
		r.has_behind = true;
		r.behind = anchor_side(p + ANCHOR_CONTEXT);
	}
	return r;
}

void
anchor_stream_restart(struct anchor_stream *s, uint64_t offset)
{
	start(s, offset < s->first ? s->first : offset);
}
