// SPDX-License-Identifier: Apache-2.0
#include "source/chunk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source/ahead.h"

/* Files are read ahead from here on. */
#define AHEAD_FROM_LEN	(1u << 20)

void
chunk_pool_init(struct chunk_pool *pool, size_t chunk_len)
{
	*pool = (struct chunk_pool){ .chunk_len = chunk_len, .batch = 1,
		.keep = 2 };
}

void
chunk_pool_clear(struct chunk_pool *pool)
{
	struct chunk *c;

	while ((c = pool->retired)) {
		pool->retired = c->next;
		free(c);
	}
}

static bool
chunk_is_idle(const struct chunk_pool *pool, const struct chunk *c)
{
	return !c->batch || c->batch + 2 <= pool->batch;
}

void
chunk_pool_next_batch(struct chunk_pool *pool)
{
	struct chunk **at = &pool->retired, *c;
	unsigned idle = 0;

	pool->batch++;
	pool->pinned_len = 0;
	/* keep some ordinary chunks in hand, free what is beyond */
	while ((c = *at)) {
		if (chunk_is_idle(pool, c) &&
		    (c->cap != pool->chunk_len || ++idle > pool->keep)) {
			*at = c->next;
			free(c);
			continue;
		}
		at = &c->next;
	}
}

struct chunk *
chunk_take(struct chunk_pool *pool, size_t len)
{
	struct chunk **at = &pool->retired, *c;

	while ((c = *at)) {
		if (chunk_is_idle(pool, c) && c->cap >= len) {
			*at = c->next;
			c->batch = 0;
			return c;
		}
		at = &c->next;
	}
	if (len < pool->chunk_len)
		len = pool->chunk_len;
	c = malloc(sizeof(*c) + len);
	if (!c)
		return NULL;
	c->cap = len;
	c->batch = 0;
	return c;
}

void
chunk_retire(struct chunk_pool *pool, struct chunk *c)
{
	if (!c)
		return;
	if (!chunk_is_idle(pool, c))
		pool->pinned_len += c->cap;
	else if (c->cap != pool->chunk_len) {
		free(c);
		return;
	}
	c->next = pool->retired;
	pool->retired = c;
}

void
window_init(struct window *w, struct input *in, struct chunk_pool *pool)
{
	*w = (struct window){ .in = in, .pool = pool };
}

void
window_clear(struct window *w)
{
	ahead_free(w->ahead);
	w->ahead = NULL;
	input_close(w->in);
	chunk_retire(w->pool, w->chunk);
	w->in = NULL;
	w->chunk = NULL;
	w->pos = w->len = 0;
}

/* Makes room for len bytes from pos on, and for a read worth its while. */
static int
window_make_room(struct window *w, size_t len)
{
	size_t left = window_left(w);
	struct chunk *c = w->chunk;

	if (c && len <= c->cap - w->pos && c->cap - w->len >= c->cap / 16)
		return 0;
	/* no batch points in here: slide, don't change */
	if (c && chunk_is_idle(w->pool, c) && len <= c->cap) {
		memmove(c->data, c->data + w->pos, left);
		goto out;
	}
	c = chunk_take(w->pool, len);
	if (!c)
		return -ENOMEM;
	if (left)
		memcpy(c->data, w->chunk->data + w->pos, left);
	chunk_retire(w->pool, w->chunk);
	w->chunk = c;
out:
	w->base += w->pos;
	w->pos = 0;
	w->len = left;
	return 0;
}

/* Bytes that were read ahead: the chunk they came in is the window's, with what
 * was left of the one before moved in front of them. */
static int
window_take(struct window *w, size_t len)
{
	size_t left = window_left(w), n;
	struct chunk *c;
	int r;

	r = ahead_next(w->ahead, &c, &n);
	if (r < 0) {
		w->err = r;
		return r;
	}
	w->eof = n == 0;
	if (w->eof)
		return 0;
	if (left <= AHEAD_FRONT_LEN) {
		size_t pos = AHEAD_FRONT_LEN - left;

		if (left)
			memcpy(c->data + pos, window_peek(w), left);
		chunk_retire(w->pool, w->chunk);
		w->base += w->pos - pos;
		w->chunk = c;
		w->pos = pos;
		w->len = AHEAD_FRONT_LEN + n;
		return 0;
	}
	/* a record that long is put together elsewhere */
	r = window_make_room(w, len > left + n ? len : left + n);
	if (r == 0) {
		memcpy(w->chunk->data + w->len, c->data + AHEAD_FRONT_LEN, n);
		w->len += n;
	}
	chunk_retire(w->pool, c);
	return r;
}

static int
window_read(struct window *w, size_t len)
{
	size_t n;
	int r = window_make_room(w, len);

	if (r < 0)
		return r;
	r = input_read(w->in, w->chunk->data + w->len, w->chunk->cap - w->len,
	    &n);
	if (r < 0) {
		w->err = r;
		return r;
	}
	w->len += n;
	w->eof = n == 0;
	return 0;
}

/* What is short is not worth a thread. */
static bool
window_is_worth_a_thread(const struct window *w)
{
	return w->pool->ahead && !w->ahead && input_is_regular(w->in) &&
	    w->base + w->len >= AHEAD_FROM_LEN;
}

int
window_fill(struct window *w, size_t len)
{
	int r;

	while (window_left(w) < len) {
		if (w->err)
			return w->err;
		if (w->eof)
			return ERR_TRUNCATED;
		if (window_is_worth_a_thread(w))
			w->ahead = ahead_new(w->in, w->pool, w->pool->ahead);
		r = w->ahead ? window_take(w, len) : window_read(w, len);
		if (r < 0)
			return r;
	}
	return 0;
}

int
window_skip(struct window *w, uint64_t len)
{
	size_t n;
	int r;

	while (len) {
		n = window_left(w);
		if (!n) {
			r = window_fill(w, 1);
			if (r < 0)
				return r;
			continue;
		}
		if (n > len)
			n = (size_t)len;
		window_consume(w, n);
		len -= n;
	}
	return 0;
}
