// SPDX-License-Identifier: Apache-2.0
/* How the index of anchors is asked. */
#include "content/known/known_index.h"

/* Of the places of one key so many are looked at. */
#define PLACES_MAX	16384

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

/* 2: both sides alike, 1: one of them, 0: no run of ANCHOR_RUN fits. Without sides
 * any place will do. */
static int
sides_alike(uint64_t entry, const struct anchor_sides *s)
{
	int before, behind;

	if (!s)
		return 1;
	before = s->has_before &&
	    (uint8_t)(entry >> (PLACE_BITS + 8)) == s->before;
	behind = s->has_behind && (uint8_t)(entry >> PLACE_BITS) == s->behind;

	return before + behind;
}

/* The first entry behind entry i, below end, that is as it but of a content
 * behind that one. */
static uint32_t
next_content(const struct known *k, const struct known_index *x, uint32_t i,
    uint32_t end, uint32_t content)
{
	const struct known_content *c = &k->contents[content];
	uint64_t e = x->entries[i];

	return lower_bound(x->entries, i + 1, end, (e & ~PLACE_MASK) +
	    c->base + c->size);
}

/* In one index, leaving those asked beside it aside. */
static size_t
find_here(const struct known *k, const struct known_index *x, uint64_t key,
    const struct anchor_sides *sides, struct known_place *ret_places,
    size_t max, bool *ret_more)
{
	uint64_t tag = index_tag(key), e;
	uint32_t b = index_bucket(x, key), first, end, content, last;
	size_t n = 0, of_last;

	end = x->buckets[b + 1];
	first = lower_bound(x->entries, x->buckets[b], end, tag);
	for (int want = 2; want > 0; want--) {
		uint32_t stop = end - first > PLACES_MAX ?
		    first + PLACES_MAX : end;

		last = UINT32_MAX;
		of_last = 0;
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
			of_last = content == last ? of_last + 1 : 1;
			last = content;
			if (of_last == KNOWN_PLACES_FEW) {
				*ret_more = true;
				i = next_content(k, x, i, end, content) - 1;
			}
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

static inline bool
maybe_here(const struct known_index *x, uint64_t key)
{
	uint64_t bits = index_filter_bits(key);

	return (*index_filter_word(x, key) & bits) == bits;
}

bool
known_index_maybe(const struct known_index *x, uint64_t key)
{
	while (x->older && !maybe_here(x, key))
		x = x->older;
	return maybe_here(x, key);
}

/* Entries of one index with the key's bits, as far as max. */
static size_t
entries_here(const struct known_index *x, uint64_t key, size_t max)
{
	uint64_t tag = index_tag(key);
	uint32_t b = index_bucket(x, key), end = x->buckets[b + 1], i;
	size_t n = 0;

	i = lower_bound(x->entries, x->buckets[b], end, tag);
	for (; i < end && n < max &&
	    x->entries[i] >> TAG_SHIFT == tag >> TAG_SHIFT; i++)
		n++;
	return n;
}

size_t
index_crowd(const struct known_index *x, uint64_t key)
{
	size_t n = 0;

	for (; x; x = x->older)
		n += entries_here(x, key, SIZE_MAX);
	return n;
}

static size_t
sift_here(const struct known_index *x, struct anchor *anchors, size_t n)
{
	size_t kept = 0, entered = 0;

	for (size_t i = 0; i < n; i++)
		__builtin_prefetch(index_filter_word(x, anchors[i].key));
	for (size_t i = 0; i < n; i++) {
		bool maybe = maybe_here(x, anchors[i].key);

		if (maybe)
			__builtin_prefetch(&x->buckets[index_bucket(x,
			    anchors[i].key)]);
		anchors[kept] = anchors[i];
		kept += maybe;
	}
	for (size_t i = 0; i < kept; i++)
		__builtin_prefetch(&x->entries[x->buckets[index_bucket(x,
		    anchors[i].key)]]);
	for (size_t i = 0; i < kept; i++) {
		anchors[entered] = anchors[i];
		entered += entries_here(x, anchors[i].key, 1);
	}
	return entered;
}

/* Few are asked beside an older index, and these one by one. */
size_t
known_index_sift(const struct known_index *x, struct anchor *anchors, size_t n)
{
	size_t kept = 0;

	if (!x->older)
		return sift_here(x, anchors, n);
	for (size_t i = 0; i < n; i++) {
		anchors[kept] = anchors[i];
		kept += known_index_maybe(x, anchors[i].key);
	}
	return kept;
}
