/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SLIVER_INDEX_H
#define ENGINE_SLIVER_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Pieces by the bytes that they begin with and end with, for sliver_chain.c: the
 * longest first of those that have them in common.
 */
#define SLIVER_KEY_LEN	8

struct chain_piece;

struct sliver_key {
	uint64_t key;
	uint32_t piece;
	uint32_t len;		/* of the piece */
};

struct sliver_index {
	struct sliver_key *first, *last;
	size_t count;
};

/* Of all pieces that are long enough. False: memory is out; sliver_index_clear()
 * in any case. */
bool sliver_index_make(struct sliver_index *x, const struct chain_piece *pieces,
    size_t count);
void sliver_index_clear(struct sliver_index *x);

/* The first of a list that is not below the key. */
size_t sliver_index_find(const struct sliver_key *list, size_t count,
    uint64_t key);

#endif
