// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_plain.h"

#include <stdlib.h>

#include "protocol/burst.h"
#include "protocol/conn.h"

#define BUCKETS		64
#define UNIDIRECTIONAL	2	/* a bit of the stream's id */

struct plain_stream {
	struct plain_stream *next;	/* in the bucket */
	struct plain_stream *older, *newer;
	uint64_t id;
	struct message *message;	/* the run that is open, or NULL */
	struct burst burst;
	uint8_t ended;			/* bit per side */
	bool cut;			/* one of them by a reset */
};

struct quic_plain {
	struct conn *conn;
	struct plain_stream *bucket[BUCKETS];
	struct plain_stream *oldest, *newest;
	unsigned count;
};

struct quic_plain *
quic_plain_new(struct conn *conn)
{
	struct quic_plain *p = calloc(1, sizeof(*p));

	if (p)
		p->conn = conn;
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

static void
stream_free(struct quic_plain *p, struct plain_stream *st,
    enum message_end how)
{
	struct plain_stream **at = bucket_of(p, st->id);

	run_end(p, st, how);
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
	st->next = *at;
	*at = st;
	st->older = p->newest;
	*(p->newest ? &p->newest->newer : &p->oldest) = st;
	p->newest = st;
	p->count++;
	return st;
}

/* The run that these bytes belong to; NULL without memory. */
static struct message *
run_for(struct quic_plain *p, unsigned side, uint64_t id,
    const struct when *when)
{
	struct plain_stream *st = stream_get(p, id);
	bool outbound = side == p->conn->endpoint_side;

	if (!st)
		return NULL;
	if (burst_begins(&st->burst, outbound, when)) {
		run_end(p, st, MESSAGE_COMPLETE);
		st->message = p->conn->env->ops->begin(p->conn, MESSAGE_RUN,
		    when);
	}
	burst_add(&st->burst, outbound, when);
	return st->message;
}

void
quic_plain_data(struct quic_plain *p, unsigned side, uint64_t stream,
    const uint8_t *data, size_t len, const struct when *when)
{
	struct message *m = run_for(p, side, stream, when);

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
	struct message *m = run_for(p, side, stream, when);

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
		free(st);
	}
	free(p);
}
