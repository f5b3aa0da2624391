/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A cursor reads untrusted bytes front to back. Only this file does arithmetic
 * on packet pointers. The first read past the end latches a failure: from then
 * on every read returns zero and consumes nothing, so a decoder reads straight
 * down and checks cur_failed() once, before a value read drives a loop or an
 * allocation. Everything read is returned in host byte order.
 */
struct cursor {
	const uint8_t *p;
	const uint8_t *end;
	bool failed;
};

static inline struct cursor
cur_init(const void *data, size_t len)
{
	const uint8_t *p = data;

	return (struct cursor){ p, len ? p + len : p, false };
}

static inline bool
cur_failed(const struct cursor *c)
{
	return c->failed;
}

/* Bytes left; 0 after a failure. */
static inline size_t
cur_left(const struct cursor *c)
{
	return c->failed ? 0 : (size_t)(c->end - c->p);
}

/* Consumes len bytes and returns them, borrowed; NULL and latched if short. */
static inline const uint8_t *
cur_bytes(struct cursor *c, size_t len)
{
	const uint8_t *p = c->p;

	if (c->failed || (size_t)(c->end - c->p) < len) {
		c->failed = true;
		return NULL;
	}
	if (len)
		c->p += len;
	return p;
}

static inline void
cur_skip(struct cursor *c, size_t len)
{
	(void)cur_bytes(c, len);
}

/* The bytes not read yet, without consuming them. */
static inline const uint8_t *
cur_peek(const struct cursor *c)
{
	return c->p;
}

/* Consumes len bytes as a child cursor, which can't see past them. If short,
 * both latch. */
static inline struct cursor
cur_sub(struct cursor *c, size_t len)
{
	const uint8_t *p = cur_bytes(c, len);

	return (struct cursor){ p, p && len ? p + len : p, c->failed };
}

static inline uint8_t
cur_u8(struct cursor *c)
{
	const uint8_t *p = cur_bytes(c, 1);

	return p ? p[0] : 0;
}

static inline uint16_t
cur_be16(struct cursor *c)
{
	const uint8_t *p = cur_bytes(c, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t
cur_be24(struct cursor *c)
{
	const uint8_t *p = cur_bytes(c, 3);

	return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

static inline uint32_t
cur_be32(struct cursor *c)
{
	const uint8_t *p = cur_bytes(c, 4);
	uint32_t v;

	if (!p)
		return 0;
	memcpy(&v, p, 4);
	return __builtin_bswap32(v);
}

static inline uint64_t
cur_be64(struct cursor *c)
{
	uint64_t hi = cur_be32(c);

	return hi << 32 | cur_be32(c);
}

static inline uint16_t
cur_le16(struct cursor *c)
{
	return __builtin_bswap16(cur_be16(c));
}

static inline uint32_t
cur_le32(struct cursor *c)
{
	return __builtin_bswap32(cur_be32(c));
}

static inline uint64_t
cur_le64(struct cursor *c)
{
	uint64_t lo = cur_le32(c);

	return lo | (uint64_t)cur_le32(c) << 32;
}

/* Copies len bytes out; zeroes them on failure. */
static inline void
cur_copy(struct cursor *c, void *ret_out, size_t len)
{
	const uint8_t *p = cur_bytes(c, len);

	if (p && len)
		memcpy(ret_out, p, len);
	else if (len)
		memset(ret_out, 0, len);
}

#endif
