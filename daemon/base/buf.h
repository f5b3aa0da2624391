/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A growable run of bytes in caller storage. Appending never fails visibly:
 * the first failed allocation, or a length above max_len, latches `failed`, and
 * what follows is dropped, so a writer writes straight down and checks once.
 */
struct buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	size_t max_len;		/* 0: no ceiling */
	bool failed;
};

/* An empty buffer that refuses to grow above max_len bytes (0: no ceiling). */
void buf_init(struct buf *b, size_t max_len);

/* Frees the bytes; the buffer is as after buf_init(). Accepts NULL. */
void buf_clear(struct buf *b);

/* Empties the buffer and keeps its memory; the failure is forgotten. */
void buf_reset(struct buf *b);

static inline void buf_append(struct buf *b, const void *data, size_t len);
static inline void buf_u8(struct buf *b, uint8_t v);
static inline void buf_str(struct buf *b, const char *s);

/* Drops the first len bytes, all of them if there are fewer. */
void buf_consume(struct buf *b, size_t len);

/* Room for len more bytes at data + len, NULL if there is none to be had;
 * the caller adds what it wrote to b->len. Valid until the next call. */
static inline uint8_t *buf_reserve(struct buf *b, size_t len);

void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Makes room for len more bytes and no others, where it is known that few will
 * follow. */
void buf_fit(struct buf *b, size_t len);

/* buf_reserve() where the memory at hand does not do. */
uint8_t *buf_grow(struct buf *b, size_t len);

static inline uint8_t *
buf_reserve(struct buf *b, size_t len)
{
	if (!b->failed && b->cap - b->len >= len &&
	    (!b->max_len || b->max_len - b->len >= len))
		return b->data + b->len;
	return buf_grow(b, len);
}

static inline void
buf_append(struct buf *b, const void *data, size_t len)
{
	uint8_t *p = len ? buf_reserve(b, len) : NULL;

	if (!p)
		return;
	memcpy(p, data, len);
	b->len += len;
}

static inline void
buf_u8(struct buf *b, uint8_t v)
{
	uint8_t *p = buf_reserve(b, 1);

	if (!p)
		return;
	*p = v;
	b->len++;
}

static inline void
buf_str(struct buf *b, const char *s)
{
	buf_append(b, s, strlen(s));
}

#endif
