/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_EXPAND_H
#define CONTENT_EXPAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The compressions that a zip entry, or a file of its own, may be under, behind
 * one interface: bytes in, bytes out, a piece at a time.
 */

enum expand_method {		/* zip's numbers */
	EXPAND_DEFLATE = 8,
	EXPAND_DEFLATE64 = 9,
	EXPAND_BZIP2 = 12,
	EXPAND_LZMA = 14,	/* zip's own header before it */
	EXPAND_ZSTD = 93,
	EXPAND_XZ = 95,
	EXPAND_LZMA_ALONE = 1000,	/* a .lzma file */
};

enum expand_result {
	EXPAND_MORE,		/* wants more bytes, or room */
	EXPAND_END,
	EXPAND_BAD,
	EXPAND_HUGE,		/* wants more memory than it gets */
};

struct expand;

/* True if there is such a method. */
bool expand_knows(unsigned method);

/* plain_len: what it unpacks to, UINT64_MAX if nobody says. NULL if memory is
 * out or there is no such method. */
struct expand *expand_new(unsigned method, uint64_t plain_len);
void expand_free(struct expand *u);

/*
 * expand_some - reads from p, at most len bytes, *ret_used of them, and writes
 * at most room bytes to out, *ret_out of them. Call again without new bytes
 * while it fills the room.
 */
enum expand_result expand_some(struct expand *u, const uint8_t *p, size_t len,
    size_t *ret_used, uint8_t *out, size_t room, size_t *ret_out);

#endif
