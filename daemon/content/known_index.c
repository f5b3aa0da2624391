// SPDX-License-Identifier: Apache-2.0
/*
 * The index of anchors: eight bytes for each, sorted into buckets by the upper
 * bits of the key. An entry holds eight further bits of the key, the short
 * hashes of what stands before and behind, and 40 bits of place, contents being
 * laid end to end in one numbering. Before it stands a filter of about one byte
 * per anchor: three bits in one 64-bit word, so a key that is not there costs
 * one memory access, which is prefetched.
 */
#include "content/known_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK_ENTRIES	(64 * 1024 - 1)
#define PLACE_BITS	40
#define PLACE_MASK	((1ull << PLACE_BITS) - 1)
#define TAG_SHIFT	56

/* Of the places of one key so many are looked at. */
#define PLACES_MAX	16384

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

struct known_index {
	struct raw_chunk *raw;
	size_t count;
	uint64_t *entries;	/* tag, before, behind (8 bits each), place */
	uint32_t *buckets;	/* first entry; one more at the end */
	unsigned bucket_shift;	/* 64 - log2 of the number of buckets */
	uint64_t *filter;
	unsigned filter_shift;
	size_t bytes;
	const struct known_index *older;	/* asked as well; its owner
						 * sees that it stays */
	bool keeps_raw;
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

static inline uint64_t
filter_bits(uint64_t key)
{
	return 1ull << (key & 63) | 1ull << (key >> 6 & 63) |
	    1ull << (key >> 12 & 63);
}

static inline uint32_t
bucket_of(const struct known_index *x, uint64_t key)
{
	return (uint32_t)(key >> x->bucket_shift);
}

/* Bits that choose neither the bucket (the upper 32 at most) nor the word of
 * the filter in small sets. */
static inline uint64_t
tag_of(uint64_t key)
{
	return (key >> 10 & 0xff) << TAG_SHIFT;
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
			    filter_bits(key);
			x->entries[x->buckets[bucket_of(x, key) + 1]++] =
			    tag_of(key) |
			    (uint64_t)e->sides << PLACE_BITS |
			    (contents[to].base + (e->place & PLACE_MASK));
		}
	}
}

int
known_index_seal(struct known_index *x, const struct known_content *contents,
    size_t content_count, const uint32_t *moved)
{
	size_t n = 0, buckets, at = 0;
	unsigned bucket_log2, filter_log2;

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
			x->buckets[bucket_of(x, c->entry[i].key) + 2]++;
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
	if (!x->keeps_raw)
		free_raw(x);
	return 0;
}

void
known_index_prefetch(const struct known_index *x, uint64_t key)
{
	__builtin_prefetch(&x->filter[key << 18 >> x->filter_shift]);
}

/* The content whose bytes hold that place. */
static uint32_t
content_at(const struct known *k, uint64_t place)
{
	size_t lo = 0, hi = k->content_count;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (k->contents[mid].base <= place)
			lo = mid;
		else
			hi = mid;
	}
	return (uint32_t)lo;
}

/* The first entry from lo on, below hi, that is not less than e. */
static uint32_t
lower_bound(const uint64_t *entries, uint32_t lo, uint32_t hi, uint64_t e)
{
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (entries[mid] < e)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* 2: both sides alike, 1: one of them, 0: no run of ANCHOR_RUN fits. */
static int
sides_alike(uint64_t entry, const struct anchor_sides *s)
{
	int before = s->has_before &&
	    (uint8_t)(entry >> (PLACE_BITS + 8)) == s->before;
	int behind = s->has_behind &&
	    (uint8_t)(entry >> PLACE_BITS) == s->behind;

	return before + behind;
}

/* In one index, leaving those asked beside it aside. */
static size_t
find_here(const struct known *k, const struct known_index *x, uint64_t key,
    const struct anchor_sides *sides, struct known_place *ret_places,
    size_t max, bool *ret_more)
{
	uint64_t tag = tag_of(key), e;
	uint32_t b = bucket_of(x, key), first, end, content;
	size_t n = 0;

	end = x->buckets[b + 1];
	first = lower_bound(x->entries, x->buckets[b], end, tag);
	for (int want = 2; want > 0; want--) {
		uint32_t stop = end - first > PLACES_MAX ?
		    first + PLACES_MAX : end;

		for (uint32_t i = first; i < end; i++) {
			e = x->entries[i];
			if (e >> TAG_SHIFT != tag >> TAG_SHIFT)
				break;
			if (i >= stop || (n == max &&
			    sides_alike(e, sides) == want)) {
				*ret_more = true;
				break;
			}
			if (sides_alike(e, sides) != want)
				continue;
			content = content_at(k, e & PLACE_MASK);
			ret_places[n++] = (struct known_place){ content,
				(e & PLACE_MASK) - k->contents[content].base };
		}
	}
	return n;
}

size_t
known_index_find(const struct known *k, const struct known_index *x,
    uint64_t key, const struct anchor_sides *sides,
    struct known_place *ret_places, size_t max, bool *ret_more)
{
	size_t n = 0;

	*ret_more = false;
	for (; x; x = x->older)
		n += find_here(k, x, key, sides, ret_places + n, max - n,
		    ret_more);
	return n;
}

static bool
maybe_here(const struct known_index *x, uint64_t key)
{
	uint64_t bits = filter_bits(key);

	return (x->filter[key << 18 >> x->filter_shift] & bits) == bits;
}

bool
known_index_maybe(const struct known_index *x, uint64_t key)
{
	while (x->older && !maybe_here(x, key))
		x = x->older;
	return maybe_here(x, key);
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
