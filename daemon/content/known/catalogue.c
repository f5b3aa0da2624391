// SPDX-License-Identifier: Apache-2.0
#include "content/known/catalogue.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/cursor.h"

/* Rows with one key are looked at so far: a file that many products hold is
 * listed as often, and a hostile file may hold nothing else. */
#define SAME_MAX	1000
#define DIGEST_CHUNK	(1u << 24)

/* len bytes of the file from offset on. */
static struct cursor
bytes_at(const struct catalogue *c, uint64_t offset, size_t len)
{
	struct cursor all = cur_init(c->map, c->len);

	cur_skip(&all, (size_t)offset);
	return cur_sub(&all, len);
}

static int
take(struct catalogue *c)
{
	int err = catalogue_head_read(c->map, c->len, c->len, &c->head);
	struct cursor end;

	if (err)
		return err;
	/* so that every name has an end */
	end = bytes_at(c, c->head.names_at + c->head.names_len - 1, 1);
	if (cur_u8(&end) || cur_failed(&end))
		return ERR_MALFORMED;
	end = bytes_at(c, c->head.filter_at, (size_t)8 << c->head.filter_log2);
	c->filter = cur_peek(&end);
	return 0;
}

int
catalogue_over(const uint8_t *data, size_t len, struct catalogue **ret_c)
{
	struct catalogue *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->map = data;
	c->len = len;
	atomic_init(&c->holders, 1);
	err = take(c);
	if (err)
		catalogue_free(c);
	else
		*ret_c = c;
	return err;
}

/*
 * The filter is asked at every offset, all else here and there. It is copied
 * onto large pages, where the system has them: on small ones each question
 * costs a walk through their tables, too. Without memory it stays where it is.
 */
static void
warm(struct catalogue *c)
{
	size_t len = (size_t)8 << c->head.filter_log2, page = 2u << 20;
	void *copy;

	(void)madvise((void *)c->map, c->len, MADV_RANDOM);
	copy = aligned_alloc(page, (len + page - 1) / page * page);
	if (!copy)
		return;
	(void)madvise(copy, len, MADV_HUGEPAGE);
	c->filter = c->copy = memcpy(copy, c->filter, len);
}

int
catalogue_open(const char *path, struct catalogue **ret_c)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	struct catalogue *c = NULL;
	struct stat st;
	void *map;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode) || !st.st_size)
		err = ERR_MALFORMED;
	map = err ? MAP_FAILED :
	    mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (!err && map == MAP_FAILED)
		err = -errno;
	close(fd);
	if (err)
		return err;
	err = catalogue_over(map, (size_t)st.st_size, &c);
	if (err) {
		munmap(map, (size_t)st.st_size);
		return err;
	}
	c->mapped = true;
	warm(c);
	*ret_c = c;
	return 0;
}

struct catalogue *
catalogue_share(struct catalogue *c)
{
	atomic_fetch_add(&c->holders, 1);
	return c;
}

void
catalogue_free(struct catalogue *c)
{
	if (!c || atomic_fetch_sub(&c->holders, 1) != 1)
		return;
	if (c->mapped)
		munmap((void *)c->map, c->len);
	free(c->copy);
	free(c);
}

struct entry {
	uint64_t key;
	uint32_t row;
};

static struct entry
entry_at(const struct catalogue *c, const struct catalogue_section *s,
    uint64_t i)
{
	struct cursor at = bytes_at(c, s->entries_at + i * CATALOGUE_ENTRY_LEN,
	    CATALOGUE_ENTRY_LEN);
	uint64_t key = cur_le64(&at);

	return (struct entry){ key, cur_le32(&at) };
}

/* The first entry whose key is not below; *ret_end: none from there on is it. */
static uint64_t
first_entry(const struct catalogue *c, const struct catalogue_section *s,
    uint64_t key, uint64_t *ret_end)
{
	uint64_t bucket = s->bits ? key >> (64 - s->bits) : 0, low, high, mid;
	struct cursor at = bytes_at(c, s->table_at + 4 * bucket, 8);

	low = cur_le32(&at);
	high = cur_le32(&at);
	high = high < s->count ? high : s->count;
	*ret_end = high;
	while (low < high) {
		mid = low + (high - low) / 2;
		if (entry_at(c, s, mid).key < key)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Where a row holds the hash of an algorithm that the catalogue has. */
static uint64_t
hash_place(const struct catalogue *c, uint32_t row, enum known_hash alg)
{
	return c->head.rows_at + (uint64_t)row * c->head.row_len +
	    catalogue_row_len(c->head.algorithms & ((1u << alg) - 1));
}

/* NULL: no such row. */
static const uint8_t *
hash_at(const struct catalogue *c, uint32_t row, enum known_hash alg)
{
	struct cursor at;

	if (row >= c->head.row_count)
		return NULL;
	at = bytes_at(c, hash_place(c, row, alg), known_hash_len(alg));
	return cur_failed(&at) ? NULL : cur_peek(&at);
}

int64_t
catalogue_find(const struct catalogue *c, enum known_hash alg,
    const uint8_t *hash, size_t len, size_t *ret_same, bool *ret_shared)
{
	const struct catalogue_section *s = &c->head.by[alg];
	const uint8_t *first = NULL, *here;
	uint64_t key, end, i, stop;
	int64_t found = -1;
	struct entry e;

	if (!s->count || len < CATALOGUE_KEY || len > known_hash_len(alg) ||
	    (len >= FILTER_BYTES && !catalogue_maybe(c, hash)))
		return -1;
	key = catalogue_key(hash);
	i = first_entry(c, s, key, &end);
	stop = end - i > SAME_MAX && end > i ? i + SAME_MAX : end;
	*ret_same = 0;
	*ret_shared = false;
	for (; i < stop; i++) {
		e = entry_at(c, s, i);
		if (e.key != key)
			break;
		here = hash_at(c, e.row, alg);
		if (!here || memcmp(here, hash, len))
			continue;
		if (found < 0) {
			found = e.row;
			first = here;
		}
		if (memcmp(here, first, known_hash_len(alg)))
			*ret_shared = true;
		else
			(*ret_same)++;
	}
	return found;
}

static const char *
name_at(const struct catalogue *c, uint64_t at)
{
	struct cursor name;

	if (at >= c->head.names_len)
		return "";
	name = bytes_at(c, c->head.names_at + at,
	    (size_t)(c->head.names_len - at));
	return cur_failed(&name) ? "" : (const char *)cur_peek(&name);
}

void
catalogue_get(const struct catalogue *c, uint32_t row,
    struct known_file *ret_file)
{
	struct known_file f = { .size = UINT64_MAX, .name = "" };
	struct cursor at = bytes_at(c, c->head.rows_at +
	    (uint64_t)row * c->head.row_len, c->head.row_len);
	uint64_t word;

	if (row < c->head.row_count && !cur_failed(&at)) {
		f.size = cur_le64(&at);
		word = cur_le64(&at);
		f.name = name_at(c, word & CATALOGUE_NAME_MASK);
		f.has_hash = (uint8_t)(word >> 56 & c->head.algorithms);
		for (int a = 0; a < KNOWN_HASH_COUNT; a++)
			if (c->head.algorithms >> a & 1)
				cur_copy(&at, f.hash[a],
				    known_hash_len((enum known_hash)a));
	}
	*ret_file = f;
}

static bool
digest_part(const struct catalogue *c, EVP_MD_CTX *ctx, uint64_t at,
    uint64_t len)
{
	while (len) {
		size_t n = len < DIGEST_CHUNK ? (size_t)len : DIGEST_CHUNK;
		struct cursor part = bytes_at(c, at, n);

		if (cur_failed(&part) ||
		    !EVP_DigestUpdate(ctx, cur_peek(&part), n))
			return false;
		at += n;
		len -= n;
	}
	return true;
}

int
catalogue_digest(const struct catalogue *c, uint8_t ret_sha256[static 32])
{
	const struct catalogue_head *h = &c->head;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool fine = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) &&
	    digest_part(c, ctx, h->rows_at, h->row_count * h->row_len) &&
	    digest_part(c, ctx, h->names_at, h->names_len) &&
	    EVP_DigestFinal_ex(ctx, ret_sha256, NULL);

	EVP_MD_CTX_free(ctx);
	return fine ? 0 : -ENOMEM;
}
