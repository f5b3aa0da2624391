// SPDX-License-Identifier: Apache-2.0
/*
 * One pass over a file's bytes: every hash, the hash of every block, and the
 * anchors, whatever its size, in a fixed amount of memory beside the index.
 */
#include "content/known/known_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <zlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "content/known/anchor_stream.h"

#define READ_LEN	(8 * KNOWN_BLOCK)

struct reader {
	struct known *k;
	uint32_t content;	/* number that it will have */
	EVP_MD_CTX *md[KNOWN_HASH_COUNT];
	struct anchor_stream anchors, xored[KNOWN_LAGS];
	struct anchor_thin thin;
	uint64_t *block_hash;
	size_t block_count, block_cap;
	uint64_t size;
	uint64_t hashed;
	struct derive_taken taken;
	uint32_t crc;
	struct tlsh tlsh;
	uint8_t *buf;		/* in bytes[], behind what was read before */
	uint8_t bytes[KNOWN_LAG_MAX + READ_LEN];
	uint8_t diff[READ_LEN];
};

uint64_t
known_block_hash(const uint8_t *p, size_t len)
{
	return XXH3_64bits(p, len);
}

static struct reader *
reader_new(struct known *k)
{
	struct reader *r = malloc(sizeof(*r));

	if (!r)
		return NULL;
	memset(r, 0, offsetof(struct reader, bytes));
	r->buf = r->bytes + KNOWN_LAG_MAX;
	r->k = k;
	r->content = (uint32_t)k->content_count;
	anchor_stream_init(&r->anchors);
	anchor_thin_init(&r->thin, ANCHOR_DENSE);
	for (int i = 0; i < KNOWN_LAGS; i++)
		anchor_stream_init(&r->xored[i]);
	for (int a = 0; a < KNOWN_HASH_COUNT; a++) {
		r->md[a] = EVP_MD_CTX_new();
		if (!r->md[a] || !EVP_DigestInit_ex(r->md[a],
		    known_hash_md((enum known_hash)a), NULL))
			r->k = NULL;
	}
	r->taken.spare = EVP_MD_CTX_new();
	if (!r->taken.spare)
		r->k = NULL;
	return r;
}

static void
reader_free(struct reader *r)
{
	for (int a = 0; r && a < KNOWN_HASH_COUNT; a++)
		EVP_MD_CTX_free(r->md[a]);
	if (r)
		EVP_MD_CTX_free(r->taken.spare);
	if (r)
		free(r->block_hash);
	free(r);
}

int
known_add_anchors(uint32_t content, struct anchor_stream *s,
    struct known_index *x, struct anchor_thin *thin, bool last)
{
	struct anchor_kept kept[ANCHOR_WAITING + 1];
	struct anchor found[32];
	size_t n, k;
	int code = 0;

	while (!code && (n = anchor_stream_next(s, last, found, 32))) {
		for (size_t i = 0; i < n && !code; i++) {
			if (!thin && !known_xor_takes(found[i].key,
			    found[i].offset))
				continue;
			kept[0].anchor = found[i];
			kept[0].sides = anchor_stream_sides(s,
			    found[i].offset);
			k = thin ? anchor_thin_next(thin,
			    &(struct anchor_kept){ found[i], kept[0].sides },
			    kept) : 1;
			for (size_t j = 0; j < k && !code; j++)
				code = known_index_add(x, content,
				    kept[j].anchor.offset, kept[j].anchor.key,
				    &kept[j].sides);
		}
	}
	return code;
}

static int
add_stream(struct reader *r, struct anchor_stream *s, struct known_index *x,
    const uint8_t *p, size_t len)
{
	int code;

	anchor_stream_open(s, p, len);
	code = known_add_anchors(r->content, s, x,
	    s == &r->anchors ? &r->thin : NULL, false);
	anchor_stream_close(s);
	return code;
}

static void
xor_bytes(uint8_t *out, const uint8_t *a, const uint8_t *b, size_t len)
{
	uint64_t x, y;
	size_t i = 0;

	for (; len - i >= 8; i += 8) {
		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		x ^= y;
		memcpy(out + i, &x, 8);
	}
	for (; i < len; i++)
		out[i] = a[i] ^ b[i];
}

/* The bytes of buf, differenced with those a lag before. */
static int
add_xored(struct reader *r, size_t len)
{
	int code = 0;

	for (int i = 0; i < KNOWN_LAGS && !code; i++) {
		size_t lag = known_lags[i], skip = 0;

		if (r->size < lag)
			skip = lag - (size_t)r->size;
		if (skip >= len)
			continue;
		xor_bytes(r->diff + skip, r->bytes + KNOWN_LAG_MAX + skip,
		    r->bytes + KNOWN_LAG_MAX + skip - lag, len - skip);
		code = add_stream(r, &r->xored[i], r->k->xored[i],
		    r->diff + skip, len - skip);
	}
	return code;
}

/* All hashes of the whole, and those of its first bytes on the way. */
static void
hash_data(struct reader *r, const uint8_t *p, size_t len)
{
	while (len) {
		uint64_t next = derive_next(r->hashed);
		size_t n = next - r->hashed < len ?
		    (size_t)(next - r->hashed) : len;

		for (int a = 0; a < KNOWN_HASH_COUNT; a++)
			EVP_DigestUpdate(r->md[a], p, n);
		r->hashed += n;
		p += n;
		len -= n;
		if (r->hashed == next)
			derive_take(&r->taken, next, r->md);
	}
}

/* Takes the len bytes in buf: whole blocks, but for the last call. */
static int
reader_data(struct reader *r, size_t len)
{
	const uint8_t *p = r->buf;
	int code;

	hash_data(r, p, len);
	r->crc = (uint32_t)crc32(r->crc, p, (uInt)len);
	if (r->size <= KNOWN_TLSH_MAX)
		tlsh_data(&r->tlsh, p, len);
	code = add_stream(r, &r->anchors, r->k->index, p, len);
	if (!code)
		code = add_xored(r, len);
	r->size += len;
	for (size_t at = 0; at < len && !code; at += KNOWN_BLOCK) {
		size_t n = len - at < KNOWN_BLOCK ? len - at : KNOWN_BLOCK;

		if (r->block_count == r->block_cap) {
			size_t cap = r->block_cap ? 2 * r->block_cap : 1;
			uint64_t *list = reallocarray(r->block_hash, cap,
			    sizeof(*list));

			if (!list)
				return -ENOMEM;
			r->block_hash = list;
			r->block_cap = cap;
		}
		r->block_hash[r->block_count++] = known_block_hash(p + at, n);
	}
	if (len == READ_LEN)
		memcpy(r->bytes, r->buf + READ_LEN - KNOWN_LAG_MAX,
		    KNOWN_LAG_MAX);
	return code;
}

/* The last anchors, which waited for more bytes. */
static int
reader_end(struct reader *r)
{
	int code = known_add_anchors(r->content, &r->anchors, r->k->index,
	    &r->thin, true);

	for (int i = 0; i < KNOWN_LAGS && !code; i++)
		code = known_add_anchors(r->content, &r->xored[i],
		    r->k->xored[i], NULL, true);
	return code;
}

static bool
read_bytes(void *arg, uint64_t offset, uint8_t *buf, size_t len)
{
	memcpy(buf, (const uint8_t *)arg + offset, len);
	return true;
}

static bool
read_file(void *arg, uint64_t offset, uint8_t *buf, size_t len)
{
	int fd = *(int *)arg;
	ssize_t n;

	for (size_t have = 0; have < len; have += (size_t)n) {
		n = pread(fd, buf + have, len - have, (off_t)(offset + have));
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			return false;
	}
	return true;
}

/* Enters the file and its content; bytes and path change hands on success. */
static int
reader_enter(struct reader *r, const char *name, char *path, uint8_t *bytes)
{
	struct known *k = r->k;
	struct known_content *c;
	struct known_file *f;
	int code = reader_end(r);

	if (code)
		return code;
	f = known_push(k, name, strlen(name));
	c = f ? known_push_content(k, r->size) : NULL;
	if (!c)
		return k->sealed ? -EINVAL : -ENOMEM;
	for (int a = 0; a < KNOWN_HASH_COUNT; a++)
		EVP_DigestFinal_ex(r->md[a], f->hash[a], NULL);
	f->has_hash = (1u << KNOWN_HASH_COUNT) - 1;
	f->crc32 = r->crc;
	f->has_crc32 = true;
	f->has_tlsh = r->size <= KNOWN_TLSH_MAX && tlsh_end(&r->tlsh, f->tlsh);
	f->size = r->size;
	f->has_content = true;
	c->path = path;
	c->bytes = bytes;
	c->block_hash = r->block_hash;
	r->block_hash = NULL;
	return 0;
}

int
known_add_bytes(struct known *k, const char *name, const uint8_t *data,
    size_t len)
{
	struct reader *r = reader_new(k);
	uint8_t *copy = malloc(len + 1);
	int code = -ENOMEM;

	if (!r || !r->k || !copy)
		goto out;
	if (len)
		memcpy(copy, data, len);
	code = 0;
	for (size_t at = 0; at < len && !code; at += READ_LEN) {
		size_t n = len - at < READ_LEN ? len - at : READ_LEN;

		memcpy(r->buf, copy + at, n);
		code = reader_data(r, n);
	}
	if (!code)
		code = reader_enter(r, name, NULL, copy);
	if (!code) {
		code = known_mark_parts(k, &(struct derive_source){ read_bytes,
			copy, len }, &r->taken);
		copy = NULL;
	}
out:
	free(copy);
	reader_free(r);
	return code ? known_fail(k, code, "%s: %s", name, err_text(code)) : 0;
}

/* Fills the buffer unless the file ends; the length or a negative code. */
static ssize_t
fill(struct reader *r, int fd)
{
	size_t have = 0;

	while (have < READ_LEN) {
		ssize_t n = read(fd, r->buf + have, READ_LEN - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

static int
read_all(struct reader *r, int fd)
{
	ssize_t n;
	int code = 0;

	do {
		n = fill(r, fd);
		if (n > 0)
			code = reader_data(r, (size_t)n);
		if (n < 0)
			code = (int)n;
	} while (!code && n == READ_LEN &&
	    r->size < KNOWN_MAX_SIZE);
	return code;
}

int
known_add_file(struct known *k, const char *path, const char *name)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct reader *r = NULL;
	char *copy = NULL;
	struct stat st;
	int code = -ENOMEM;

	if (fd < 0)
		return known_fail(k, -errno, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return known_fail(k, -EINVAL, "%s: not a regular file", path);
	}
	r = reader_new(k);
	copy = realpath(path, NULL);
	if (r && r->k && copy)
		code = read_all(r, fd);
	if (!code)
		code = reader_enter(r, name, copy, NULL);
	if (!code) {
		copy = NULL;
		code = known_mark_parts(k, &(struct derive_source){ read_file,
			&fd, r->size }, &r->taken);
	}
	close(fd);
	free(copy);
	reader_free(r);
	return code ? known_fail(k, code, "%s: %s", path, err_text(code)) : 0;
}
