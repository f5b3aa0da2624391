/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CANARY_STREAM_H
#define CANARY_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/*
 * Bytes that a seed decides: the ChaCha20 key stream under the key
 * SHA-256("telltap canary 1", purpose, index, seed). Different purposes and
 * indexes give streams that have nothing in common; the same ones give the same
 * bytes on any machine. They can't be compressed.
 */
struct evp_cipher_ctx_st;

#define STREAM_BLOCK 1024

struct stream {
	struct evp_cipher_ctx_st *cipher;
	size_t used;			/* of block */
	uint8_t block[STREAM_BLOCK];
};

/* Free with stream_clear(), also after a failure. */
int stream_init(struct stream *s, struct span seed, const char *purpose,
    uint64_t index) must_check;
void stream_clear(struct stream *s);

void stream_bytes(struct stream *s, uint8_t *ret_data, size_t len);

/* Every value below limit equally likely; limit is not 0. */
uint64_t stream_below(struct stream *s, uint64_t limit);

#endif
