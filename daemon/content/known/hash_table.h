/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_HASH_TABLE_H
#define CONTENT_HASH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "content/known/known.h"

/*
 * The known files by one hash algorithm, and a filter over the hashes of all of
 * them, and of parts of them where these are no more than HASH_MARKS_MAX: two
 * small bitmaps, over the first four bytes and the next four, so that every
 * offset of a binary message may be asked.
 */

#define HASH_MARKS_MAX	(1u << 16)

struct hash_slot {
	uint32_t file;		/* index + 1; 0: empty */
	uint32_t same;		/* files with this hash */
};

struct hash_table {
	struct hash_slot *slots;
	size_t mask;
	size_t count;		/* distinct hashes */
	const struct hash_table *older;	/* of the set that this one's goes on
					 * from; asked as well */
};

struct hash_filter {
	uint64_t *first, *second;
	unsigned shift;		/* 32 - log2 of the number of bits */
};

/* Of the files from first on. */
int hash_table_build(struct hash_table *t, const struct known *k,
    enum known_hash alg, size_t first) must_check;
void hash_table_clear(struct hash_table *t);
long hash_table_find(const struct hash_table *t, const struct known *k,
    enum known_hash alg, const uint8_t *hash, size_t *ret_same);

int hash_filter_build(struct hash_filter *f, const struct known *k) must_check;
void hash_filter_clear(struct hash_filter *f);

static inline bool
hash_filter_bit(const uint64_t *bits, unsigned shift, const uint8_t *p)
{
	uint32_t v = (uint32_t)p[0] | (uint32_t)p[1] << 8 |
	    (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

	v >>= shift;
	return bits[v >> 6] >> (v & 63) & 1;
}

/* False: no known hash begins with the eight bytes at p. */
static inline bool
hash_filter_maybe(const struct hash_filter *f, const uint8_t *p)
{
	return hash_filter_bit(f->first, f->shift, p) &&
	    hash_filter_bit(f->second, f->shift, p + 4);
}

#endif
