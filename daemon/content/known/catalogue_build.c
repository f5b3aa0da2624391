// SPDX-License-Identifier: Apache-2.0
/*
 * Rows wait in a scratch file, for how long they are is known only once all
 * algorithms are; names wait in another, and keys are sorted by then. The file
 * is written front to back, with two exceptions: each algorithm's table is
 * written as its entries are, and each hash of a row sets its bits in the
 * filter, wherever they are: it is mapped, and the system writes it.
 */
#include "content/known/catalogue_build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "content/known/catalogue.h"
#include "content/known/catalogue_out.h"
#include "content/known/catalogue_sort.h"

#define WAIT_HEAD	(1 + 8 + 8)	/* of a row that waits */
#define COPY_LEN	(1u << 20)
#define KEYS_PER_WORD	4		/* of the filter, at most */
#define ENTRIES_PER_PLACE	4	/* of a table */

struct catalogue_builder {
	char *path, *part;	/* its name, and the one it has until then */
	FILE *rows, *names;	/* that wait */
	struct sorter *by[KNOWN_HASH_COUNT];
	struct catalogue_head head;
	uint64_t last_at;	/* of the name before, if it comes again */
	size_t last_len;
	char last[256];
	EVP_MD_CTX *digest;
	uint64_t *filter;	/* while rows are written */
};

static FILE *
scratch(const char *path)
{
	int fd = sort_scratch(path);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w+");

	if (fd < 0)
		errno = -fd;
	else if (!f)
		close(fd);
	return f;
}

int
catalogue_build_new(const char *path, struct catalogue_builder **ret_b)
{
	struct catalogue_builder *b = calloc(1, sizeof(*b));
	int err = -ENOMEM;

	if (!b)
		return err;
	b->path = strdup(path);
	if (!b->path || asprintf(&b->part, "%s.part", path) < 0)
		goto out;
	b->digest = EVP_MD_CTX_new();
	if (!b->digest || !EVP_DigestInit_ex(b->digest, EVP_sha256(), NULL))
		goto out;
	b->rows = scratch(path);
	b->names = b->rows ? scratch(path) : NULL;
	err = b->names ? 0 : -errno;
out:
	if (err)
		catalogue_build_free(b);
	else
		*ret_b = b;
	return err;
}

void
catalogue_build_free(struct catalogue_builder *b)
{
	if (!b)
		return;
	if (b->rows)
		fclose(b->rows);
	if (b->names)
		fclose(b->names);
	for (int a = 0; a < KNOWN_HASH_COUNT; a++)
		sorter_free(b->by[a]);
	EVP_MD_CTX_free(b->digest);
	free(b->path);
	free(b->part);
	free(b);
}

/* Where the name will stand; lists often have one name many times in a row. */
static int
add_name(struct catalogue_builder *b, struct span name, uint64_t *ret_at)
{
	if (b->head.names_len && name.len == b->last_len &&
	    name.len <= sizeof(b->last) &&
	    (!name.len || !memcmp(name.p, b->last, name.len))) {
		*ret_at = b->last_at;
		return 0;
	}
	if ((name.len && fwrite(name.p, name.len, 1, b->names) != 1) ||
	    putc('\0', b->names) == EOF)
		return -errno;
	*ret_at = b->last_at = b->head.names_len;
	b->head.names_len += name.len + 1;
	b->last_len = name.len;
	if (name.len && name.len <= sizeof(b->last))
		memcpy(b->last, name.p, name.len);
	return 0;
}

int
catalogue_build_add(struct catalogue_builder *b, const struct list_record *r)
{
	uint8_t row[WAIT_HEAD + KNOWN_HASH_COUNT * KNOWN_HASH_MAX_LEN];
	uint8_t *p = row + WAIT_HEAD;
	uint64_t at = 0;
	int err;

	if (b->head.row_count == CATALOGUE_MAX_ROWS)
		return ERR_LIMIT;
	err = add_name(b, r->name, &at);
	row[0] = r->has_hash;
	memcpy(row + 1, &r->size, 8);
	memcpy(row + 9, &at, 8);
	for (int a = 0; a < KNOWN_HASH_COUNT && !err; a++) {
		if (!(r->has_hash >> a & 1))
			continue;
		if (!b->by[a])
			b->by[a] = sorter_new(b->path);
		err = b->by[a] ? sorter_add(b->by[a],
		    catalogue_key(r->hash[a]), (uint32_t)b->head.row_count) :
		    -ENOMEM;
		memcpy(p, r->hash[a], known_hash_len((enum known_hash)a));
		p += known_hash_len((enum known_hash)a);
	}
	if (!err && fwrite(row, (size_t)(p - row), 1, b->rows) != 1)
		err = -errno;
	b->head.row_count++;
	b->head.algorithms |= r->has_hash;
	if (!(r->has_hash >> KNOWN_SHA256 & 1))
		b->head.only |= r->has_hash;
	return err;
}

static unsigned
log2_above(uint64_t n)
{
	unsigned l = 1;

	while (l < CATALOGUE_MAX_BITS && 1ull << l < n)
		l++;
	return l;
}

/* Where everything will be. */
static void
lay_out(struct catalogue_builder *b)
{
	struct catalogue_head *h = &b->head;
	uint64_t at = CATALOGUE_HEAD_LEN, keys = 0;

	h->row_len = catalogue_row_len(h->algorithms);
	h->rows_at = at;
	at += h->row_count * h->row_len;
	h->names_at = at;
	at = (at + h->names_len + 7) / 8 * 8;
	for (int a = 0; a < KNOWN_HASH_COUNT; a++)
		keys += b->by[a] ? sorter_count(b->by[a]) : 0;
	h->filter_log2 = log2_above(keys / KEYS_PER_WORD + FILTER_LINE);
	at = (at + CATALOGUE_HEAD_LEN - 1) / CATALOGUE_HEAD_LEN *
	    CATALOGUE_HEAD_LEN;
	h->filter_at = at;
	at += 8ull << h->filter_log2;
	for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
		struct catalogue_section *s = &h->by[a];

		if (!b->by[a])
			continue;
		s->count = sorter_count(b->by[a]);
		s->bits = log2_above(s->count / ENTRIES_PER_PLACE + 1);
		s->entries_at = at;
		at += s->count * CATALOGUE_ENTRY_LEN;
		s->table_at = at;
		at += 4 * ((1ull << s->bits) + 1);
	}
	h->file_len = at;
}

static void
set_bits(struct catalogue_builder *b, const uint8_t *hash)
{
	uint64_t mix = filter_mix(hash);

	b->filter[filter_word(filter_lowest(hash), mix, b->head.filter_log2)] |=
	    filter_bits(mix);
}

/* One row of those that wait, as it will stand; its hashes go into the
 * filter. */
static int
next_row(struct catalogue_builder *b, uint8_t *row)
{
	uint8_t head[WAIT_HEAD];
	uint64_t name;

	if (fread(head, sizeof(head), 1, b->rows) != 1)
		return -EIO;
	memcpy(&name, head + 9, 8);
	name |= (uint64_t)head[0] << 56;
	memset(row, 0, b->head.row_len);
	memcpy(row, head + 1, 8);
	memcpy(row + 8, &name, 8);
	row += CATALOGUE_ROW_FIXED;
	for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
		size_t len = known_hash_len((enum known_hash)a);

		if (head[0] >> a & 1 && fread(row, len, 1, b->rows) != 1)
			return -EIO;
		if (head[0] >> a & 1)
			set_bits(b, row);
		row += b->head.algorithms >> a & 1 ? len : 0;
	}
	return 0;
}

static int
write_rows(struct catalogue_builder *b, int fd, struct out *o)
{
	uint8_t row[CATALOGUE_ROW_FIXED +
	    KNOWN_HASH_COUNT * KNOWN_HASH_MAX_LEN];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t before = b->head.filter_at % page;
	size_t len = before + ((size_t)8 << b->head.filter_log2);
	uint8_t *map;
	int err = 0;

	map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	    (off_t)(b->head.filter_at - before));
	if (map == MAP_FAILED)
		return -errno;
	b->filter = (uint64_t *)(map + before);
	rewind(b->rows);
	for (uint64_t i = 0; i < b->head.row_count && !err; i++) {
		err = next_row(b, row);
		EVP_DigestUpdate(b->digest, row, b->head.row_len);
		if (!err)
			err = out_put(o, row, b->head.row_len);
	}
	b->filter = NULL;
	if (munmap(map, len) && !err)
		err = -errno;
	return err;
}

static int
write_names(struct catalogue_builder *b, struct out *o)
{
	uint8_t *buf = malloc(COPY_LEN);
	uint64_t left = b->head.names_len;
	int err = buf ? 0 : -ENOMEM;

	rewind(b->names);
	while (left && !err) {
		size_t n = left < COPY_LEN ? (size_t)left : COPY_LEN;

		if (fread(buf, n, 1, b->names) != 1)
			err = -EIO;
		EVP_DigestUpdate(b->digest, buf, n);
		if (!err)
			err = out_put(o, buf, n);
		left -= n;
	}
	free(buf);
	return err;
}

static int
put_u32(struct out *o, uint64_t v)
{
	uint32_t le = (uint32_t)v;

	return out_put(o, &le, 4);
}

/* An algorithm's entries with the table over them. */
static int
write_section(struct catalogue_builder *b, int alg, int fd)
{
	const struct catalogue_section *s = &b->head.by[alg];
	struct out entries = { 0 }, table = { 0 };
	struct sort_entry e;
	uint64_t n = 0, place = 0;
	int err, got = 0;

	err = sorter_seal(b->by[alg]);
	if (!err)
		err = out_open(&entries, fd, s->entries_at);
	if (!err)
		err = out_open(&table, fd, s->table_at);
	while (!err && (got = sorter_next(b->by[alg], &e)) > 0) {
		for (; place <= e.key >> (64 - s->bits) && !err; place++)
			err = put_u32(&table, n);
		if (!err)
			err = out_put(&entries, &e.key, 8);
		if (!err)
			err = put_u32(&entries, e.row);
		n++;
	}
	for (; place <= 1ull << s->bits && !err && !got; place++)
		err = put_u32(&table, n);
	err = out_close(&entries, err ? err : got);
	return out_close(&table, err);
}

static int
write_all(struct catalogue_builder *b, int fd)
{
	uint8_t head[CATALOGUE_HEAD_LEN];
	struct out o;
	int err;

	err = out_open(&o, fd, b->head.rows_at);
	if (!err)
		err = write_rows(b, fd, &o);
	if (!err)
		err = write_names(b, &o);
	err = out_close(&o, err);
	for (int a = 0; a < KNOWN_HASH_COUNT && !err; a++) {
		if (!b->by[a])
			continue;
		err = write_section(b, a, fd);
		sorter_free(b->by[a]);
		b->by[a] = NULL;
	}
	if (err)
		return err;
	EVP_DigestFinal_ex(b->digest, b->head.digest, NULL);
	catalogue_head_write(&b->head, head);
	err = out_open(&o, fd, 0);
	if (!err)
		err = out_put(&o, head, sizeof(head));
	return out_close(&o, err);
}

int
catalogue_build_finish(struct catalogue_builder *b,
    struct catalogue_head *ret_head)
{
	int fd, err;

	if (!b->head.row_count)
		return ERR_END;
	lay_out(b);
	fd = open(b->part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	err = ftruncate(fd, (off_t)b->head.file_len) ? -errno :
	    write_all(b, fd);
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(b->part, b->path))
		err = -errno;
	if (err)
		unlink(b->part);
	else
		*ret_head = b->head;
	return err;
}
