/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_UNPACK_H
#define SOURCE_UNPACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Unpacks a stream of gzip members or zstd frames, one after the other, that
 * a callback delivers.
 */

enum unpack_kind {
	UNPACK_NONE,
	UNPACK_GZIP,
	UNPACK_ZSTD,
	UNPACK_FOREIGN,		/* xz, bzip2, lz4, compress, zip, 7z */
};

#define UNPACK_MAGIC_LEN 6

/* What the first len bytes of a stream say. */
enum unpack_kind unpack_sniff(const uint8_t *head, size_t len);

/* As read(2), but 0 or a negative code, and the length in *ret_len. */
typedef int (*unpack_read_fn)(void *arg, uint8_t *dst, size_t len,
    size_t *ret_len);

struct unpack;

/* kind is UNPACK_GZIP or UNPACK_ZSTD. NULL if memory is out. */
struct unpack *unpack_new(enum unpack_kind kind, unpack_read_fn read,
    void *arg);
void unpack_free(struct unpack *u);

/* Up to len unpacked bytes; *ret_len 0 is the end. On a failure *ret_error
 * is a literal, or NULL when the callback failed. */
must_check int unpack_read(struct unpack *u, uint8_t *dst, size_t len,
    size_t *ret_len, const char **ret_error);

#endif
