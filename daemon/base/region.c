// SPDX-License-Identifier: Apache-2.0
#include "base/region.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/separate.h"

/*
 * A region lies at a multiple of its length, so that a piece tells its region.
 * Its head has a page of its own; those with room for a piece are in a list.
 */
#define REGION_LEN	((size_t)2 << 20)
#define HEAD_LEN	4096u
#define REGION_PIECES	((REGION_LEN - HEAD_LEN) / REGION_PIECE_LEN)

struct region {
	struct region *next, *prev;
	void *given;		/* list through the pieces' first bytes */
	unsigned cut;		/* pieces that were ever taken */
	unsigned used;		/* that are now */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct region *roomy;	/* under the lock */

static struct region *
region_new(void)
{
	size_t len = 2 * REGION_LEN, before;
	uint8_t *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)p % REGION_LEN;
	if (before)
		munmap(p, before);
	munmap(p + before + REGION_LEN, len - before - REGION_LEN);
	/* where that is refused pages are small */
	(void)!madvise(p + before, REGION_LEN, MADV_HUGEPAGE);
	return (struct region *)(p + before);
}

static void
list(struct region *r)
{
	r->prev = NULL;
	r->next = roomy;
	if (roomy)
		roomy->prev = r;
	roomy = r;
}

static void
unlist(struct region *r)
{
	*(r->prev ? &r->prev->next : &roomy) = r->next;
	if (r->next)
		r->next->prev = r->prev;
}

static bool
is_full(const struct region *r)
{
	return !r->given && r->cut == REGION_PIECES;
}

/* Of a region that has room. */
static void *
take_from(struct region *r)
{
	void *piece = r->given;

	if (piece)
		r->given = *(void **)piece;
	else
		piece = (uint8_t *)r + HEAD_LEN + (size_t)REGION_PIECE_LEN * r->cut++;
	r->used++;
	if (is_full(r))
		unlist(r);
	return piece;
}

void *
region_take(void)
{
	void *piece = NULL;

	if (SEPARATE)
		return malloc(REGION_PIECE_LEN);
	pthread_mutex_lock(&lock);
	if (!roomy) {
		struct region *r = region_new();

		if (r)
			list(r);
	}
	if (roomy)
		piece = take_from(roomy);
	pthread_mutex_unlock(&lock);
	return piece;
}

void
region_give(void *piece)
{
	struct region *r;

	if (SEPARATE || !piece) {
		free(piece);
		return;
	}
	pthread_mutex_lock(&lock);
	r = (struct region *)((uintptr_t)piece & ~(uintptr_t)(REGION_LEN - 1));
	if (is_full(r))
		list(r);
	*(void **)piece = r->given;
	r->given = piece;
	r->used--;
	if (!r->used && (r->next || r->prev)) {
		unlist(r);
		munmap(r, REGION_LEN);
	}
	pthread_mutex_unlock(&lock);
}
