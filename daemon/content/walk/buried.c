// SPDX-License-Identifier: Apache-2.0
#include "content/walk/buried.h"

#include <stdlib.h>

#include "content/walk/walkers.h"

#define REST_MIN	24	/* bytes; fewer hold nothing packed */

struct buried {
	struct scan_node *node, *item;
	size_t skip;		/* bytes before it that are still to come */
	uint32_t first;		/* the item's number */
};

/* Where it begins; 0: nowhere. */
static size_t
find(const uint8_t *p, size_t len)
{
	for (size_t i = 1; i <= BURIED_REACH && i + REST_MIN <= len; i++)
		if (walker_unpacks(p + i, len - i))
			return i;
	return 0;
}

struct buried *
buried_new(struct scan_node *n, const uint8_t *p, size_t len)
{
	size_t at = find(p, len);
	struct node_origin from = { .field = true };
	struct buried *b = at ? malloc(sizeof(*b)) : NULL;

	if (!b)
		return NULL;
	*b = (struct buried){ .node = n, .skip = at };
	b->item = node_open(n->s, n, &from);
	if (!b->item) {
		free(b);
		return NULL;
	}
	b->first = b->item->item;
	return b;
}

void
buried_data(struct buried *b, const uint8_t *p, size_t len)
{
	size_t n = b->skip < len ? b->skip : len;

	b->skip -= n;
	if (len > n)
		node_data(b->item, p + n, len - n);
}

void
buried_gap(struct buried *b, uint64_t len)
{
	node_gap(b->item, len);
}

void
buried_end(struct buried *b, bool complete)
{
	if (!b)
		return;
	b->item->parent_bytes = b->item->size;
	node_close(b->item, complete);
	(void)scan_forget(b->node->s, b->first);
	free(b);
}
