// SPDX-License-Identifier: Apache-2.0
#include "protocol/dtls.h"

#include "base/cursor.h"
#include "base/slab.h"
#include "protocol/burst.h"
#include "protocol/conn.h"
#include "protocol/tls/tls_layer.h"

/*
 * A record up to DTLS 1.2: type, version, epoch, number, length; sealed from
 * epoch 1 on. DTLS 1.3 seals under a shorter header that begins with the bits
 * 001 (RFC 9147 section 4), and may leave the length out, so that what is in such
 * a datagram is taken as one. What the suite adds is not looked up: a tag of
 * eight bytes at least.
 */
#define NUMBER_LEN	6
#define TAG_LEAST	8
#define CLIENT_HELLO	1
/* What OpenSSL's first DTLS sent; of all that speak it AnyConnect is left. */
#define VERSION_CISCO	0x0100

struct dtls_layer {
	struct layer layer;
	struct message *message;
	struct burst burst;
};

struct record {
	uint8_t type;
	uint16_t epoch;
	uint16_t version;
	size_t len;			/* with its header */
	struct span body;
};

static bool
is_version(uint16_t v)
{
	return v == 0xfeff || v == 0xfefd || v == VERSION_CISCO;
}

/* False if what is at c is no whole record up to DTLS 1.2. */
static bool
read_record(struct cursor c, struct record *ret)
{
	size_t all = cur_left(&c), len;
	struct record r = { .type = cur_u8(&c) };

	r.version = cur_be16(&c);
	r.epoch = cur_be16(&c);
	cur_skip(&c, NUMBER_LEN);
	len = cur_be16(&c);
	if (cur_failed(&c) || !len || cur_left(&c) < len ||
	    !is_version(r.version) || r.type < TLS_CHANGE_CIPHER ||
	    r.type > TLS_HEARTBEAT)
		return false;
	r.len = all - cur_left(&c) + len;
	r.body = (struct span){ cur_bytes(&c, len), len };
	*ret = r;
	return true;
}

int
dtls_detect(const uint8_t *data, size_t len)
{
	struct record r;

	if (!read_record(cur_init(data, len), &r))
		return 0;
	return r.type != TLS_HANDSHAKE || r.epoch || r.body.p[0] <= 24;
}

static void
end_message(struct dtls_layer *d)
{
	if (d->message)
		d->layer.conn->env->ops->end(d->message, MESSAGE_COMPLETE,
		    &d->burst.last);
	d->message = NULL;
}

static void
sealed(struct dtls_layer *d, unsigned side, size_t len, size_t plain_most,
    const struct when *when)
{
	const struct message_ops *ops = d->layer.conn->env->ops;
	bool outbound = side == d->layer.conn->endpoint_side;

	if (burst_begins(&d->burst, outbound, when)) {
		end_message(d);
		d->message = ops->begin(d->layer.conn, MESSAGE_SEALED, when);
		if (d->message)
			ops->limit(d->message, "DTLS is not decrypted by "
			    "telltap, whatever keys there are");
	}
	burst_add(&d->burst, outbound, when);
	if (!d->message)
		return;
	ops->wire(d->message, side, len, when);
	ops->sealed(d->message, side, 0, plain_most, when);
}

static void
take_record(struct dtls_layer *d, unsigned side, const struct record *r,
    const struct when *when)
{
	struct conn *conn = d->layer.conn;

	if (r->version == VERSION_CISCO && !conn->use)
		conn->use = CONN_USE_CISCOVPN;
	if (!r->epoch) {
		if (r->type == TLS_HANDSHAKE && r->body.p[0] == CLIENT_HELLO)
			conn_client_is(conn, side);
		conn_add_overhead(conn, side, CONN_UNDERSTOOD, r->len);
	} else if (r->type != TLS_DATA) {
		conn_add_overhead(conn, side, CONN_ENCRYPTED, r->len);
	} else {
		sealed(d, side, r->len, r->body.len > TAG_LEAST ?
		    r->body.len - TAG_LEAST : 0, when);
	}
}

static void
dtls_data(struct layer *l, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct dtls_layer *d = (struct dtls_layer *)l;
	struct cursor c = cur_init(data, len);
	struct record r;

	while (cur_left(&c)) {
		size_t left = cur_left(&c);

		if (!read_record(c, &r)) {
			sealed(d, side, left, left > TAG_LEAST ?
			    left - TAG_LEAST : 0, when);
			return;
		}
		take_record(d, side, &r, when);
		cur_skip(&c, r.len);
	}
}

/* A datagram that was not captured tells nothing. */
static void
dtls_gap(struct layer *l, unsigned side, uint64_t len, const struct when *when)
{
	struct dtls_layer *d = (struct dtls_layer *)l;

	if (d->message)
		l->conn->env->ops->gap(d->message, side, len, when);
}

static void
dtls_finish(struct layer *l, const struct when *when)
{
	end_message((struct dtls_layer *)l);
}

static void
dtls_free(struct layer *l)
{
	slab_free(l->conn->env->slab, l, sizeof(struct dtls_layer));
}

static const struct layer_ops dtls_ops = {
	.name = "dtls",
	.data = dtls_data,
	.gap = dtls_gap,
	.finish = dtls_finish,
	.free = dtls_free,
};

struct layer *
dtls_layer_new(struct conn *conn)
{
	struct dtls_layer *d = slab_zalloc(conn->env->slab, sizeof(*d));

	if (!d)
		return NULL;
	d->layer = (struct layer){ &dtls_ops, conn };
	return &d->layer;
}
