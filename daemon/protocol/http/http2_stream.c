// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http2_conn.h"

#include <stdlib.h>

#include "protocol/conn.h"
#include "protocol/http/grpc.h"

static const struct message_ops *
ops(const struct http2 *h)
{
	return h->layer.conn->env->ops;
}

static struct http2_stream **
bucket_of(struct http2 *h, uint32_t id)
{
	/* ids of one side differ by two */
	return &h->bucket[(id >> 1 ^ id << 5) % HTTP2_BUCKETS];
}

static void
age_unlink(struct http2 *h, struct http2_stream *st)
{
	if (st->older)
		st->older->newer = st->newer;
	else
		h->oldest = st->newer;
	if (st->newer)
		st->newer->older = st->older;
	else
		h->newest = st->older;
	st->older = st->newer = NULL;
}

static void
age_append(struct http2 *h, struct http2_stream *st)
{
	st->older = h->newest;
	if (h->newest)
		h->newest->newer = st;
	else
		h->oldest = st;
	h->newest = st;
}

static void
end_stream(struct http2 *h, struct http2_stream *st, enum message_end how)
{
	struct http2_stream **at = bucket_of(h, st->id);

	while (*at && *at != st)
		at = &(*at)->next;
	if (*at)
		*at = st->next;
	age_unlink(h, st);
	h->stream_count--;
	for (unsigned side = 0; side < 2; side++)
		http2_stream_body_end(h, st, side, false);
	grpc_free(st->grpc, how, h->when);
	if (st->message)
		ops(h)->end(st->message, how, h->when);
	free(st);
}

struct http2_stream *
http2_stream_find(struct http2 *h, uint32_t id)
{
	struct http2_stream *st = *bucket_of(h, id);

	while (st && st->id != id)
		st = st->next;
	if (st && st != h->newest) {
		age_unlink(h, st);
		age_append(h, st);
	}
	return st;
}

struct http2_stream *
http2_stream_adopt(struct http2 *h, uint32_t id, struct message *m)
{
	struct http2_stream **at, *st;

	if (h->stream_count >= HTTP2_STREAMS_MAX) {
		http2_stream_limit(h, h->oldest, "too many open streams");
		end_stream(h, h->oldest, MESSAGE_CUT);
	}
	st = calloc(1, sizeof(*st));
	if (!st)
		return NULL;
	st->id = id;
	st->message = m;
	at = bucket_of(h, id);
	st->next = *at;
	*at = st;
	age_append(h, st);
	h->stream_count++;
	return st;
}

struct http2_stream *
http2_stream_get(struct http2 *h, uint32_t id)
{
	struct http2_stream *st = http2_stream_find(h, id);

	if (!st)
		st = http2_stream_adopt(h, id, NULL);
	else
		return st;
	if (st)
		st->message = ops(h)->begin(h->layer.conn, MESSAGE_HTTP,
		    h->when);
	return st;
}

void
http2_stream_wire(struct http2 *h, struct http2_stream *st, unsigned side,
    uint64_t len)
{
	struct message *m = st ? st->message : NULL;

	if (st && st->grpc)
		m = grpc_message(st->grpc, side);
	if (m)
		ops(h)->wire(m, side, len, h->when);
	else
		conn_add_overhead(h->layer.conn, side, CONN_UNDERSTOOD, len);
}

void
http2_stream_head(struct http2 *h, struct http2_stream *st, unsigned side,
    const struct http_head *head)
{
	if (st->message)
		ops(h)->http_head(st->message, side, head, h->when);
	if (!head->request && head->status / 100 == 1)
		return;
	st->final_head[side] = true;
	st->body_open[side] = true;
	if (head->request && side == h->client && !st->grpc)
		st->grpc = grpc_new(h->layer.conn, st->message, side, head);
}

void
http2_stream_body(struct http2 *h, struct http2_stream *st, unsigned side,
    struct span bytes)
{
	if (st->grpc && !st->body_ended[side]) {
		st->body_open[side] = true;
		grpc_data(st->grpc, side, bytes, h->when);
		return;
	}
	http2_stream_wire(h, st, side, bytes.len);
	if (st->message && !st->body_ended[side]) {
		st->body_open[side] = true;
		ops(h)->body(st->message, side, bytes.p, bytes.len, h->when);
	}
}

void
http2_stream_gap(struct http2 *h, struct http2_stream *st, unsigned side,
    uint64_t len)
{
	if (len == 0 || !st->message || st->body_ended[side])
		return;
	st->body_open[side] = true;
	if (st->grpc)
		grpc_gap(st->grpc, side, len, h->when);
	else
		ops(h)->gap(st->message, side, len, h->when);
}

void
http2_stream_limit(struct http2 *h, struct http2_stream *st, const char *why)
{
	if (st->message && ops(h)->limit)
		ops(h)->limit(st->message, why);
}

void
http2_stream_body_end(struct http2 *h, struct http2_stream *st, unsigned side,
    bool complete)
{
	if (!st->body_open[side] || st->body_ended[side])
		return;
	st->body_ended[side] = true;
	if (st->grpc)
		grpc_body_end(st->grpc, side, complete, h->when);
	else if (st->message)
		ops(h)->body_end(st->message, side, complete, h->when);
}

void
http2_stream_done(struct http2 *h, struct http2_stream *st, unsigned side)
{
	http2_stream_body_end(h, st, side, true);
	st->done[side] = true;
	if (st->done[side ^ 1])
		end_stream(h, st, MESSAGE_COMPLETE);
}

void
http2_stream_reset(struct http2 *h, struct http2_stream *st)
{
	end_stream(h, st, MESSAGE_CUT);
}

void
http2_stream_clear(struct http2 *h)
{
	while (h->oldest)
		end_stream(h, h->oldest, MESSAGE_CUT);
}
