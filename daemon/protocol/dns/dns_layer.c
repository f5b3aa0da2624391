// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <netinet/in.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/slab.h"
#include "protocol/conn.h"
#include "protocol/dns/dns.h"
#include "protocol/dns/dns_framing.h"
#include "protocol/dns/dns_pairing.h"

/*
 * Pairs questions with answers: by ID, name and type, the oldest first. A
 * question sent again is another transfer. One that stays without an answer
 * ends after ten seconds of capture time, or when it is the oldest of 64, or
 * with the connection. mDNS has neither IDs nor one answer: there each message
 * stands alone. Over TCP a message has its length in front; what follows a gap
 * that hid a length can't be read any more.
 */
#define EDNS_MAX	128	/* bytes of cookies and the like in a question */
#define PATIENCE_NS	UINT64_C(10000000000)

/* A message as it is told. */
struct taken {
	const struct dns_message *m;
	uint64_t wire_len;
	struct span rest;		/* bytes of it that may be anything */
	enum message_end end;
};

struct dns_layer {
	struct layer layer;
	enum dns_flavour flavour;
	bool told_client;
	struct dns_pairing asked;
	struct dns_framing *framing;	/* two, for TCP */
};

static const struct message_ops *
sink(const struct dns_layer *d)
{
	return d->layer.conn->env->ops;
}

static void
end_question(struct dns_layer *d, unsigned index, enum message_end end,
    const struct when *when)
{
	if (d->asked.list[index].message)
		sink(d)->end(d->asked.list[index].message, end, when);
	dns_pairing_remove(&d->asked, index);
}

static void
expire(struct dns_layer *d, const struct when *when)
{
	const struct dns_asked *oldest = d->asked.list;

	while (d->asked.count && when->ts_ns > oldest->ts_ns &&
	    when->ts_ns - oldest->ts_ns > PATIENCE_NS)
		end_question(d, 0, MESSAGE_CUT, when);
}

/* What was read of it, and the bytes that may be anything. */
static void
tell(struct dns_layer *d, struct message *message, unsigned side,
    const struct taken *t, const struct when *when)
{
	const struct message_ops *ops = sink(d);

	ops->wire(message, side, t->wire_len, when);
	ops->dns(message, side, t->m, when);
	if (t->rest.len)
		ops->body(message, side, t->rest.p, t->rest.len, when);
}

static void
alone(struct dns_layer *d, unsigned side, const struct taken *t,
    enum message_end end, const struct when *when)
{
	const struct message_ops *ops = sink(d);
	struct message *message = ops->begin(d->layer.conn, MESSAGE_DNS, when);

	if (!message)
		return;
	tell(d, message, side, t, when);
	ops->end(message, end, when);
}

/* Bytes that are no DNS: handed on to be read as what they are. */
static void
rubbish(struct dns_layer *d, unsigned side, struct span bytes,
    const struct when *when)
{
	const struct message_ops *ops = sink(d);
	struct message *message = ops->begin(d->layer.conn, MESSAGE_RUN, when);

	if (!message)
		return;
	ops->wire(message, side, bytes.len, when);
	ops->body(message, side, bytes.p, bytes.len, when);
	ops->end(message, MESSAGE_BROKEN, when);
}

static void
ask(struct dns_layer *d, unsigned side, const struct taken *t,
    const struct when *when)
{
	struct dns_asked *q;

	if (d->asked.count == DNS_ASKED_MAX)
		end_question(d, 0, MESSAGE_CUT, when);
	q = dns_pairing_add(&d->asked, side, t->m, when->ts_ns);
	if (!q) {
		alone(d, side, t, MESSAGE_CUT, when);
		return;
	}
	q->message = sink(d)->begin(d->layer.conn, MESSAGE_DNS, when);
	if (q->message)
		tell(d, q->message, side, t, when);
}

static void
answer(struct dns_layer *d, unsigned side, const struct taken *t,
    const struct when *when)
{
	int index = dns_pairing_find(&d->asked, side, t->m);
	struct message *message;

	if (index < 0) {
		alone(d, side, t, t->end, when);
		return;
	}
	message = d->asked.list[index].message;
	if (message)
		tell(d, message, side, t, when);
	end_question(d, (unsigned)index, t->end, when);
}

/* Bytes at the end of a message that are to be looked at: those behind the last
 * record, or all records of a question where they are more than EDNS takes. */
static size_t
beside(const struct dns_layer *d, const struct dns_message *m, size_t len)
{
	size_t records = len - m->question_len;

	return d->flavour == DNS_UNICAST && !m->response && records > EDNS_MAX ?
	    records : m->trailing_len;
}

/* bytes: a message; wire: the same with its length prefix, if any. */
static void
take_message(struct dns_layer *d, unsigned side, struct span bytes,
    struct span wire, const struct when *when)
{
	struct dns_message m;
	int err = dns_parse(bytes, d->flavour, &m);
	struct taken t = { &m, wire.len, bytes, MESSAGE_BROKEN };

	if (!err) {
		t.end = MESSAGE_COMPLETE;
		t.rest.len = beside(d, &m, bytes.len);
		t.rest.p += bytes.len - t.rest.len;
	}
	expire(d, when);
	if (err == ERR_TRUNCATED || (err && !m.question_count)) {
		rubbish(d, side, wire, when);
		return;
	}
	if (!d->told_client && d->flavour != DNS_MULTICAST) {
		d->told_client = true;
		conn_client_is(d->layer.conn, m.response ? !side : side);
	}
	if (d->flavour == DNS_MULTICAST || (!m.response && m.malformed) ||
	    (!m.response && !m.question_count))
		alone(d, side, &t, t.end, when);
	else if (m.response)
		answer(d, side, &t, when);
	else
		ask(d, side, &t, when);
}

static void
udp_data(struct layer *l, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	take_message((struct dns_layer *)l, side, (struct span){ data, len },
	    (struct span){ data, len }, when);
}

static void
udp_gap(struct layer *l, unsigned side, uint64_t len, const struct when *when)
{
}

static void
tcp_message(struct dns_layer *d, unsigned side, struct span wire,
    const struct when *when)
{
	struct cursor c = cur_init(wire.p, wire.len);

	cur_skip(&c, 2);
	take_message(d, side, (struct span){ cur_peek(&c), cur_left(&c) },
	    wire, when);
}

static void
tcp_data(struct layer *l, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct dns_layer *d = (struct dns_layer *)l;
	struct dns_framing *f = &d->framing[side];
	struct cursor c = cur_init(data, len);
	struct span wire;

	if (f->skip || f->lost) {
		size_t n = f->lost || f->skip > len ? len : f->skip;

		f->skip -= f->lost ? 0 : (uint32_t)n;
		rubbish(d, side, (struct span){ cur_bytes(&c, n), n }, when);
	}
	while (cur_left(&c)) {
		if (!f->held.len && dns_framing_whole(&c, &wire)) {
			tcp_message(d, side, wire, when);
		} else if (dns_framing_gather(f, &c)) {
			wire = (struct span){ f->held.data, f->held.len };
			tcp_message(d, side, wire, when);
			buf_reset(&f->held);
		} else if (f->held.failed) {
			f->lost = true;
			rubbish(d, side, (struct span){ cur_peek(&c),
			    cur_left(&c) }, when);
			return;
		}
	}
}

static void
tcp_gap(struct layer *l, unsigned side, uint64_t len, const struct when *when)
{
	struct dns_layer *d = (struct dns_layer *)l;
	struct dns_framing *f = &d->framing[side];
	uint64_t left = f->skip;

	if (f->lost)
		return;
	if (f->held.len) {
		left = f->held.len < 2 ? 0 : 2u + ((uint64_t)f->held.data[0] <<
		    8 | f->held.data[1]) - f->held.len;
		rubbish(d, side, (struct span){ f->held.data, f->held.len },
		    when);
		buf_reset(&f->held);
	}
	f->lost = len > left;
	f->skip = f->lost ? 0 : (uint32_t)(left - len);
}

static void
dns_finish(struct layer *l, const struct when *when)
{
	struct dns_layer *d = (struct dns_layer *)l;

	while (d->asked.count)
		end_question(d, 0, MESSAGE_CUT, when);
	for (unsigned side = 0; d->framing && side < 2; side++) {
		struct buf *held = &d->framing[side].held;

		if (held->len)
			rubbish(d, side, (struct span){ held->data,
			    held->len }, when);
		buf_reset(held);
	}
}

static void
dns_free(struct layer *l)
{
	struct dns_layer *d = (struct dns_layer *)l;

	for (unsigned side = 0; d->framing && side < 2; side++)
		buf_clear(&d->framing[side].held);
	free(d->framing);
	dns_pairing_clear(&d->asked);
	slab_free(l->conn->env->slab, d, sizeof(*d));
}

#define DNS_OPS(name_) { \
	{ .name = name_, .data = udp_data, .gap = udp_gap, \
	    .finish = dns_finish, .free = dns_free }, \
	{ .name = name_, .data = tcp_data, .gap = tcp_gap, \
	    .finish = dns_finish, .free = dns_free } }

static const struct layer_ops ops[][2] = {
	[DNS_UNICAST] = DNS_OPS("dns"),
	[DNS_MULTICAST] = DNS_OPS("mdns"),
	[DNS_LLMNR] = DNS_OPS("llmnr"),
	[DNS_NETBIOS] = DNS_OPS("netbios-ns"),
};

static enum dns_flavour
flavour_of(const struct conn *conn)
{
	for (int i = 0; i < 2; i++) {
		if (conn->port[i] == 5353)
			return DNS_MULTICAST;
		if (conn->port[i] == 5355)
			return DNS_LLMNR;
		if (conn->port[i] == 137)
			return DNS_NETBIOS;
	}
	return DNS_UNICAST;
}

static struct layer *
layer_new(struct conn *conn, enum dns_flavour flavour, bool framed)
{
	struct dns_layer *d = slab_zalloc(conn->env->slab, sizeof(*d));

	if (!d)
		return NULL;
	if (framed) {
		d->framing = calloc(2, sizeof(*d->framing));
		if (!d->framing) {
			slab_free(conn->env->slab, d, sizeof(*d));
			return NULL;
		}
		buf_init(&d->framing[0].held, 2 + 65535);
		buf_init(&d->framing[1].held, 2 + 65535);
	}
	dns_pairing_init(&d->asked);
	d->flavour = flavour;
	d->layer = (struct layer){ &ops[flavour][framed], conn };
	return &d->layer;
}

struct layer *
dns_layer_new(struct conn *conn)
{
	return layer_new(conn, flavour_of(conn), conn->proto == IPPROTO_TCP);
}

struct layer *
dns_layer_inside(struct conn *conn, bool framed)
{
	return layer_new(conn, DNS_UNICAST, framed);
}
