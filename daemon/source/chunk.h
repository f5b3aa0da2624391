/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_CHUNK_H
#define SOURCE_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "source/input.h"

/*
 * Memory that packets lie in. A window slides over an input; its bytes are in
 * one chunk, so that a record is always in one piece: when one straddles the
 * end, its front moves to the next chunk. A chunk that packets of a batch
 * point into is used again when two more batches have been asked for.
 */

struct chunk {
	struct chunk *next;
	size_t cap;
	uint64_t batch;		/* the last that points in here, 0: none */
	uint8_t data[];
};

struct chunk_pool {
	size_t chunk_len;	/* of an ordinary chunk */
	uint64_t batch;		/* number of the present one, from 1 */
	unsigned keep;		/* idle chunks in hand, at most */
	size_t pinned_len;	/* chunks left behind full in this batch */
	struct chunk *retired;
	unsigned ahead;		/* threads that read large files ahead, 0: none */
};

void chunk_pool_init(struct chunk_pool *pool, size_t chunk_len);
void chunk_pool_clear(struct chunk_pool *pool);

/* The batch before the last one dies. */
void chunk_pool_next_batch(struct chunk_pool *pool);

/* A chunk of at least len bytes; NULL if memory is out. */
struct chunk *chunk_take(struct chunk_pool *pool, size_t len);

/* Gives a chunk back; lives on while a batch points into it. Accepts NULL. */
void chunk_retire(struct chunk_pool *pool, struct chunk *c);

struct ahead;

struct window {
	struct input *in;
	struct ahead *ahead;	/* NULL: in is read as it is needed */
	struct chunk_pool *pool;
	struct chunk *chunk;
	size_t pos, len;	/* unread bytes are pos to len of the chunk */
	uint64_t base;		/* offset of the chunk's front in the stream */
	int err;		/* of the input, met behind the bytes at len */
	bool eof;
};

/* Takes the input over. */
void window_init(struct window *w, struct input *in, struct chunk_pool *pool);
void window_clear(struct window *w);

/* Reads until len bytes are there; ERR_TRUNCATED when the input ends before,
 * or what input_read() says. */
must_check int window_fill(struct window *w, size_t len);

/* Drops len bytes, without keeping them. Errors as window_fill(). */
must_check int window_skip(struct window *w, uint64_t len);

static inline size_t
window_left(const struct window *w)
{
	return w->len - w->pos;
}

static inline const uint8_t *
window_peek(const struct window *w)
{
	return w->chunk->data + w->pos;
}

/* len <= window_left() */
static inline void
window_consume(struct window *w, size_t len)
{
	w->pos += len;
}

/* The bytes of the chunk are part of the present batch. */
static inline void
window_pin(struct window *w)
{
	w->chunk->batch = w->pool->batch;
}

/* Where in the (unpacked) stream the next byte is. */
static inline uint64_t
window_offset(const struct window *w)
{
	return w->base + w->pos;
}

#endif
