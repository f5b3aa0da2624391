// SPDX-License-Identifier: Apache-2.0
#include "protocol/http/http3_conn.h"

#include <stdlib.h>

static struct h3_stream **
bucket_of(struct http3 *h, uint64_t id)
{
	return &h->bucket[(id >> 2) % H3_BUCKETS];
}

struct h3_stream *
h3_stream_find(struct http3 *h, uint64_t id)
{
	struct h3_stream *st = *bucket_of(h, id);

	while (st && st->id != id)
		st = st->next;
	return st;
}

void
h3_stream_body_end(struct http3 *h, struct h3_stream *st, unsigned side, bool complete)
{
	if (st->side[side].body_open && st->message)
		h3_ops(h)->body_end(st->message, side, complete, h->when);
	st->side[side].body_open = false;
}

void
h3_stream_free(struct http3 *h, struct h3_stream *st, enum message_end how)
{
	struct h3_stream **at = bucket_of(h, st->id), **age = &h->oldest;
	struct h3_stream *before = NULL;

	while (*at != st)
		at = &(*at)->next;
	*at = st->next;
	while (*age != st) {
		before = *age;
		age = &before->newer;
	}
	*age = st->newer;
	if (h->newest == st)
		h->newest = before;
	h->count--;
	for (unsigned side = 0; side < 2; side++) {
		h3_stream_body_end(h, st, side, false);
		buf_clear(&st->side[side].block);
		buf_clear(&st->side[side].held);
	}
	if (st->message)
		h3_ops(h)->end(st->message, how, h->when);
	free(st);
}

struct h3_stream *
h3_stream_get(struct http3 *h, uint64_t id)
{
	struct h3_stream *st = h3_stream_find(h, id);

	if (st)
		return st;
	if (h->count >= H3_STREAMS_MAX)
		h3_stream_free(h, h->oldest, MESSAGE_CUT);
	st = calloc(1, sizeof(*st));
	if (!st)
		return NULL;
	st->id = id;
	st->uni = H3_UNI_UNKNOWN;
	for (unsigned side = 0; side < 2; side++) {
		buf_init(&st->side[side].block, H3_BLOCK_MAX_LEN);
		buf_init(&st->side[side].held, H3_HELD_MAX_LEN);
	}
	if (!h3_is_uni(id))
		st->message = h3_ops(h)->begin(h->conn, MESSAGE_HTTP, h->when);
	st->next = *bucket_of(h, id);
	*bucket_of(h, id) = st;
	if (h->newest)
		h->newest->newer = st;
	else
		h->oldest = st;
	h->newest = st;
	h->count++;
	return st;
}

void
h3_stream_limit(struct http3 *h, struct h3_stream *st, const char *why)
{
	if (st->message && h3_ops(h)->limit)
		h3_ops(h)->limit(st->message, why);
}

void
h3_stream_body(struct http3 *h, struct h3_stream *st, unsigned side,
    const uint8_t *data, size_t len)
{
	if (!st->message || len == 0)
		return;
	st->side[side].body_open = true;
	h3_ops(h)->body(st->message, side, data, len, h->when);
}
