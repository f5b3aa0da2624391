// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http2_conn.h"

#include "base/cursor.h"
#include "protocol/conn.h"

static const struct message_ops *
ops(const struct http2 *h)
{
	return h->layer.conn->env->ops;
}

/* Whether what stands there can be a frame; *ret_left is its payload. */
static bool
is_frame(struct cursor c, uint32_t *ret_left)
{
	/* flags that each type defines, and whether it has a stream */
	static const struct {
		uint8_t flags;
		bool stream;
		uint32_t min, max;
	} types[] = {
		[HTTP2_DATA] = { 0x09, true, 0, 1 << 20 },
		[HTTP2_HEADERS] = { 0x2d, true, 1, 1 << 16 },
		[HTTP2_PRIORITY] = { 0, true, 5, 5 },
		[HTTP2_RST_STREAM] = { 0, true, 4, 4 },
		[HTTP2_SETTINGS] = { 0x01, false, 0, 6 * 64 },
		[HTTP2_PUSH_PROMISE] = { 0x0c, true, 5, 1 << 16 },
		[HTTP2_PING] = { 0x01, false, 8, 8 },
		[HTTP2_GOAWAY] = { 0, false, 8, 1 << 14 },
		[HTTP2_WINDOW_UPDATE] = { 0, true, 4, 4 },
		[HTTP2_CONTINUATION] = { 0x04, true, 1, 1 << 16 },
	};
	uint32_t len = cur_be24(&c), id;
	uint8_t type = cur_u8(&c), flags = cur_u8(&c);

	id = cur_be32(&c);
	if (cur_failed(&c) || type > HTTP2_CONTINUATION ||
	    (flags & ~types[type].flags) || id > 1 << 24 ||
	    len < types[type].min || len > types[type].max)
		return false;
	if (type != HTTP2_WINDOW_UPDATE && types[type].stream != (id != 0))
		return false;
	if (type == HTTP2_SETTINGS && len % 6)
		return false;
	*ret_left = len;
	return true;
}

/* Two frames in a row, or one that fills the piece or goes beyond it, are no
 * accident. */
static bool
are_frames(const uint8_t *data, size_t len)
{
	struct cursor c = cur_init(data, len);
	uint32_t left;

	if (!is_frame(c, &left))
		return false;
	cur_skip(&c, HTTP2_FRAME_LEN);
	if (left >= cur_left(&c))
		return true;
	cur_skip(&c, left);
	return cur_left(&c) < HTTP2_FRAME_LEN || is_frame(c, &left);
}

static void
lost_begin(struct http2 *h, unsigned side)
{
	struct http2_side *s = &h->side[side];

	if (s->lost)
		return;
	s->lost = ops(h)->begin(h->layer.conn, MESSAGE_HTTP, h->when);
	if (s->lost && ops(h)->limit)
		ops(h)->limit(s->lost,
		    "bytes behind a gap that no HTTP/2 frame accounts for");
}

void
http2_lost_end(struct http2 *h, unsigned side)
{
	struct http2_side *s = &h->side[side];

	if (!s->lost)
		return;
	ops(h)->body_end(s->lost, side, false, h->when);
	ops(h)->end(s->lost, MESSAGE_BROKEN, h->when);
	s->lost = NULL;
}

size_t
http2_lost_step(struct http2 *h, unsigned side, const uint8_t *data,
    size_t len, bool piece_start)
{
	struct http2_side *s = &h->side[side];

	if (piece_start && are_frames(data, len)) {
		http2_lost_end(h, side);
		s->state = HTTP2_SIDE_FRAME;
		s->header_len = 0;
		s->begun = true;
		return 0;
	}
	lost_begin(h, side);
	if (s->lost) {
		ops(h)->wire(s->lost, side, len, h->when);
		ops(h)->body(s->lost, side, data, len, h->when);
	} else {
		conn_add_overhead(h->layer.conn, side, CONN_UNDERSTOOD, len);
	}
	return len;
}

/* A gap in a frame's header or over a frame's end: frames, and blocks in them,
 * are missing. The part of a header that came is overhead. */
void
http2_lost_gap(struct http2 *h, unsigned side, uint64_t len)
{
	struct http2_side *s = &h->side[side];

	if (s->state == HTTP2_SIDE_FRAME)
		conn_add_overhead(h->layer.conn, side, CONN_UNDERSTOOD,
		    s->header_len);
	if (s->state == HTTP2_SIDE_LOST && s->lost)
		ops(h)->gap(s->lost, side, len, h->when);
	s->header_len = 0;
	s->state = HTTP2_SIDE_LOST;
	http2_block_lost(h, side);
	s->block_open = false;
}
