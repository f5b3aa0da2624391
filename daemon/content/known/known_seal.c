// SPDX-License-Identifier: Apache-2.0
#include "content/known/known_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* From files and contents as they were added to what is asked: sizes, tables,
 * indexes, and which content each file has. */

/* Distinct sizes, for asking "could this be a known file" before hashing. */
static int
seal_sizes(struct known *k)
{
	size_t n = 0;

	k->sizes = calloc(k->file_count + 1, sizeof(*k->sizes));
	if (!k->sizes)
		return -ENOMEM;
	for (size_t i = 0; i < k->file_count; i++) {
		const struct known_file *f = &k->files[i];

		if (f->size != UINT64_MAX)
			k->sizes[n++] = f->size;
	}
	qsort(k->sizes, n, sizeof(*k->sizes), known_compare_sizes);
	for (size_t i = 0; i < n; i++) {
		if (!i || k->sizes[i] != k->sizes[i - 1])
			k->sizes[k->size_count++] = k->sizes[i];
	}
	return 0;
}

/* Files that no content names, by an algorithm that does. */
static void
seal_hash_only(struct known *k)
{
	const uint8_t sha256 = 1u << KNOWN_SHA256;
	size_t large = 0;

	k->hash_only = k->older ? k->older->hash_only : 0;
	for (size_t i = k->first_file; i < k->file_count; i++) {
		uint8_t has = k->files[i].has_hash;

		if (!k->files[i].has_content)
			k->hash_only |= has & sha256 ? sha256 : has;
	}
	for (size_t i = 0; i < k->catalogue_count; i++)
		k->hash_only |= (uint8_t)(k->catalogues[i]->head.only | sha256);
	for (size_t i = k->first_content; i < k->content_count; i++) {
		large += k->contents[i].size > KNOWN_DIGESTED;
		if (k->contents[i].print)
			k->hash_only |= sha256;
	}
	if (known_index_named(k->index) < large)
		k->hash_only |= sha256;
}

static int
seal_tables(struct known *k)
{
	int r = hash_filter_build(&k->filter, k);

	for (int a = 0; !r && a < KNOWN_HASH_COUNT; a++)
		r = hash_table_build(&k->tables[a], k, (enum known_hash)a,
		    k->first_file);
	return r;
}

struct by_size {
	uint64_t size;
	uint32_t content, file;
};

static int
compare_by_size(const void *a, const void *b)
{
	const struct by_size *x = a, *y = b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

/* Contents in order of size, each once; bases are given out. */
static int
seal_contents(struct known *k)
{
	struct by_size *order = calloc(k->content_count + 1, sizeof(*order));
	struct known_content *sorted;
	uint32_t *moved = calloc(k->content_count + 1, sizeof(*moved));
	size_t n = 0, same;
	uint64_t base = 0;
	int r = -ENOMEM;

	sorted = calloc(k->content_count + 1, sizeof(*sorted));
	if (!order || !sorted || !moved)
		goto out;
	for (size_t i = 0; i < k->content_count; i++)
		order[i] = (struct by_size){ k->contents[i].size, (uint32_t)i,
			k->contents[i].file };
	qsort(order, k->content_count, sizeof(*order), compare_by_size);
	for (size_t i = 0; i < k->content_count; i++) {
		struct known_content *c = &k->contents[order[i].content];
		struct known_file *f = &k->files[c->file];

		if (known_find_hash(k, KNOWN_SHA256, f->hash[KNOWN_SHA256],
		    &same) != (long)c->file) {
			moved[order[i].content] = UINT32_MAX;
			known_drop_content(c);
			continue;
		}
		moved[order[i].content] = (uint32_t)n;
		c->base = base;
		base += c->size + 1;
		sorted[n++] = *c;
	}
	free(k->contents);
	k->contents = sorted;
	k->content_count = n;
	sorted = NULL;
	r = known_index_seal(k->index, k->contents, n, moved);
	for (int i = 0; !r && i < KNOWN_LAGS; i++)
		r = known_index_seal(k->xored[i], k->contents, n, moved);
out:
	free(order);
	free(sorted);
	free(moved);
	return r;
}

/* Grown: in the order added, for numbers given out before keep their meaning. */
static int
seal_grown(struct known *k)
{
	uint32_t *same = calloc(k->content_count + 1, sizeof(*same));
	uint64_t base = 0;
	int r = same ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < k->content_count; i++) {
		same[i] = (uint32_t)i;
		k->contents[i].base = base;
		base += k->contents[i].size + 1;
	}
	if (!r)
		r = known_index_seal(k->index, k->contents, k->content_count,
		    same);
	for (int i = 0; !r && i < KNOWN_LAGS; i++)
		r = known_index_seal(k->xored[i], k->contents,
		    k->content_count, same);
	free(same);
	return r;
}

/* Which content a file is the first to hold. */
static int
seal_owners(struct known *k)
{
	k->content_of = malloc((k->file_count + 1) * sizeof(*k->content_of));
	if (!k->content_of)
		return -ENOMEM;
	memset(k->content_of, 0xff, (k->file_count + 1) *
	    sizeof(*k->content_of));
	for (size_t i = 0; i < k->content_count; i++)
		k->content_of[k->contents[i].file] = (uint32_t)i;
	return 0;
}

int
known_seal(struct known *k)
{
	int r;

	if (k->sealed)
		return known_fail(k, -EINVAL, "the known files are sealed");
	r = seal_sizes(k);
	if (!r)
		r = seal_tables(k);
	if (!r)
		r = known_mark_seal(k);
	if (!r)
		r = known_tlsh_seal(k);
	k->sealed = true;
	if (!r)
		r = k->older ? seal_grown(k) : seal_contents(k);
	seal_hash_only(k);
	if (!r)
		r = seal_owners(k);
	if (r)
		return known_fail(k, r, "known files: %s", err_text(r));
	return 0;
}
