/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

/*
 * A bump allocator: objects that die together are laid one after the other and
 * freed in one step. Blocks are kept over a reset, so a steady state allocates
 * nothing. Memory is 16-byte aligned and not zeroed.
 */
struct arena_block;

struct arena {
	struct arena_block *head;	/* block in use */
	struct arena_block *spare;	/* blocks kept by arena_reset() */
	size_t used;			/* bytes handed out since the reset */
};

void arena_init(struct arena *a);

/* Frees all blocks. Every object of the arena dies. */
void arena_clear(struct arena *a);

/* Every object dies; up to keep_len bytes of blocks stay for reuse. */
void arena_reset(struct arena *a, size_t keep_len);

/* len bytes, valid until reset or clear; NULL if memory is out. */
void *arena_alloc(struct arena *a, size_t len);

/* A zeroed object. */
void *arena_zalloc(struct arena *a, size_t len);

/* A copy of len bytes with a NUL behind them. */
char *arena_strndup(struct arena *a, const void *s, size_t len);

#endif
