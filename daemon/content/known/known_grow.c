// SPDX-License-Identifier: Apache-2.0
/*
 * Sets that begin with what another holds. A grown set has indexes of its own
 * for what is added to it, and asks those of the set that it goes on from. So
 * that the chain stays short, what was added lately and is not much is taken
 * over instead: of a chain of n files' worth of growth log n links are left.
 */
#include "content/known/known_set.h"

#include <stdlib.h>
#include <string.h>

/* A link with fewer files than that is always taken over. */
#define FEW_FILES	16

/* The set to go on from: below the links that are to be taken over. */
static const struct known *
link_below(const struct known *from)
{
	size_t taken = 0;

	while (from->older &&
	       from->file_count - from->first_file <= 2 * taken + FEW_FILES) {
		taken += from->file_count - from->first_file;
		from = from->older;
	}
	return from;
}

static int
copy_arrays(struct known *k, const struct known *from)
{
	k->file_cap = from->file_count + FEW_FILES;
	k->content_cap = from->content_count + FEW_FILES;
	k->files = calloc(k->file_cap, sizeof(*k->files));
	k->contents = calloc(k->content_cap, sizeof(*k->contents));
	if (!k->files || !k->contents)
		return -1;
	if (from->file_count)
		memcpy(k->files, from->files,
		    from->file_count * sizeof(*k->files));
	if (from->content_count)
		memcpy(k->contents, from->contents,
		    from->content_count * sizeof(*k->contents));
	return 0;
}

static void *
copy_bytes(const void *bytes, size_t len)
{
	void *copy = malloc(len + 1);

	return copy && len ? memcpy(copy, bytes, len) : copy;
}

/* Names, bytes and hashes of what is taken over become the set's own. */
static int
own_files(struct known *k, const struct known *from)
{
	for (size_t i = k->first_file; i < from->file_count; i++) {
		char *name = strdup(from->files[i].name);

		if (!name)
			return -1;
		k->files[i].name = name;
		k->file_count++;
	}
	for (size_t i = k->first_content; i < from->content_count; i++) {
		const struct known_content *c = &from->contents[i];
		size_t blocks = (c->size + KNOWN_BLOCK - 1) / KNOWN_BLOCK;
		uint8_t *bytes = copy_bytes(c->bytes, c->size);
		uint64_t *hashes = copy_bytes(c->block_hash,
		    blocks * sizeof(*hashes));

		k->contents[i].bytes = bytes;
		k->contents[i].block_hash = hashes;
		k->content_count++;
		if (!bytes || !hashes)
			return -1;
	}
	return 0;
}

static int
take_over(struct known *k, const struct known *from)
{
	for (; from != k->older; from = from->older) {
		if (known_index_merge(k->index, from->index) ||
		    known_mark_merge(k, from))
			return -1;
		for (int i = 0; i < KNOWN_LAGS; i++)
			if (known_index_merge(k->xored[i], from->xored[i]))
				return -1;
	}
	return 0;
}

static int
replace_index(struct known_index **x, const struct known_index *older)
{
	known_index_free(*x);
	*x = known_index_grow(older);
	return *x ? 0 : -1;
}

struct known *
known_grow(const struct known *older)
{
	struct known *k = older->sealed ? known_new() : NULL;
	const struct known *below;
	int r;

	if (!k)
		return NULL;
	below = link_below(older);
	k->older = known_share(below);
	k->first_file = k->file_count = below->file_count;
	k->first_content = k->content_count = below->content_count;
	r = copy_arrays(k, older);
	if (!r)
		r = replace_index(&k->index, below->index);
	for (int i = 0; !r && i < KNOWN_LAGS; i++)
		r = replace_index(&k->xored[i], below->xored[i]);
	if (!r)
		r = own_files(k, older);
	if (!r)
		r = take_over(k, older);
	if (!r)
		r = known_share_catalogues(k, older);
	for (int a = 0; a < KNOWN_HASH_COUNT; a++)
		k->tables[a].older = &below->tables[a];
	if (!r)
		return k;
	known_free(k);
	return NULL;
}
