// SPDX-License-Identifier: Apache-2.0
#include "base/slab.h"

#include <stdlib.h>
#include <string.h>

#include "base/region.h"
#include "base/separate.h"

#define BLOCK_LEN	(REGION_PIECE_LEN - sizeof(struct slab_block))

struct slab_block {
	struct slab_block *next;
	size_t pad;			/* keeps data 16-byte aligned */
	uint8_t data[];
};

void
slab_clear(struct slab *s)
{
	while (s->blocks) {
		struct slab_block *b = s->blocks;

		s->blocks = b->next;
		region_give(b);
	}
	*s = (struct slab){ 0 };
}

/* A piece that was never used. */
static void *
cut(struct slab *s, size_t size)
{
	struct slab_block *b;
	void *p;

	if (s->left < size) {
		b = region_take();
		if (!b)
			return NULL;
		b->next = s->blocks;
		s->blocks = b;
		s->at = b->data;
		s->left = BLOCK_LEN;
	}
	p = s->at;
	s->at += size;
	s->left -= size;
	return p;
}

void *
slab_zalloc(struct slab *s, size_t size)
{
	size_t units = (size + SLAB_UNIT - 1) / SLAB_UNIT;
	void **list, *p;

	if (SEPARATE || !s || units - 1 >= SLAB_MAX / SLAB_UNIT)
		return calloc(1, size ? size : 1);
	list = &s->free[units - 1];
	p = *list;
	if (p)
		memcpy(list, p, sizeof(p));
	else
		p = cut(s, units * SLAB_UNIT);
	return p ? memset(p, 0, size) : NULL;
}

void
slab_free(struct slab *s, void *p, size_t size)
{
	size_t units = (size + SLAB_UNIT - 1) / SLAB_UNIT;
	void **list;

	if (!p)
		return;
	if (SEPARATE || !s || units - 1 >= SLAB_MAX / SLAB_UNIT) {
		free(p);
		return;
	}
	list = &s->free[units - 1];
	memcpy(p, list, sizeof(p));
	*list = p;
}
