// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_streams.h"

#include <stdlib.h>

#include "protocol/conn.h"
#include "protocol/http/http3.h"
#include "protocol/quic/quic_frames.h"
#include "protocol/quic/quic_plain.h"
#include "protocol/tls/tls.h"

struct quic_stream {
	struct quic_stream *next;	/* in the bucket */
	struct quic_stream *newer;
	struct quic_streams *all;
	uint64_t id, final_len;
	uint8_t side;
	bool has_final, ended;
	struct quic_order order;
};

static struct quic_stream **
bucket_of(struct quic_streams *q, unsigned side, uint64_t id)
{
	return &q->bucket[(id ^ id >> 7 ^ side << 6) % QUIC_STREAM_BUCKETS];
}

static void
on_data(void *arg, const uint8_t *data, size_t len)
{
	struct quic_stream *st = arg;

	st->all->given[st->side] += len;
	conn_plain_read(st->all->conn, st->side, len);
	if (st->all->http3)
		http3_data(st->all->http3, st->side, st->id, data, len,
		    st->all->when);
	else
		quic_plain_data(st->all->plain, st->side, st->id, data, len,
		    st->all->when);
}

static void
on_gap(void *arg, uint64_t len)
{
	struct quic_stream *st = arg;

	if (st->all->http3)
		http3_gap(st->all->http3, st->side, st->id, len,
		    st->all->when);
	else
		quic_plain_gap(st->all->plain, st->side, st->id, len,
		    st->all->when);
}

static const struct quic_order_sink sink = { on_data, on_gap };

static void
end(struct quic_stream *st, bool complete)
{
	if (st->ended)
		return;
	st->ended = true;
	quic_order_clear(&st->order);
	if (st->all->http3)
		http3_end(st->all->http3, st->side, st->id, complete,
		    st->all->when);
	else
		quic_plain_end(st->all->plain, st->side, st->id, complete,
		    st->all->when);
}

static void
free_oldest(struct quic_streams *q)
{
	struct quic_stream *st = q->oldest;
	struct quic_stream **at = bucket_of(q, st->side, st->id);
	uint64_t *closed = &q->closed[st->side][st->id & 3];

	q->held[st->side] -= st->order.held_len;
	if (!st->ended)
		quic_order_flush(&st->order, &sink, st);
	end(st, false);
	while (*at != st)
		at = &(*at)->next;
	*at = st->next;
	q->oldest = st->newer;
	if (!q->oldest)
		q->newest = NULL;
	if (*closed <= st->id)
		*closed = st->id + 1;
	q->count--;
	free(st);
}

static struct quic_stream *
get(struct quic_streams *q, unsigned side, uint64_t id)
{
	struct quic_stream **at = bucket_of(q, side, id), *st;

	for (st = *at; st; st = st->next)
		if (st->id == id && st->side == side)
			return st;
	if (id < q->closed[side][id & 3])
		return NULL;
	if (q->count >= QUIC_STREAMS_MAX)
		free_oldest(q);
	st = calloc(1, sizeof(*st));
	if (!st)
		return NULL;
	st->all = q;
	st->id = id;
	st->side = (uint8_t)side;
	st->next = *at;
	*at = st;
	if (q->newest)
		q->newest->newer = st;
	else
		q->oldest = st;
	q->newest = st;
	q->count++;
	return st;
}

void
quic_streams_frame(struct quic_streams *q, unsigned side,
    const struct quic_frame *f, const struct when *when)
{
	struct quic_stream *st;
	size_t held;

	q->when = when;
	st = get(q, side, f->stream);
	if (!st)
		q->given[side] += f->data.len;
	if (!st || st->ended)
		return;
	held = st->order.held_len;
	if (f->kind == QUIC_FRAME_RESET_STREAM) {
		quic_order_flush(&st->order, &sink, st);
		end(st, false);
	} else {
		quic_order_data(&st->order, f->offset, f->data.p, f->data.len,
		    &sink, st);
		if (f->fin && !st->has_final) {
			st->has_final = true;
			st->final_len = f->offset + f->data.len;
		}
		if (st->has_final && st->order.next >= st->final_len)
			end(st, true);
	}
	q->held[side] += st->order.held_len - held;
}

bool
quic_streams_init(struct quic_streams *q, struct conn *conn, unsigned client)
{
	struct span alpn = tls_info_alpn(conn->tls);

	*q = (struct quic_streams){ .conn = conn };
	if (alpn.len >= 2 && alpn.p[0] == 'h' && alpn.p[1] == '3')
		q->http3 = http3_new(conn, client);
	else
		q->plain = quic_plain_new(conn, quic_plain_kind_of(alpn));
	return q->http3 || q->plain;
}

void
quic_streams_finish(struct quic_streams *q, const struct when *when)
{
	if (q->http3)
		http3_finish(q->http3, when);
	else
		quic_plain_finish(q->plain);
}

void
quic_streams_flush(struct quic_streams *q, const struct when *when)
{
	q->when = when;
	for (struct quic_stream *st = q->oldest; st; st = st->newer) {
		if (st->ended)
			continue;
		q->held[st->side] -= st->order.held_len;
		quic_order_flush(&st->order, &sink, st);
		if (st->has_final && st->order.next >= st->final_len)
			end(st, true);
	}
}

void
quic_streams_clear(struct quic_streams *q)
{
	while (q->oldest) {
		struct quic_stream *st = q->oldest;

		q->oldest = st->newer;
		quic_order_clear(&st->order);
		free(st);
	}
	http3_free(q->http3);
	quic_plain_free(q->plain);
}
