// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_plain.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "protocol/burst.h"
#include "protocol/conn.h"
#include "protocol/dns/dns.h"

#define BUCKETS		64
#define UNIDIRECTIONAL	2	/* a bit of the stream's id */
#define KIND_BITS	3	/* zero: the client's, both ways */
#define DNS_MAX		65535
#define HELD_MAX	(1u << 20)	/* of all streams of a connection */

struct plain_stream {
	struct plain_stream *next;	/* in the bucket */
	struct plain_stream *older, *newer;
	uint64_t id;
	struct message *message;	/* the run that is open, or NULL */
	struct burst burst;
	uint8_t ended;			/* bit per side */
	bool cut;			/* one of them by a reset */
	struct layer *dns;		/* NULL: runs */
	struct buf held[2];		/* of a message that the end makes whole */
};

struct quic_plain {
	struct conn *conn;
	enum quic_plain_kind kind;
	struct plain_stream *bucket[BUCKETS];
	struct plain_stream *oldest, *newest;
	unsigned count;
	size_t held_len;
};

/* The drafts up to the second have no length in front of a message. */
enum quic_plain_kind
quic_plain_kind_of(struct span alpn)
{
	if (alpn.len < 3 || memcmp(alpn.p, "doq", 3) ||
	    (alpn.len > 3 && alpn.p[3] != '-'))
		return QUIC_PLAIN_RUNS;
	return alpn.len == 7 && !memcmp(alpn.p, "doq-i0", 6) &&
	    alpn.p[6] >= '0' && alpn.p[6] <= '2' ?
	    QUIC_PLAIN_DNS_BARE : QUIC_PLAIN_DNS;
}

struct quic_plain *
quic_plain_new(struct conn *conn, enum quic_plain_kind kind)
{
	struct quic_plain *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->conn = conn;
	p->kind = kind;
	return p;
}

static struct plain_stream **
bucket_of(struct quic_plain *p, uint64_t id)
{
	return &p->bucket[(id ^ id >> 2) % BUCKETS];
}

static void
run_end(struct quic_plain *p, struct plain_stream *st, enum message_end how)
{
	if (st->message)
		p->conn->env->ops->end(st->message, how, &st->burst.last);
	st->message = NULL;
}

/* Of one side: what was held is all of its message. */
static void
dns_end(struct quic_plain *p, struct plain_stream *st, unsigned side)
{
	struct buf *held = &st->held[side];

	if (held->len)
		st->dns->ops->data(st->dns, side, held->data, held->len,
		    &st->burst.last);
	p->held_len -= held->len;
	buf_clear(held);
}

static void
dns_free(struct plain_stream *st)
{
	if (!st->dns)
		return;
	buf_clear(&st->held[0]);
	buf_clear(&st->held[1]);
	st->dns->ops->free(st->dns);
}

static void
stream_free(struct quic_plain *p, struct plain_stream *st,
    enum message_end how)
{
	struct plain_stream **at = bucket_of(p, st->id);

	run_end(p, st, how);
	if (st->dns) {
		dns_end(p, st, 0);
		dns_end(p, st, 1);
		st->dns->ops->finish(st->dns, &st->burst.last);
		dns_free(st);
	}
	while (*at != st)
		at = &(*at)->next;
	*at = st->next;
	*(st->older ? &st->older->newer : &p->oldest) = st->newer;
	*(st->newer ? &st->newer->older : &p->newest) = st->older;
	p->count--;
	free(st);
}

static struct plain_stream *
stream_find(struct quic_plain *p, uint64_t id)
{
	struct plain_stream *st = *bucket_of(p, id);

	while (st && st->id != id)
		st = st->next;
	return st;
}

static struct plain_stream *
stream_get(struct quic_plain *p, uint64_t id)
{
	struct plain_stream *st = stream_find(p, id), **at;

	if (st)
		return st;
	if (p->count == QUIC_PLAIN_MAX)
		stream_free(p, p->oldest, MESSAGE_CUT);
	st = calloc(1, sizeof(*st));
	if (!st)
		return NULL;
	at = bucket_of(p, id);
	st->id = id;
	if (p->kind != QUIC_PLAIN_RUNS && !(id & KIND_BITS))
		st->dns = dns_layer_inside(p->conn,
		    p->kind == QUIC_PLAIN_DNS);
	buf_init(&st->held[0], DNS_MAX);
	buf_init(&st->held[1], DNS_MAX);
	st->next = *at;
	*at = st;
	st->older = p->newest;
	*(p->newest ? &p->newest->newer : &p->oldest) = st;
	p->newest = st;
	p->count++;
	return st;
}

/* The run that these bytes belong to. */
static struct message *
run_for(struct quic_plain *p, struct plain_stream *st, unsigned side,
    const struct when *when)
{
	bool outbound = side == p->conn->endpoint_side;

	if (burst_begins(&st->burst, outbound, when)) {
		run_end(p, st, MESSAGE_COMPLETE);
		st->message = p->conn->env->ops->begin(p->conn, MESSAGE_RUN,
		    when);
	}
	burst_add(&st->burst, outbound, when);
	return st->message;
}

static void
dns_data(struct quic_plain *p, struct plain_stream *st, unsigned side,
    struct span bytes, const struct when *when)
{
	struct buf *held = &st->held[side];

	st->burst.last = *when;
	if (p->kind == QUIC_PLAIN_DNS_BARE && held->len + bytes.len <= DNS_MAX &&
	    p->held_len + bytes.len <= HELD_MAX) {
		buf_append(held, bytes.p, bytes.len);
		if (!held->failed) {
			p->held_len += bytes.len;
			return;
		}
	}
	dns_end(p, st, side);
	st->dns->ops->data(st->dns, side, bytes.p, bytes.len, when);
}

void
quic_plain_data(struct quic_plain *p, unsigned side, uint64_t stream,
    const uint8_t *data, size_t len, const struct when *when)
{
	struct plain_stream *st = stream_get(p, stream);
	struct message *m;

	if (st && st->dns) {
		dns_data(p, st, side, (struct span){ data, len }, when);
		return;
	}
	m = st ? run_for(p, st, side, when) : NULL;
	if (!m) {
		conn_add_overhead(p->conn, side, CONN_UNDERSTOOD, len);
		return;
	}
	p->conn->env->ops->wire(m, side, len, when);
	p->conn->env->ops->body(m, side, data, len, when);
}

void
quic_plain_gap(struct quic_plain *p, unsigned side, uint64_t stream,
    uint64_t len, const struct when *when)
{
	struct plain_stream *st = stream_get(p, stream);
	struct message *m;

	if (st && st->dns) {
		st->burst.last = *when;
		dns_end(p, st, side);
		st->dns->ops->gap(st->dns, side, len, when);
		return;
	}
	m = st ? run_for(p, st, side, when) : NULL;
	if (m)
		p->conn->env->ops->gap(m, side, len, when);
}

void
quic_plain_end(struct quic_plain *p, unsigned side, uint64_t stream,
    bool complete, const struct when *when)
{
	struct plain_stream *st = stream_find(p, stream);

	if (!st)
		return;
	st->cut |= !complete;
	st->ended |= (uint8_t)(1u << side);
	if (st->dns) {
		st->burst.last = *when;
		dns_end(p, st, side);
	}
	if (st->ended == 3 || stream & UNIDIRECTIONAL)
		stream_free(p, st, st->cut ? MESSAGE_CUT : MESSAGE_COMPLETE);
}

void
quic_plain_finish(struct quic_plain *p)
{
	while (p->oldest)
		stream_free(p, p->oldest, MESSAGE_CUT);
}

void
quic_plain_free(struct quic_plain *p)
{
	if (!p)
		return;
	while (p->oldest) {
		struct plain_stream *st = p->oldest;

		p->oldest = st->newer;
		dns_free(st);
		free(st);
	}
	free(p);
}
