// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http2.h"

#include <stdlib.h>

#include "base/cursor.h"
#include "protocol/conn.h"
#include "protocol/http/http2_conn.h"

#define CLIENT_UNKNOWN	2
#define PREFACE_LEN	24

static void
set_client(struct http2 *h, unsigned side)
{
	h->client = (uint8_t)side;
	h->side[side].state = HTTP2_SIDE_PREFACE;
	h->side[side ^ 1].state = HTTP2_SIDE_FRAME;
	conn_client_is(h->layer.conn, side);
}

/* The preface is the client's, SETTINGS without one the server's. In mid-stream
 * the higher port is taken for the client's. */
static void
settle_client(struct http2 *h, unsigned side, const uint8_t *data, size_t len)
{
	const struct conn *conn = h->layer.conn;
	unsigned client;

	if (len && data[0] == 'P')
		client = side;
	else if (http2_detect(data, len))
		client = side ^ 1;
	else
		client = conn->port[0] >= conn->port[1] ? 0 : 1;
	set_client(h, client);
	if (client == side && len && data[0] != 'P') {
		h->side[side].state = HTTP2_SIDE_LOST;
		http2_block_lost(h, side);
	}
}

static void
http2_data(struct layer *l, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct http2 *h = (struct http2 *)l;

	h->when = when;
	if (h->client == CLIENT_UNKNOWN)
		settle_client(h, side, data, len);
	http2_feed(h, side, data, len);
}

static void
http2_layer_gap(struct layer *l, unsigned side, uint64_t len,
    const struct when *when)
{
	struct http2 *h = (struct http2 *)l;

	h->when = when;
	if (h->client == CLIENT_UNKNOWN)
		set_client(h, h->layer.conn->port[0] >=
		    h->layer.conn->port[1] ? 0 : 1);
	http2_gap(h, side, len);
}

static void
http2_finish(struct layer *l, const struct when *when)
{
	struct http2 *h = (struct http2 *)l;

	h->when = when;
	for (unsigned side = 0; side < 2; side++) {
		if (h->side[side].state == HTTP2_SIDE_FRAME)
			conn_add_overhead(l->conn, side, CONN_UNDERSTOOD,
			    h->side[side].header_len);
		http2_lost_end(h, side);
	}
	http2_stream_clear(h);
}

static void
http2_free(struct layer *l)
{
	struct http2 *h = (struct http2 *)l;

	for (unsigned side = 0; side < 2; side++) {
		hpack_clear(&h->side[side].hpack);
		buf_clear(&h->side[side].block);
	}
	http2_fields_clear(&h->fields);
	free(h);
}

static const struct layer_ops http2_ops = {
	.name = "http2",
	.data = http2_data,
	.gap = http2_layer_gap,
	.finish = http2_finish,
	.free = http2_free,
};

struct layer *
http2_layer_new(struct conn *conn)
{
	struct http2 *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->layer.ops = &http2_ops;
	h->layer.conn = conn;
	h->client = CLIENT_UNKNOWN;
	for (unsigned side = 0; side < 2; side++) {
		h->side[side].state = HTTP2_SIDE_FRAME;
		buf_init(&h->side[side].block, HTTP2_BLOCK_MAX_LEN);
	}
	http2_fields_init(&h->fields);
	return &h->layer;
}

struct layer *
http2_layer_upgrade(struct conn *conn, unsigned client, struct message *first)
{
	struct layer *l = http2_layer_new(conn);
	struct http2 *h = (struct http2 *)l;
	struct http2_stream *st;

	if (!l)
		return NULL;
	set_client(h, client);
	st = http2_stream_adopt(h, 1, first);
	if (!st) {
		http2_free(l);
		return NULL;
	}
	st->final_head[client] = st->body_ended[client] = true;
	st->done[client] = true;
	return l;
}

int
http2_detect(const uint8_t *data, size_t len)
{
	static const uint8_t preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	struct cursor c = cur_init(data, len);
	size_t have = len < PREFACE_LEN ? len : PREFACE_LEN;
	uint32_t settings_len;

	if (have == 0)
		return -1;
	if (memcmp(data, preface, have) == 0)
		return have == PREFACE_LEN ? 1 : -1;
	if (data[0] != 0)
		return 0;
	/* SETTINGS, no flag, stream 0, few enough items */
	for (size_t i = 3; i < len && i < HTTP2_FRAME_LEN; i++)
		if (data[i] != (i == 3 ? HTTP2_SETTINGS : 0))
			return 0;
	if (len < HTTP2_FRAME_LEN)
		return -1;
	settings_len = cur_be24(&c);
	return settings_len % 6 == 0 && settings_len <= 6 * 64;
}
