// SPDX-License-Identifier: Apache-2.0
/* How the index of anchors is made. */
#include "content/known/known_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK_ENTRIES	(64 * 1024 - 1)

/* Contents in the order added, until sealed. */
struct raw_entry {
	uint64_t key;
	uint64_t place;		/* offset, and 24 bits of content above it */
	uint16_t sides;
} __attribute__((packed));

struct raw_chunk {
	struct raw_chunk *next;
	size_t used, cap;
	struct raw_entry entry[];
};

struct known_index *
known_index_new(void)
{
	return calloc(1, sizeof(struct known_index));
}

struct known_index *
known_index_grow(const struct known_index *older)
{
	struct known_index *x = known_index_new();

	if (x) {
		x->older = older;
		x->keeps_raw = true;
	}
	return x;
}

static void
free_raw(struct known_index *x)
{
	while (x->raw) {
		struct raw_chunk *next = x->raw->next;

		free(x->raw);
		x->raw = next;
	}
}

void
known_index_free(struct known_index *x)
{
	if (!x)
		return;
	free_raw(x);
	free(x->entries);
	free(x->buckets);
	free(x->filter);
	free(x);
}

int
known_index_add(struct known_index *x, uint32_t content, uint64_t offset,
    uint64_t key, const struct anchor_sides *sides)
{
	struct raw_chunk *c = x->raw;
	size_t cap;

	if (!c || c->used == c->cap) {
		cap = !c ? 63 : CHUNK_ENTRIES;
		c = malloc(sizeof(*c) + cap * sizeof(c->entry[0]));
		if (!c)
			return -ENOMEM;
		c->next = x->raw;
		c->used = 0;
		c->cap = cap;
		x->raw = c;
	}
	c->entry[c->used++] = (struct raw_entry){
		.key = key,
		.place = (uint64_t)content << PLACE_BITS | offset,
		.sides = (uint16_t)(sides->before << 8 | sides->behind),
	};
	x->count++;
	return 0;
}

int
known_index_each(const struct known_index *x,
    int (*fn)(void *arg, const struct known_place *at, uint64_t key,
	const struct anchor_sides *sides), void *arg)
{
	int code = 0;

	for (const struct raw_chunk *c = x->raw; c && !code; c = c->next) {
		for (size_t i = 0; i < c->used && !code; i++) {
			const struct raw_entry *e = &c->entry[i];
			struct known_place at = {
				(uint32_t)(e->place >> PLACE_BITS),
				e->place & PLACE_MASK };
			struct anchor_sides sides = {
				.before = (uint8_t)(e->sides >> 8),
				.behind = (uint8_t)e->sides };

			code = fn(arg, &at, e->key, &sides);
		}
	}
	return code;
}

int
known_index_merge(struct known_index *x, const struct known_index *from)
{
	for (const struct raw_chunk *c = from->raw; c; c = c->next) {
		size_t len = sizeof(*c) + c->used * sizeof(c->entry[0]);
		struct raw_chunk *copy = malloc(len);

		if (!copy)
			return -ENOMEM;
		memcpy(copy, c, len);
		copy->cap = c->used;
		copy->next = x->raw;
		x->raw = copy;
		x->count += c->used;
	}
	return 0;
}

/* A zeroed table, on huge pages where the system has them. */
static void *
table(struct known_index *x, size_t len)
{
	size_t align = len >= 2u << 20 ? 2u << 20 : 64;
	void *p;

	len = (len + align - 1) / align * align;
	p = aligned_alloc(align, len);
	if (!p)
		return NULL;
	if (align > 64)
		(void)madvise(p, len, MADV_HUGEPAGE);
	memset(p, 0, len);
	x->bytes += len;
	return p;
}

static unsigned
log2_above(size_t n)
{
	unsigned l = 1;

	while (l < 62 && (1ull << l) < n)
		l++;
	return l;
}

static int
compare_entry(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void
sort_entries(uint64_t *e, size_t n)
{
	if (n > 24) {
		qsort(e, n, sizeof(*e), compare_entry);
		return;
	}
	for (size_t i = 1; i < n; i++) {
		uint64_t v = e[i];
		size_t j = i;

		for (; j && e[j - 1] > v; j--)
			e[j] = e[j - 1];
		e[j] = v;
	}
}

/* Puts each raw entry at the end of its bucket, buckets[] moving along. */
static void
scatter(struct known_index *x, const struct known_content *contents,
    const uint32_t *moved)
{
	for (struct raw_chunk *c = x->raw; c; c = c->next) {
		for (size_t i = 0; i < c->used; i++) {
			const struct raw_entry *e = &c->entry[i];
			uint32_t to = moved[e->place >> PLACE_BITS];
			uint64_t key = e->key;

			if (to == UINT32_MAX)
				continue;
			x->filter[key << 18 >> x->filter_shift] |=
			    index_filter_bits(key);
			x->entries[x->buckets[index_bucket(x, key) + 1]++] =
			    index_tag(key) |
			    (uint64_t)e->sides << PLACE_BITS |
			    (contents[to].base + (e->place & PLACE_MASK));
		}
	}
}

struct first_anchor {
	uint64_t offset, key;
};

/* The first anchor of each larger content, and how many others have it. */
static int
count_named(struct known_index *x, const struct known_content *contents,
    size_t content_count, const uint32_t *moved)
{
	struct first_anchor *first = malloc((content_count + 1) *
	    sizeof(*first));

	if (!first)
		return -ENOMEM;
	for (size_t i = 0; i < content_count; i++)
		first[i].offset = UINT64_MAX;
	for (struct raw_chunk *c = x->raw; c; c = c->next) {
		for (size_t i = 0; i < c->used; i++) {
			uint64_t place = c->entry[i].place;
			uint32_t to = moved[place >> PLACE_BITS];

			place &= PLACE_MASK;
			if (to == UINT32_MAX || place >= first[to].offset ||
			    contents[to].size <= KNOWN_DIGESTED)
				continue;
			first[to] = (struct first_anchor){ place,
				c->entry[i].key };
		}
	}
	for (size_t i = 0; i < content_count; i++)
		x->named += first[i].offset != UINT64_MAX &&
		    index_crowd(x, first[i].key) <= KNOWN_PLACES_FEW;
	free(first);
	return 0;
}

int
known_index_seal(struct known_index *x, const struct known_content *contents,
    size_t content_count, const uint32_t *moved)
{
	size_t n = 0, buckets, at = 0;
	unsigned bucket_log2, filter_log2;
	int code;

	if (content_count && contents[content_count - 1].base +
	    contents[content_count - 1].size > PLACE_MASK)
		return ERR_LIMIT;
	if (x->count >= UINT32_MAX)
		return ERR_LIMIT;
	bucket_log2 = log2_above(x->count / 4 + 1);
	filter_log2 = log2_above(x->count / 8 + 1);
	buckets = (size_t)1 << bucket_log2;
	x->bucket_shift = 64 - bucket_log2;
	x->filter_shift = 64 - filter_log2;
	x->buckets = table(x, (buckets + 2) * sizeof(*x->buckets));
	x->filter = table(x, ((size_t)1 << filter_log2) * sizeof(*x->filter));
	if (!x->buckets || !x->filter)
		return -ENOMEM;
	/* counts go two above their bucket: after the sums, buckets[b + 1] is
	 * where b begins, and once all are in, where it ends */
	for (struct raw_chunk *c = x->raw; c; c = c->next) {
		for (size_t i = 0; i < c->used; i++) {
			if (moved[c->entry[i].place >> PLACE_BITS] ==
			    UINT32_MAX)
				continue;
			x->buckets[index_bucket(x, c->entry[i].key) + 2]++;
			n++;
		}
	}
	for (size_t b = 0; b < buckets + 2; b++) {
		at += x->buckets[b];
		x->buckets[b] = (uint32_t)at;
	}
	x->entries = table(x, (n + 1) * sizeof(*x->entries));
	if (!x->entries)
		return -ENOMEM;
	scatter(x, contents, moved);
	x->count = n;
	for (size_t b = 0; b < buckets; b++)
		sort_entries(x->entries + x->buckets[b],
		    x->buckets[b + 1] - x->buckets[b]);
	code = count_named(x, contents, content_count, moved);
	if (!x->keeps_raw)
		free_raw(x);
	return code;
}

size_t
known_index_named(const struct known_index *x)
{
	return x->named;
}

size_t
known_index_bytes(const struct known_index *x)
{
	return x->bytes;
}

size_t
known_index_anchors(const struct known_index *x)
{
	return x->count;
}
