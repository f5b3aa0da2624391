// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http2_conn.h"

#include "base/cursor.h"
#include "protocol/conn.h"
#include "protocol/http/http2.h"

static const uint8_t preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
#define PREFACE_LEN	(sizeof(preface) - 1)
#define SETTINGS_MAX_LEN	(6 * 64)

static void
overhead(struct http2 *h, unsigned side, uint64_t len)
{
	conn_add_overhead(h->layer.conn, side, CONN_UNDERSTOOD, len);
}

/* The stream whose message the frame's bytes belong to, NULL for none. */
static struct http2_stream *
frame_stream(struct http2 *h, const struct http2_side *s)
{
	return s->stream_id ? http2_stream_find(h, s->stream_id) : NULL;
}

/* Bytes of the frame that are not content of DATA. */
static void
framing(struct http2 *h, unsigned side, uint64_t len)
{
	struct http2_stream *st = frame_stream(h, &h->side[side]);

	if (st)
		http2_stream_wire(h, st, side, len);
	else if (len)
		overhead(h, side, len);
}

static size_t
step_preface(struct http2 *h, unsigned side, const uint8_t *data, size_t len)
{
	struct http2_side *s = &h->side[side];
	size_t used = 0;

	while (used < len && s->header_len < PREFACE_LEN &&
	    data[used] == preface[s->header_len]) {
		s->header_len++;
		used++;
	}
	overhead(h, side, used);
	if (s->header_len == PREFACE_LEN) {
		s->state = HTTP2_SIDE_FRAME;
		s->header_len = 0;
		s->begun = true;
	} else if (used < len) {
		http2_block_lost(h, side);
		s->state = HTTP2_SIDE_LOST;
	}
	return used;
}

/* The frame is over; what it was about is done. */
static void
frame_done(struct http2 *h, unsigned side)
{
	struct http2_side *s = &h->side[side];
	struct http2_stream *st;

	s->state = HTTP2_SIDE_FRAME;
	s->header_len = 0;
	switch (s->type) {
	case HTTP2_DATA:
		st = frame_stream(h, s);
		if (st && (s->flags & HTTP2_END_STREAM))
			http2_stream_done(h, st, side);
		break;
	case HTTP2_HEADERS:
	case HTTP2_PUSH_PROMISE:
	case HTTP2_CONTINUATION:
		if (s->block_open && (s->flags & HTTP2_END_HEADERS))
			http2_block_done(h, side);
		break;
	case HTTP2_RST_STREAM:
		st = frame_stream(h, s);
		if (st)
			http2_stream_reset(h, st);
		break;
	case HTTP2_SETTINGS:
		http2_settings_done(h, side);
		break;
	}
}

/* A block is interrupted by no other frame (RFC 9113, 4.3). */
static void
begin_block(struct http2 *h, unsigned side)
{
	struct http2_side *s = &h->side[side];

	if (s->block_open)
		http2_block_lost(h, side);
	buf_reset(&s->block);
	s->block_open = true;
	s->block_stream = s->stream_id;
	s->block_promised = 0;
	s->block_ends_stream = s->type == HTTP2_HEADERS &&
	    (s->flags & HTTP2_END_STREAM);
}

static void
begin_frame(struct http2 *h, unsigned side)
{
	struct http2_side *s = &h->side[side];
	unsigned padded = s->flags & HTTP2_PADDED ? 1 : 0;

	switch (s->type) {
	case HTTP2_DATA:
		s->fixed_want = (uint8_t)padded;
		if (s->stream_id)
			(void)http2_stream_get(h, s->stream_id);
		break;
	case HTTP2_HEADERS:
		s->fixed_want = (uint8_t)(padded +
		    (s->flags & HTTP2_HAS_PRIORITY ? 5 : 0));
		begin_block(h, side);
		if (s->stream_id)
			(void)http2_stream_get(h, s->stream_id);
		break;
	case HTTP2_PUSH_PROMISE:
		s->fixed_want = (uint8_t)(padded + 4);
		begin_block(h, side);
		break;
	case HTTP2_CONTINUATION:
		if (!s->block_open || s->block_stream != s->stream_id)
			http2_block_lost(h, side);
		break;
	case HTTP2_SETTINGS:
		if (!s->block_open)
			buf_reset(&s->block);
		break;
	}
}

static size_t
step_frame(struct http2 *h, unsigned side, const uint8_t *data, size_t len)
{
	struct http2_side *s = &h->side[side];
	struct cursor c = cur_init(data, len);

	/* the server's first frame is SETTINGS; if not, its start is missing */
	if (!s->begun && s->header_len == 0 && http2_detect(data, len) == 0) {
		http2_block_lost(h, side);
		s->state = HTTP2_SIDE_LOST;
		return 0;
	}
	s->begun = true;
	while (s->header_len < HTTP2_FRAME_LEN && cur_left(&c))
		s->header[s->header_len++] = cur_u8(&c);
	len -= cur_left(&c);
	if (s->header_len < HTTP2_FRAME_LEN)
		return len;
	c = cur_init(s->header, HTTP2_FRAME_LEN);
	s->left = cur_be24(&c);
	s->type = cur_u8(&c);
	s->flags = cur_u8(&c);
	s->stream_id = cur_be32(&c) & 0x7fffffff;
	s->pad = 0;
	s->fixed_len = s->fixed_want = 0;
	s->state = HTTP2_SIDE_PAYLOAD;
	begin_frame(h, side);
	framing(h, side, HTTP2_FRAME_LEN);
	if (s->left == 0)
		frame_done(h, side);
	return len;
}

/* Pad length, promised stream and priority stand before the content. */
static void
take_fixed(struct http2 *h, unsigned side, struct cursor *c)
{
	struct http2_side *s = &h->side[side];
	struct cursor fixed;
	uint32_t promised;

	while (s->fixed_len < s->fixed_want && s->left && cur_left(c)) {
		s->fixed[s->fixed_len++] = cur_u8(c);
		s->left--;
		framing(h, side, 1);
	}
	if (s->fixed_len < s->fixed_want)
		return;
	s->fixed_want = 0;
	fixed = cur_init(s->fixed, s->fixed_len);
	if (s->flags & HTTP2_PADDED &&
	    (s->type == HTTP2_DATA || s->type == HTTP2_HEADERS ||
	     s->type == HTTP2_PUSH_PROMISE)) {
		s->pad = cur_u8(&fixed);
		if (s->pad > s->left)
			s->pad = s->left;
	}
	if (s->type == HTTP2_PUSH_PROMISE) {
		promised = cur_be32(&fixed) & 0x7fffffff;
		s->block_promised = promised;
	}
}

static void
take_content(struct http2 *h, unsigned side, const uint8_t *data, size_t len)
{
	struct http2_side *s = &h->side[side];
	struct http2_stream *st;

	switch (s->type) {
	case HTTP2_DATA:
		st = frame_stream(h, s);
		if (st)
			http2_stream_body(h, st, side,
			    (struct span){ data, len });
		else
			overhead(h, side, len);
		return;
	case HTTP2_HEADERS:
	case HTTP2_PUSH_PROMISE:
	case HTTP2_CONTINUATION:
		if (s->block_open && !s->head_lost)
			buf_append(&s->block, data, len);
		if (s->block.failed)
			http2_block_lost(h, side);
		break;
	case HTTP2_SETTINGS:
		if (!s->block_open && s->block.len + len <= SETTINGS_MAX_LEN)
			buf_append(&s->block, data, len);
		break;
	}
	framing(h, side, len);
}

static size_t
step_payload(struct http2 *h, unsigned side, const uint8_t *data, size_t len)
{
	struct http2_side *s = &h->side[side];
	struct cursor c = cur_init(data, len);
	size_t n;

	if (s->fixed_want)
		take_fixed(h, side, &c);
	if (!s->fixed_want && s->left > s->pad && cur_left(&c)) {
		n = s->left - s->pad;
		if (n > cur_left(&c))
			n = cur_left(&c);
		s->left -= (uint32_t)n;
		take_content(h, side, cur_bytes(&c, n), n);
	}
	if (!s->fixed_want && s->left <= s->pad && s->left && cur_left(&c)) {
		n = s->left < cur_left(&c) ? s->left : cur_left(&c);
		s->left -= (uint32_t)n;
		cur_skip(&c, n);
		framing(h, side, n);
	}
	if (s->left == 0)
		frame_done(h, side);
	return len - cur_left(&c);
}

void
http2_feed(struct http2 *h, unsigned side, const uint8_t *data, size_t len)
{
	struct http2_side *s = &h->side[side];
	struct cursor c = cur_init(data, len);
	bool piece_start = true;
	size_t used;

	while (cur_left(&c)) {
		data = cur_peek(&c);
		len = cur_left(&c);
		switch (s->state) {
		case HTTP2_SIDE_PREFACE:
			used = step_preface(h, side, data, len);
			break;
		case HTTP2_SIDE_FRAME:
			used = step_frame(h, side, data, len);
			break;
		case HTTP2_SIDE_PAYLOAD:
			used = step_payload(h, side, data, len);
			break;
		default:
			used = http2_lost_step(h, side, data, len, piece_start);
			break;
		}
		if (used)
			piece_start = false;
		cur_skip(&c, used);
	}
}

void
http2_gap(struct http2 *h, unsigned side, uint64_t len)
{
	struct http2_side *s = &h->side[side];
	struct http2_stream *st;
	uint64_t inside = 0, content;

	if (s->state == HTTP2_SIDE_PAYLOAD) {
		inside = len < s->left ? len : s->left;
		content = s->left > s->pad ? s->left - s->pad : 0;
		if (content > inside)
			content = inside;
		s->left -= (uint32_t)inside;
		st = frame_stream(h, s);
		if (s->type == HTTP2_DATA) {
			/* its pad length may be among them */
			s->fixed_want = 0;
			if (st)
				http2_stream_gap(h, st, side, content);
		} else if (s->type == HTTP2_HEADERS ||
		    s->type == HTTP2_PUSH_PROMISE ||
		    s->type == HTTP2_CONTINUATION) {
			s->fixed_want = 0;
			http2_block_lost(h, side);
		} else if (s->type == HTTP2_SETTINGS && !s->block_open) {
			buf_reset(&s->block);
		}
		if (s->left == 0)
			frame_done(h, side);
	}
	if (len > inside)
		http2_lost_gap(h, side, len - inside);
}
