// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http1.h"

#include "base/slab.h"
#include "protocol/conn.h"
#include "protocol/http/http1_side.h"

/* The first bytes tell who is the client. What can't be told is a request. */
static void
settle_client(struct http1 *h, unsigned side, const uint8_t *data, size_t len)
{
	bool request = true;
	int rc = http1_detect(data, len, &request);

	if (rc < 0 && len > 1 && data[0] == 'H' && data[1] == 'T')
		request = false;
	h->open.client = (uint8_t)(request ? side : side ^ 1u);
	conn_client_is(h->layer.conn, h->open.client);
}

static void
http1_data(struct layer *l, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct http1 *h = (struct http1 *)l;

	h->when = when;
	if (h->open.client == HTTP1_CLIENT_UNKNOWN)
		settle_client(h, side, data, len);
	h->side[side].piece_start = true;
	http1_side_feed(h, side, data, len);
	http1_side_flush(h, side);
}

static void
http1_gap(struct layer *l, unsigned side, uint64_t len,
    const struct when *when)
{
	struct http1 *h = (struct http1 *)l;

	h->when = when;
	if (h->open.client == HTTP1_CLIENT_UNKNOWN)
		h->side[side].state = HTTP1_SIDE_LOST;
	else
		http1_side_gap(h, side, len);
}

static void
http1_eof(struct layer *l, unsigned side, const struct when *when)
{
	struct http1 *h = (struct http1 *)l;

	h->when = when;
	if (h->inner && h->inner->ops->eof)
		h->inner->ops->eof(h->inner, side, when);
	else if (h->open.client != HTTP1_CLIENT_UNKNOWN)
		http1_side_eof(h, side);
}

static void
http1_finish(struct layer *l, const struct when *when)
{
	struct http1 *h = (struct http1 *)l;

	h->when = when;
	if (h->open.client == HTTP1_CLIENT_UNKNOWN)
		return;
	/* what was held for an answer that never came */
	if (h->wait.len)
		http1_side_tunnel(h);
	for (unsigned side = 0; side < 2; side++) {
		struct http1_side *s = &h->side[side];

		s->wire += s->held_len;
		s->held_len = 0;
		http1_side_flush(h, side);
		s->x = NULL;
	}
	http1_exchange_clear(&h->open, when);
	if (h->inner)
		h->inner->ops->finish(h->inner, when);
}

static void
http1_free(struct layer *l)
{
	struct http1 *h = (struct http1 *)l;

	http1_side_drop_head(h, 0);
	http1_side_drop_head(h, 1);
	if (h->inner)
		h->inner->ops->free(h->inner);
	buf_clear(&h->wait);
	slab_free(l->conn->env->slab, h, sizeof(*h));
}

static const struct layer_ops http1_ops = {
	.name = "http",
	.data = http1_data,
	.gap = http1_gap,
	.eof = http1_eof,
	.finish = http1_finish,
	.free = http1_free,
};

struct layer *
http1_layer_new(struct conn *conn)
{
	struct http1 *h = slab_zalloc(conn->env->slab, sizeof(*h));

	if (!h)
		return NULL;
	h->layer.ops = &http1_ops;
	h->layer.conn = conn;
	h->open.conn = conn;
	h->open.client = HTTP1_CLIENT_UNKNOWN;
	buf_init(&h->wait, HTTP1_WAIT_MAX_LEN);
	return &h->layer;
}

struct layer *
http1_layer_of(struct conn *conn, unsigned client)
{
	struct layer *l = http1_layer_new(conn);

	if (l)
		((struct http1 *)l)->open.client = (uint8_t)client;
	return l;
}
