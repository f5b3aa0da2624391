/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_KNOWN_INDEX_H
#define CONTENT_KNOWN_INDEX_H

#include "content/known/known_set.h"

/*
 * The index of anchors: eight bytes for each, sorted into buckets by the upper
 * bits of the key. An entry holds eight further bits of the key, the short
 * hashes of what stands before and behind, and 40 bits of place, contents being
 * laid end to end in one numbering. Before it stands a filter of about one byte
 * per anchor: three bits in one 64-bit word, so a key that is not there costs
 * one memory access, which is prefetched.
 */
#define PLACE_BITS	40
#define PLACE_MASK	((1ull << PLACE_BITS) - 1)
#define TAG_SHIFT	56

struct raw_chunk;

struct known_index {
	struct raw_chunk *raw;
	size_t count;
	size_t named;		/* known_index_named() */
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

static inline uint64_t
index_filter_bits(uint64_t key)
{
	return 1ull << (key & 63) | 1ull << (key >> 6 & 63) |
	    1ull << (key >> 12 & 63);
}

static inline uint32_t
index_bucket(const struct known_index *x, uint64_t key)
{
	return (uint32_t)(key >> x->bucket_shift);
}

/* Bits that choose neither the bucket (the upper 32 at most) nor the word of
 * the filter in small sets. */
static inline uint64_t
index_tag(uint64_t key)
{
	return (key >> 10 & 0xff) << TAG_SHIFT;
}

static inline const uint64_t *
index_filter_word(const struct known_index *x, uint64_t key)
{
	return &x->filter[key << 18 >> x->filter_shift];
}

/* How many entries have the key's bits. */
size_t index_crowd(const struct known_index *x, uint64_t key);

#endif
