// SPDX-License-Identifier: Apache-2.0
#include "content/known/known_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MIN_BITS_LOG2	12
#define MAX_BITS_LOG2	23

static size_t
slot_of(const uint8_t *hash)
{
	uint64_t v;

	memcpy(&v, hash + 8, 8);
	return (size_t)(v ^ v >> 29);
}

static struct hash_slot *
lookup(const struct hash_table *t, const struct known *k, enum known_hash alg,
    const uint8_t *hash)
{
	size_t len = known_hash_len(alg);

	for (size_t i = slot_of(hash);; i++) {
		struct hash_slot *s = &t->slots[i & t->mask];

		if (!s->file || memcmp(known_get(k, s->file - 1)->hash[alg],
		    hash, len) == 0)
			return s;
	}
}

int
hash_table_build(struct hash_table *t, const struct known *k,
    enum known_hash alg, size_t first)
{
	size_t n = 0, cap = 2;

	for (size_t i = first; i < known_count(k); i++)
		n += known_get(k, i)->has_hash >> alg & 1;
	while (cap < n * 2)
		cap *= 2;
	*t = (struct hash_table){ .mask = cap - 1, .older = t->older };
	t->slots = calloc(cap, sizeof(*t->slots));
	if (!t->slots)
		return -ENOMEM;
	for (size_t i = first; i < known_count(k); i++) {
		const struct known_file *f = known_get(k, i);
		struct hash_slot *s;

		if (!(f->has_hash >> alg & 1))
			continue;
		s = lookup(t, k, alg, f->hash[alg]);
		t->count += !s->file;
		if (!s->file || (f->has_content &&
		    !known_get(k, s->file - 1)->has_content))
			s->file = (uint32_t)i + 1;
		s->same++;
	}
	return 0;
}

void
hash_table_clear(struct hash_table *t)
{
	free(t->slots);
	*t = (struct hash_table){ 0 };
}

static long
find_here(const struct hash_table *t, const struct known *k,
    enum known_hash alg, const uint8_t *hash, size_t *ret_same)
{
	struct hash_slot *s;

	if (!t->count)
		return -1;
	s = lookup(t, k, alg, hash);
	if (!s->file)
		return -1;
	*ret_same = s->same;
	return (long)s->file - 1;
}

/* The first in order, which the oldest table has, unless only a later one can
 * be compared byte by byte. */
long
hash_table_find(const struct hash_table *t, const struct known *k,
    enum known_hash alg, const uint8_t *hash, size_t *ret_same)
{
	size_t same, all = 0;
	long found = -1;

	for (; t; t = t->older) {
		long here = find_here(t, k, alg, hash, &same);

		if (here < 0)
			continue;
		all += same;
		if (found < 0 || known_get(k, (size_t)here)->has_content ||
		    !known_get(k, (size_t)found)->has_content)
			found = here;
	}
	if (found >= 0)
		*ret_same = all;
	return found;
}

static void
set_bit(uint64_t *bits, unsigned shift, const uint8_t *p)
{
	uint32_t v = (uint32_t)p[0] | (uint32_t)p[1] << 8 |
	    (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;

	v >>= shift;
	bits[v >> 6] |= 1ull << (v & 63);
}

static size_t
count_marks(const struct known *k)
{
	size_t n = 0;

	for (; k; k = k->older)
		n += k->marks.count;
	return n;
}

/* Hashes of parts of files, by their first eight bytes. */
static void
set_marks(struct hash_filter *f, const struct known *k)
{
	for (; k; k = k->older) {
		for (size_t i = 0; i < k->marks.count; i++) {
			uint8_t first[8];

			for (int b = 0; b < 8; b++)
				first[b] = (uint8_t)(k->marks.list[i].first >>
				    (56 - 8 * b));
			set_bit(f->first, f->shift, first);
			set_bit(f->second, f->shift, first + 4);
		}
	}
}

int
hash_filter_build(struct hash_filter *f, const struct known *k)
{
	unsigned log2 = MIN_BITS_LOG2;
	size_t n = known_count(k) * KNOWN_HASH_COUNT, marks = count_marks(k);

	/* of many files they would be so many that noise is asked about */
	marks = marks <= HASH_MARKS_MAX ? marks : 0;
	n += marks;
	while (log2 < MAX_BITS_LOG2 && (1ull << log2) < n * 32)
		log2++;
	*f = (struct hash_filter){ .shift = 32 - log2 };
	f->first = calloc((1ull << log2) / 64, sizeof(*f->first));
	f->second = calloc((1ull << log2) / 64, sizeof(*f->second));
	if (!f->first || !f->second)
		return -ENOMEM;
	for (size_t i = 0; i < known_count(k); i++) {
		const struct known_file *file = known_get(k, i);

		for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
			if (!(file->has_hash >> a & 1))
				continue;
			set_bit(f->first, f->shift, file->hash[a]);
			set_bit(f->second, f->shift, file->hash[a] + 4);
		}
	}
	if (marks)
		set_marks(f, k);
	return 0;
}

void
hash_filter_clear(struct hash_filter *f)
{
	free(f->first);
	free(f->second);
	*f = (struct hash_filter){ 0 };
}
