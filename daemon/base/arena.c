// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Blocks double from the first length to the last: a small arena is small. */
#define ARENA_FIRST_LEN	1008u
#define ARENA_LAST_LEN	(64u * 1024)
#define ARENA_ALIGN	16

struct arena_block {
	struct arena_block *next;
	size_t cap;
	size_t used;
	size_t pad;		/* keeps data 16-byte aligned */
	uint8_t data[];
};

void
arena_init(struct arena *a)
{
	*a = (struct arena){ 0 };
}

static void
free_blocks(struct arena_block *b)
{
	while (b) {
		struct arena_block *next = b->next;

		free(b);
		b = next;
	}
}

void
arena_clear(struct arena *a)
{
	free_blocks(a->head);
	free_blocks(a->spare);
	arena_init(a);
}

void
arena_reset(struct arena *a, size_t keep_len)
{
	struct arena_block *b = a->head, *next;
	struct arena_block *kept = NULL;
	size_t len = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (; b; b = next) {
			next = b->next;
			if (b->cap > keep_len - len || len > keep_len) {
				free(b);
				continue;
			}
			len += b->cap;
			b->used = 0;
			b->next = kept;
			kept = b;
		}
		b = a->spare;
	}
	a->head = NULL;
	a->spare = kept;
	a->used = 0;
}

static struct arena_block *
take_block(struct arena *a, size_t len)
{
	size_t cap = a->head ? a->head->cap * 2 : ARENA_FIRST_LEN;
	struct arena_block *b = a->spare;

	if (cap > ARENA_LAST_LEN)
		cap = ARENA_LAST_LEN;
	if (cap < len)
		cap = len;

	if (b && b->cap >= len) {
		a->spare = b->next;
	} else {
		b = malloc(sizeof(*b) + cap);
		if (!b)
			return NULL;
		b->cap = cap;
	}
	b->used = 0;
	b->next = a->head;
	a->head = b;
	return b;
}

void *
arena_alloc(struct arena *a, size_t len)
{
	struct arena_block *b = a->head;
	void *p;

	if (len > SIZE_MAX / 2)
		return NULL;
	len = (len + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (!b || b->cap - b->used < len) {
		b = take_block(a, len);
		if (!b)
			return NULL;
	}
	p = b->data + b->used;
	b->used += len;
	a->used += len;
	return p;
}

void *
arena_zalloc(struct arena *a, size_t len)
{
	void *p = arena_alloc(a, len);

	if (p)
		memset(p, 0, len);
	return p;
}

char *
arena_strndup(struct arena *a, const void *s, size_t len)
{
	char *p;

	if (len == SIZE_MAX)
		return NULL;
	p = arena_alloc(a, len + 1);
	if (!p)
		return NULL;
	if (len)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}
