// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http1_side.h"

#include "protocol/conn.h"
#include "protocol/http/http2.h"
#include "protocol/http/websocket.h"

void
http1_tunnel_data(struct http1 *h, unsigned side, const uint8_t *data,
    size_t len)
{
	if (h->inner)
		h->inner->ops->data(h->inner, side, data, len, h->when);
	else
		conn_plain(h->layer.conn, side, data, len, h->when);
}

void
http1_tunnel_gap(struct http1 *h, unsigned side, uint64_t len)
{
	if (h->inner)
		h->inner->ops->gap(h->inner, side, len, h->when);
	else
		conn_plain_gap(h->layer.conn, side, len, h->when);
}

void
http1_side_tunnel(struct http1 *h)
{
	struct buf held = h->wait;

	h->side[0].state = h->side[1].state = HTTP1_SIDE_TUNNEL;
	buf_init(&h->wait, HTTP1_WAIT_MAX_LEN);
	if (held.len)
		http1_tunnel_data(h, h->open.client, held.data, held.len);
	buf_clear(&held);
}

static bool
is_word(struct span value, const char *word)
{
	return span_caseeq(value, span_str(word));
}

/* The request becomes stream one of HTTP/2, which answers it. */
static bool
upgrade_h2c(struct http1 *h, unsigned side)
{
	struct http1_side *s = &h->side[side];

	if (!s->x || !s->x->message || !s->x->done[HTTP1_REQUEST])
		return false;
	h->inner = http2_layer_upgrade(h->layer.conn, h->open.client,
	    s->x->message);
	if (!h->inner)
		return false;
	http1_side_flush(h, side);
	http1_exchange_detach(&h->open, s->x);
	s->x = NULL;
	return true;
}

void
http1_upgrade(struct http1 *h, unsigned side, const struct http_head *head)
{
	struct span to = http_head_get(head, "upgrade");

	if (is_word(to, "websocket"))
		h->inner = websocket_layer_new(h->layer.conn, h->open.client,
		    http_head_get(head, "sec-websocket-extensions"));
	if (!is_word(to, "h2c") || !upgrade_h2c(h, side))
		http1_side_done(h, side, true);
	for (unsigned i = 0; i < 2; i++)
		http1_side_drop_head(h, i);
	http1_side_tunnel(h);
}
