/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_H2_FRAMES_H
#define TESTS_H2_FRAMES_H

#include <stdlib.h>
#include <string.h>

#include <nghttp2/nghttp2.h>

#include "base/buf.h"

/* Writes HTTP/2 frames for tests of the layer that reads them. */
#define H2_PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

static inline void
h2_frame(struct buf *out, unsigned type, unsigned flags, uint32_t id,
    const void *payload, size_t len)
{
	uint8_t head[9] = {
		(uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len,
		(uint8_t)type, (uint8_t)flags, (uint8_t)(id >> 24),
		(uint8_t)(id >> 16), (uint8_t)(id >> 8), (uint8_t)id,
	};

	buf_append(out, head, sizeof(head));
	buf_append(out, payload, len);
}

/* A block of "name", "value", ..., NULL. */
static inline size_t
h2_block(nghttp2_hd_deflater *d, uint8_t *block, size_t cap,
    const char *const *fields)
{
	nghttp2_nv nv[16];
	size_t n = 0;
	ssize_t len;

	for (; fields[2 * n]; n++)
		nv[n] = (nghttp2_nv){
			(uint8_t *)fields[2 * n], (uint8_t *)fields[2 * n + 1],
			strlen(fields[2 * n]), strlen(fields[2 * n + 1]), 0,
		};
	len = nghttp2_hd_deflate_hd(d, block, cap, nv, n);
	if (len < 0)
		abort();
	return (size_t)len;
}

#endif
