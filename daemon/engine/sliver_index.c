// SPDX-License-Identifier: Apache-2.0
#include "engine/sliver_index.h"

#include <stdlib.h>
#include <string.h>

#include "engine/sliver_chain.h"

static int
compare(const void *a, const void *b)
{
	const struct sliver_key *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->len != y->len)
		return x->len > y->len ? -1 : 1;
	return x->piece < y->piece ? -1 : x->piece > y->piece;
}

bool
sliver_index_make(struct sliver_index *x, const struct chain_piece *pieces,
    size_t count)
{
	x->first = calloc(count + 1, sizeof(*x->first));
	x->last = calloc(count + 1, sizeof(*x->last));
	if (!x->first || !x->last)
		return false;
	for (size_t i = 0; i < count; i++) {
		struct span s = pieces[i].bytes;
		struct sliver_key *f = &x->first[x->count];
		struct sliver_key *l = &x->last[x->count];

		if (s.len < SLIVER_KEY_LEN)
			continue;
		memcpy(&f->key, s.p, SLIVER_KEY_LEN);
		memcpy(&l->key, s.p + s.len - SLIVER_KEY_LEN, SLIVER_KEY_LEN);
		f->piece = l->piece = (uint32_t)i;
		f->len = l->len = (uint32_t)s.len;
		x->count++;
	}
	qsort(x->first, x->count, sizeof(*x->first), compare);
	qsort(x->last, x->count, sizeof(*x->last), compare);
	return true;
}

void
sliver_index_clear(struct sliver_index *x)
{
	free(x->first);
	free(x->last);
}

size_t
sliver_index_find(const struct sliver_key *list, size_t count, uint64_t key)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (list[mid].key < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}
