// SPDX-License-Identifier: Apache-2.0
#include "content/known/known_mark.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "content/known/known_set.h"

static uint64_t
first_bytes(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 0; i < MARK_FIRST; i++)
		v = v << 8 | p[i];
	return v;
}

static int
push(struct known_marks *m, uint64_t first, uint32_t file, unsigned kind)
{
	size_t cap = m->cap ? m->cap + m->cap / 2 : 64;
	struct known_mark *list;

	if (m->count == m->cap) {
		list = reallocarray(m->list, cap, sizeof(*list));
		if (!list)
			return -ENOMEM;
		m->list = list;
		m->cap = cap;
	}
	m->list[m->count++] = (struct known_mark){ first, file, kind };
	return 0;
}

int
known_mark_enter(struct known *k, uint64_t first, unsigned kind)
{
	return push(&k->marks, first, (uint32_t)(k->file_count - 1), kind);
}

static int
enter_part(void *arg, unsigned kind, const uint8_t *value)
{
	struct known *k = arg;

	return known_mark_enter(k, first_bytes(value), kind);
}

int
known_mark_parts(struct known *k, const struct derive_source *s,
    const struct derive_taken *taken)
{
	return derive_all(s, taken, enter_part, k);
}

int
known_mark_print(struct known *k, const struct known_print *p)
{
	int code = 0;

	for (size_t i = 0; i < p->derived_count && !code; i++)
		code = enter_part(k, p->derived[i].kind, p->derived[i].value);
	return code;
}

static int
compare(const void *a, const void *b)
{
	const struct known_mark *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->file < y->file ? -1 : x->file > y->file;
}

static const uint8_t *
crc_bytes(uint32_t crc, uint8_t out[static MARK_FIRST])
{
	memset(out, 0, MARK_FIRST);
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(crc >> (24 - 8 * i));
	return out;
}

int
known_mark_seal(struct known *k)
{
	uint8_t crc[MARK_FIRST];
	int code = 0;

	/* an older set's are asked beside them */
	for (size_t i = k->first_file; i < k->file_count && !code; i++) {
		if (k->files[i].has_crc32)
			code = push(&k->marks, first_bytes(crc_bytes(
			    k->files[i].crc32, crc)), (uint32_t)i,
			    KNOWN_CRC32);
		for (unsigned a = 0; a < KNOWN_HASH_COUNT && !code; a++)
			if (k->files[i].has_hash >> a & 1)
				code = push(&k->marks, first_bytes(
				    k->files[i].hash[a]), (uint32_t)i, a);
	}
	if (k->marks.count)
		qsort(k->marks.list, k->marks.count, sizeof(*k->marks.list),
		    compare);
	return code;
}

int
known_mark_merge(struct known *k, const struct known *from)
{
	int code = 0;

	for (size_t i = 0; i < from->marks.count && !code; i++) {
		const struct known_mark *m = &from->marks.list[i];

		/* the others are made anew */
		if (m->kind < KNOWN_HASH_COUNT || m->kind == KNOWN_CRC32)
			continue;
		code = push(&k->marks, m->first, m->file, m->kind);
	}
	return code;
}

void
known_mark_clear(struct known_marks *m)
{
	free(m->list);
	*m = (struct known_marks){ 0 };
}

struct place {
	const struct known *k;
	uint32_t content;
};

static bool
read_content(void *arg, uint64_t offset, uint8_t *buf, size_t len)
{
	const struct place *p = arg;
	const uint8_t *from;
	size_t have;

	for (; len; len -= have, buf += have, offset += have) {
		from = known_read(p->k, p->content, offset, &have);
		if (!from || !have)
			return false;
		have = have < len ? have : len;
		memcpy(buf, from, have);
	}
	return true;
}

bool
known_content_of(const struct known *k, uint32_t file, uint32_t *ret_content)
{
	size_t same;
	long first = known_find_hash(k, KNOWN_SHA256,
	    k->files[file].hash[KNOWN_SHA256], &same);

	if (first < 0 || (size_t)first >= k->file_count ||
	    k->content_of[first] == UINT32_MAX)
		return false;
	*ret_content = k->content_of[first];
	return true;
}

/* A hash of a part of a file of which not all is there. */
static bool
is_derived(const struct known_print *p, unsigned kind, const uint8_t *hash,
    size_t len)
{
	for (size_t i = 0; i < p->derived_count; i++)
		if (p->derived[i].kind == kind)
			return !memcmp(p->derived[i].value, hash, len);
	return false;
}

int
known_mark_derive(const struct known *k, uint32_t file,
    int (*enter)(void *arg, unsigned kind, const uint8_t *value), void *arg)
{
	struct place at = { k, 0 };
	struct derive_source s = { read_content, &at, k->files[file].size };

	if (!known_content_of(k, file, &at.content))
		return 0;
	return derive_all(&s, NULL, enter, arg);
}

static bool
is_it(const struct known *k, const struct known_mark *m, const uint8_t *hash,
    size_t len)
{
	uint8_t value[KNOWN_HASH_MAX_LEN];
	struct place at = { k, 0 };
	struct derive_source s = { read_content, &at, k->files[m->file].size };

	if (m->kind < KNOWN_HASH_COUNT)
		return len < known_hash_len((enum known_hash)m->kind) &&
		    !memcmp(k->files[m->file].hash[m->kind], hash, len);
	/* cut short they say too little: there are too many kinds */
	if (len != derive_len(m->kind) || !known_content_of(k, m->file, &at.content))
		return false;
	if (k->contents[at.content].print)
		return is_derived(k->contents[at.content].print, m->kind, hash,
		    len);
	return derive_one(&s, m->kind, value) && !memcmp(value, hash, len);
}

/* The first with these first bytes, or where it would be. */
static size_t
search(const struct known_marks *m, uint64_t first)
{
	size_t low = 0, high = m->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (m->list[middle].first < first)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

long
known_mark_find_crc(const struct known *k, uint32_t crc)
{
	uint8_t bytes[MARK_FIRST];
	uint64_t first = first_bytes(crc_bytes(crc, bytes));

	for (; k && k->sealed; k = k->older)
		for (size_t i = search(&k->marks, first); i < k->marks.count &&
		    k->marks.list[i].first == first; i++)
			if (k->marks.list[i].kind == KNOWN_CRC32)
				return (long)k->marks.list[i].file;
	return -1;
}

/* Hashes cut short that catalogues list; *file is what was found before. */
static void
ask_catalogues(const struct known *k, const uint8_t *hash, size_t len,
    long *file, unsigned *kind, bool *ret_shared)
{
	for (unsigned a = 0; a < KNOWN_HASH_COUNT && !*ret_shared; a++) {
		size_t same, whole = known_hash_len((enum known_hash)a);
		long row;

		if (len >= whole)
			continue;
		row = known_find_row(k, (enum known_hash)a, hash, len, &same,
		    ret_shared);
		if (row < 0)
			continue;
		if (*file >= 0 && (*kind != a || memcmp(known_get(k,
		    (size_t)*file)->hash[a], known_get(k, (size_t)row)->hash[a],
		    whole)))
			*ret_shared = true;
		if (*file >= 0)
			continue;
		*file = row;
		*kind = a;
	}
}

long
known_mark_find(const struct known *k, const uint8_t *hash, size_t len,
    unsigned *ret_kind, bool *ret_shared)
{
	const struct known *set = k;
	long file = -1;
	uint64_t first;

	if (!k->sealed || len < MARK_FIRST)
		return -1;
	first = first_bytes(hash);
	*ret_shared = false;
	for (; set && !*ret_shared; set = set->older) {
		size_t i = search(&set->marks, first);

		for (; i < set->marks.count && !*ret_shared; i++) {
			const struct known_mark *m = &set->marks.list[i];

			if (m->first != first)
				break;
			if ((file >= 0 && !memcmp(k->files[m->file].hash,
			    k->files[file].hash, sizeof(k->files->hash))) ||
			    !is_it(k, m, hash, len))
				continue;
			*ret_shared = file >= 0;
			if (*ret_shared)
				break;
			file = (long)m->file;
			*ret_kind = m->kind;
		}
	}
	if (k->catalogue_count && !*ret_shared)
		ask_catalogues(k, hash, len, &file, ret_kind, ret_shared);
	return file;
}
