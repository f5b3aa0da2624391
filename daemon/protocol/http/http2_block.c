// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http2_conn.h"

#include "base/cursor.h"

#define SETTINGS_HEADER_TABLE_SIZE	1
#define NOT_SET				UINT32_MAX

static const char head_unknown[] =
    "the header table is not known: bytes of it were not captured";

void
http2_block_lost(struct http2 *h, unsigned side)
{
	struct http2_side *s = &h->side[side];

	s->head_lost = true;
	hpack_clear(&s->hpack);
	buf_clear(&s->block);
}

/* A pushed stream: the server tells the request that it answers. Nothing of it
 * was sent by the client. */
static struct http2_stream *
promised_stream(struct http2 *h, unsigned side, uint32_t id)
{
	struct http2_stream *st = id ? http2_stream_get(h, id) : NULL;

	if (st)
		st->done[side ^ 1] = true;
	return st;
}

static void
give_head(struct http2 *h, struct http2_stream *st, unsigned side,
    bool promised)
{
	struct http_head head;

	/* a list without :status or :method is a trailer */
	if (!http2_fields_is_head(&h->fields)) {
		if (!st->final_head[side])
			http2_stream_limit(h, st, "a head without its method "
			    "or status");
		return;
	}
	if (st->final_head[side] && !promised)
		return;
	http2_fields_head(&h->fields, 20, &head);
	http2_stream_head(h, st, side, &head);
	if (promised) {
		/* the response is still to come from the same side */
		st->final_head[side] = st->body_open[side] = false;
	}
	if (h->fields.over)
		http2_stream_limit(h, st, "header fields above the ceiling "
		    "were left out");
}

void
http2_block_done(struct http2 *h, unsigned side)
{
	struct http2_side *s = &h->side[side];
	bool promised = s->block_promised != 0, ends = s->block_ends_stream;
	struct http2_stream *st;

	s->block_open = false;
	st = promised ? promised_stream(h, side, s->block_promised) :
	    http2_stream_find(h, s->block_stream);
	if (!s->head_lost) {
		http2_fields_reset(&h->fields);
		if (hpack_read(&s->hpack, s->block.data, s->block.len,
		    &h->fields))
			http2_block_lost(h, side);
		else if (st)
			give_head(h, st, side, promised);
		if (s->block.cap > 4096)
			buf_clear(&s->block);
	}
	if (!st)
		return;
	if (s->head_lost && !st->final_head[side])
		http2_stream_limit(h, st, head_unknown);
	if (ends && !promised)
		http2_stream_done(h, st, side);
}

/* Sizes that a side allows hold for the other side's blocks from the other
 * side's acknowledgement on (RFC 9113, 6.5.3). */
static void
acknowledged(struct http2 *h, unsigned side)
{
	struct http2_side *s = &h->side[side ^ 1];
	uint32_t len;

	if (s->settings_count == 0)
		return;
	len = s->table_len[0];
	s->settings_count--;
	for (unsigned i = 0; i < s->settings_count; i++)
		s->table_len[i] = s->table_len[i + 1];
	if (len != NOT_SET && !h->side[side].head_lost &&
	    hpack_set_table_len(&h->side[side].hpack, len))
		http2_block_lost(h, side);
}

void
http2_settings_done(struct http2 *h, unsigned side)
{
	struct http2_side *s = &h->side[side];
	struct cursor c;
	uint32_t table_len = NOT_SET;

	if (s->flags & HTTP2_ACK) {
		acknowledged(h, side);
		return;
	}
	if (s->block_open)
		return;
	c = cur_init(s->block.data, s->block.len);
	while (cur_left(&c) >= 6) {
		uint16_t id = cur_be16(&c);
		uint32_t value = cur_be32(&c);

		if (id == SETTINGS_HEADER_TABLE_SIZE)
			table_len = value;
	}
	buf_reset(&s->block);
	if (s->settings_count < HTTP2_SETTINGS_MAX)
		s->table_len[s->settings_count++] = table_len;
}
