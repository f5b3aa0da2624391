/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_TLS_BUILD_H
#define TESTS_TLS_BUILD_H

#include <string.h>

#include "base/buf.h"

/* Writes TLS records and handshake messages, for tests of what reads them. */

static inline void
put16(struct buf *b, unsigned v)
{
	buf_u8(b, (uint8_t)(v >> 8));
	buf_u8(b, (uint8_t)v);
}

static inline void
put24(struct buf *b, size_t v)
{
	buf_u8(b, (uint8_t)(v >> 16));
	put16(b, v & 0xffff);
}

static inline void
put_fill(struct buf *b, uint8_t v, size_t len)
{
	while (len--)
		buf_u8(b, v);
}

static inline void
put_record(struct buf *b, uint8_t type, const void *body, size_t len)
{
	buf_u8(b, type);
	put16(b, 0x0303);
	put16(b, (unsigned)len);
	buf_append(b, body, len);
}

/* A record whose body nobody reads. */
static inline void
put_sealed(struct buf *b, uint8_t type, size_t len)
{
	buf_u8(b, type);
	put16(b, 0x0303);
	put16(b, (unsigned)len);
	put_fill(b, 0xa5, len);
}

static inline void
put_handshake(struct buf *b, uint8_t type, const struct buf *body)
{
	struct buf m = { 0 };

	buf_u8(&m, type);
	put24(&m, body->len);
	buf_append(&m, body->data, body->len);
	put_record(b, 22, m.data, m.len);
	buf_clear(&m);
}

static inline void
put_extension(struct buf *b, uint16_t type, const void *body, size_t len)
{
	put16(b, type);
	put16(b, (unsigned)len);
	buf_append(b, body, len);
}

static inline void
put_server_name(struct buf *b, const char *name)
{
	size_t len = strlen(name);

	put16(b, 0);
	put16(b, (unsigned)len + 5);
	put16(b, (unsigned)len + 3);
	buf_u8(b, 0);
	put16(b, (unsigned)len);
	buf_str(b, name);
}

static inline void
put_alpn(struct buf *b, const char *name)
{
	size_t len = strlen(name);

	put16(b, 16);
	put16(b, (unsigned)len + 3);
	put16(b, (unsigned)len + 1);
	buf_u8(b, (uint8_t)len);
	buf_str(b, name);
}

/* A list of 16-bit numbers behind a length of prefix_len bytes. */
static inline void
put_numbers(struct buf *b, uint16_t type, size_t prefix_len,
    const uint16_t *v, size_t n)
{
	put16(b, type);
	put16(b, (unsigned)(2 * n + prefix_len));
	if (prefix_len == 1)
		buf_u8(b, (uint8_t)(2 * n));
	else
		put16(b, (unsigned)(2 * n));
	for (size_t i = 0; i < n; i++)
		put16(b, v[i]);
}

/* The body of a ClientHello; extensions NULL for none at all. */
static inline void
put_client_hello(struct buf *b, uint16_t version, const uint16_t *ciphers,
    size_t n, const struct buf *extensions)
{
	put16(b, version);
	put_fill(b, 0xc1, 32);
	buf_u8(b, 4);
	put_fill(b, 0x1d, 4);
	put16(b, (unsigned)(2 * n));
	for (size_t i = 0; i < n; i++)
		put16(b, ciphers[i]);
	put16(b, 0x0100);
	if (!extensions)
		return;
	put16(b, (unsigned)extensions->len);
	buf_append(b, extensions->data, extensions->len);
}

/* The body of a ServerHello. */
static inline void
put_server_hello(struct buf *b, uint16_t cipher, uint8_t id,
    const struct buf *extensions)
{
	put16(b, 0x0303);
	put_fill(b, 0x5e, 32);
	buf_u8(b, 4);
	put_fill(b, id, 4);
	put16(b, cipher);
	buf_u8(b, 0);
	put16(b, (unsigned)extensions->len);
	buf_append(b, extensions->data, extensions->len);
}

#endif
