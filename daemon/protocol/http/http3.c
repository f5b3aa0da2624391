// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http3.h"

#include <stdlib.h>

#include "base/cursor.h"
#include "protocol/http/http3_conn.h"
#include "protocol/quic/quic_frames.h"

enum frame_type {
	FRAME_DATA = 0,
	FRAME_HEADERS = 1,
	FRAME_SETTINGS = 4,
};

#define SETTING_TABLE_LEN	1

static void side_data(struct http3 *h, struct h3_stream *st, unsigned side,
    const uint8_t *data, size_t len);
static void side_end(struct http3 *h, struct h3_stream *st, unsigned side,
    bool complete);

struct http3 *
http3_new(struct conn *conn, unsigned client)
{
	struct http3 *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->conn = conn;
	h->client = client;
	http2_fields_init(&h->fields);
	return h;
}

static void
give_head(struct http3 *h, struct h3_stream *st, unsigned side)
{
	struct h3_side *s = &st->side[side];
	struct http_head head;

	/* behind the final head, a list without :status is a trailer */
	if (!http2_fields_is_head(&h->fields) || s->final_head)
		return;
	http2_fields_head(&h->fields, 30, &head);
	if (st->message)
		h3_ops(h)->http_head(st->message, side, &head, h->when);
	if (head.request || head.status / 100 != 1)
		s->final_head = s->body_open = true;
	if (h->fields.over)
		h3_stream_limit(h, st, "header fields above the ceiling were left out");
}

/* True unless the block waits for the encoder stream. */
static bool
read_block(struct http3 *h, struct h3_stream *st, unsigned side)
{
	struct h3_side *s = &st->side[side];
	int rc;

	http2_fields_reset(&h->fields);
	rc = s->block.failed ? ERR_LIMIT : qpack_read_block(&h->qpack[side],
	    (int64_t)st->id, s->block.data, s->block.len, &h->fields);
	if (rc == 1)
		return false;
	if (rc == 0)
		give_head(h, st, side);
	else if (!s->final_head)
		h3_stream_limit(h, st, "the header table is not known, or the head is "
		    "too long");
	buf_clear(&s->block);
	return true;
}

static void
read_settings(struct http3 *h, unsigned side, const struct buf *settings)
{
	struct cursor c = cur_init(settings->data, settings->len);

	while (cur_left(&c)) {
		uint64_t id = quic_varint(&c), value = quic_varint(&c);

		/* it is the other side's encoder that is allowed this */
		if (!cur_failed(&c) && id == SETTING_TABLE_LEN)
			qpack_allow(&h->qpack[side ^ 1], value);
	}
}

static void
frame_end(struct http3 *h, struct h3_stream *st, unsigned side)
{
	struct h3_side *s = &st->side[side];

	s->state = H3_SIDE_FRAME;
	s->prefix_len = 0;
	if (h3_is_uni(st->id)) {
		if (s->type == FRAME_SETTINGS)
			read_settings(h, side, &s->block);
		buf_clear(&s->block);
	} else if (s->type == FRAME_HEADERS) {
		s->waiting = !read_block(h, st, side);
	}
}

/* Type and length, at most eight bytes each; the bytes of both are gathered. */
static void
take_prefix(struct http3 *h, struct h3_stream *st, unsigned side,
    struct cursor *c)
{
	struct h3_side *s = &st->side[side];

	while (cur_left(c) && s->prefix_len < sizeof(s->prefix)) {
		struct cursor prefix;

		s->prefix[s->prefix_len++] = cur_u8(c);
		prefix = cur_init(s->prefix, s->prefix_len);
		s->type = quic_varint(&prefix);
		s->left = quic_varint(&prefix);
		if (cur_failed(&prefix))
			continue;
		s->state = H3_SIDE_PAYLOAD;
		if (s->left == 0)
			frame_end(h, st, side);
		return;
	}
}

static void
take_payload(struct http3 *h, struct h3_stream *st, unsigned side,
    struct cursor *c)
{
	struct h3_side *s = &st->side[side];
	size_t len = cur_left(c) < s->left ? cur_left(c) : (size_t)s->left;
	const uint8_t *data = cur_bytes(c, len);

	s->left -= len;
	if (h3_is_uni(st->id) || s->type == FRAME_HEADERS) {
		if (!h3_is_uni(st->id) || s->type == FRAME_SETTINGS)
			buf_append(&s->block, data, len);
	} else if (s->type == FRAME_DATA) {
		h3_stream_body(h, st, side, data, len);
	}
	if (s->left == 0)
		frame_end(h, st, side);
}

/* New entries: heads that waited may be read now. */
static void
unblock(struct http3 *h, unsigned side)
{
	struct h3_stream *st, *newer;

	for (st = h->oldest; st; st = newer) {
		struct h3_side *s = &st->side[side];
		struct buf held = s->held;

		newer = st->newer;
		if (!s->waiting || !read_block(h, st, side))
			continue;
		s->waiting = false;
		buf_init(&s->held, H3_HELD_MAX_LEN);
		if (held.len)
			side_data(h, st, side, held.data, held.len);
		buf_clear(&held);
		if (s->held_end && !s->waiting)
			side_end(h, st, side, s->held_complete);
	}
}

static void
uni_data(struct http3 *h, struct h3_stream *st, unsigned side, struct cursor *c)
{
	struct h3_side *s = &st->side[side];

	if (st->uni == H3_UNI_UNKNOWN) {
		/* types that are known take one byte */
		uint8_t type = cur_u8(c);

		st->uni = type == H3_UNI_CONTROL || type == H3_UNI_ENCODER ? type :
		    H3_UNI_OTHER;
	}
	if (st->uni == H3_UNI_ENCODER && cur_left(c)) {
		if (qpack_read_encoder(&h->qpack[side], cur_peek(c),
		    cur_left(c)))
			h->qpack[side].lost = true;
		unblock(h, side);
		return;
	}
	while (st->uni == H3_UNI_CONTROL && cur_left(c)) {
		if (s->state == H3_SIDE_LOST)
			return;
		if (s->state == H3_SIDE_FRAME)
			take_prefix(h, st, side, c);
		else
			take_payload(h, st, side, c);
	}
}

/* A head has waited for too much: it stays unread. */
static void
give_up_waiting(struct http3 *h, struct h3_stream *st, unsigned side)
{
	struct h3_side *s = &st->side[side];
	struct buf held = s->held;

	h3_stream_limit(h, st, "what this head needs of the header table is missing");
	s->waiting = false;
	buf_clear(&s->block);
	buf_init(&s->held, H3_HELD_MAX_LEN);
	if (held.len)
		side_data(h, st, side, held.data, held.len);
	buf_clear(&held);
}

static void
side_data(struct http3 *h, struct h3_stream *st, unsigned side,
    const uint8_t *data, size_t len)
{
	struct h3_side *s = &st->side[side];
	struct cursor c = cur_init(data, len);

	while (cur_left(&c)) {
		if (s->waiting) {
			buf_append(&s->held, cur_peek(&c), cur_left(&c));
			if (!s->held.failed)
				return;
			give_up_waiting(h, st, side);
		} else if (s->state == H3_SIDE_LOST) {
			h3_stream_body(h, st, side, cur_peek(&c), cur_left(&c));
			return;
		} else if (s->state == H3_SIDE_FRAME) {
			take_prefix(h, st, side, &c);
		} else {
			take_payload(h, st, side, &c);
		}
	}
}

void
http3_data(struct http3 *h, unsigned side, uint64_t stream,
    const uint8_t *data, size_t len, const struct when *when)
{
	struct cursor c = cur_init(data, len);
	struct h3_stream *st;

	h->when = when;
	st = h3_stream_get(h, stream);
	if (!st || !st->message)
		conn_add_overhead(h->conn, side, CONN_UNDERSTOOD, len);
	else
		h3_ops(h)->wire(st->message, side, len, when);
	if (!st || len == 0 || st->side[side].done)
		return;
	if (h3_is_uni(stream))
		uni_data(h, st, side, &c);
	else
		side_data(h, st, side, data, len);
}

void
http3_gap(struct http3 *h, unsigned side, uint64_t stream, uint64_t len,
    const struct when *when)
{
	struct h3_stream *st;
	struct h3_side *s;
	bool inside;

	h->when = when;
	st = h3_stream_get(h, stream);
	if (!st)
		return;
	s = &st->side[side];
	if (h3_is_uni(stream)) {
		s->state = H3_SIDE_LOST;
		if (st->uni == H3_UNI_ENCODER || st->uni == H3_UNI_UNKNOWN) {
			h->qpack[side].lost = true;
			unblock(h, side);
		}
		st->uni = H3_UNI_OTHER;
		return;
	}
	if (s->waiting)
		give_up_waiting(h, st, side);
	if (st->message)
		h3_ops(h)->gap(st->message, side, len, when);
	inside = s->state == H3_SIDE_PAYLOAD && s->type != FRAME_HEADERS &&
	    len <= s->left;
	if (inside) {
		s->left -= len;
		if (s->left == 0)
			frame_end(h, st, side);
		return;
	}
	if (s->state != H3_SIDE_LOST)
		h3_stream_limit(h, st, "where frames begin is not known behind a gap");
	s->state = H3_SIDE_LOST;
}

static void
side_end(struct http3 *h, struct h3_stream *st, unsigned side, bool complete)
{
	struct h3_side *s = &st->side[side];

	h3_stream_body_end(h, st, side, complete && s->state == H3_SIDE_FRAME &&
	    s->prefix_len == 0);
	s->done = true;
	if (h3_is_uni(st->id) || st->side[side ^ 1].done)
		h3_stream_free(h, st, complete ? MESSAGE_COMPLETE : MESSAGE_CUT);
}

void
http3_end(struct http3 *h, unsigned side, uint64_t stream, bool complete,
    const struct when *when)
{
	struct h3_stream *st = h3_stream_find(h, stream);
	struct h3_side *s;

	h->when = when;
	if (!st || st->side[side].done)
		return;
	s = &st->side[side];
	if (s->waiting) {
		s->held_end = true;
		s->held_complete = complete;
		return;
	}
	side_end(h, st, side, complete);
}

void
http3_finish(struct http3 *h, const struct when *when)
{
	h->when = when;
	while (h->oldest) {
		struct h3_stream *st = h->oldest;

		for (unsigned side = 0; side < 2; side++)
			if (st->side[side].waiting)
				give_up_waiting(h, st, side);
		h3_stream_free(h, st, MESSAGE_CUT);
	}
}

void
http3_free(struct http3 *h)
{
	if (!h)
		return;
	qpack_clear(&h->qpack[0]);
	qpack_clear(&h->qpack[1]);
	http2_fields_clear(&h->fields);
	free(h);
}
