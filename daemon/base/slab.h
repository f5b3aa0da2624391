/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stddef.h>
#include <stdint.h>

/*
 * Memory for the many small structs that a shard makes and frees by the flow:
 * pieces of a few sizes cut from large blocks, kept by size for the next one of
 * that size, without a header and without a lock. One thread at a time. What
 * was freed is used again for the same size, and goes back to the system with
 * the whole: so memory is bounded by the most that was in use at a time.
 *
 * Under an address sanitizer each piece is an allocation of its own, so that
 * a use after free is seen.
 */
#define SLAB_UNIT	16u
#define SLAB_MAX	1024u		/* larger ones are malloc()'s */

struct slab_block;

struct slab {
	void *free[SLAB_MAX / SLAB_UNIT];	/* by size */
	uint8_t *at;				/* of the block being cut */
	size_t left;
	struct slab_block *blocks;
};

/* A zeroed slab is new. Where a slab is asked for NULL will do: then each piece
 * is an allocation of its own. */
void slab_clear(struct slab *s);

/* size bytes, zeroed, aligned to 16; NULL if memory is out. */
void *slab_zalloc(struct slab *s, size_t size);

/* size: as it was asked for. Accepts NULL. */
void slab_free(struct slab *s, void *p, size_t size);

#endif
