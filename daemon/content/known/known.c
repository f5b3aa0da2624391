// SPDX-License-Identifier: Apache-2.0
#include "content/known/known_set.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/evp.h>

static const struct {
	const char *name;
	size_t len;
} algorithms[KNOWN_HASH_COUNT] = {
	[KNOWN_MD5] = { "md5", 16 },
	[KNOWN_SHA1] = { "sha1", 20 },
	[KNOWN_SHA224] = { "sha224", 28 },
	[KNOWN_SHA256] = { "sha256", 32 },
	[KNOWN_SHA384] = { "sha384", 48 },
	[KNOWN_SHA512] = { "sha512", 64 },
};

static const EVP_MD *fetched[KNOWN_HASH_COUNT];
static pthread_once_t fetch_once = PTHREAD_ONCE_INIT;

/* libcrypto looks an algorithm up whenever one begins that was not fetched. */
static void
fetch(void)
{
	fetched[KNOWN_MD5] = EVP_MD_fetch(NULL, "MD5", NULL);
	fetched[KNOWN_SHA1] = EVP_MD_fetch(NULL, "SHA1", NULL);
	fetched[KNOWN_SHA224] = EVP_MD_fetch(NULL, "SHA2-224", NULL);
	fetched[KNOWN_SHA256] = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	fetched[KNOWN_SHA384] = EVP_MD_fetch(NULL, "SHA2-384", NULL);
	fetched[KNOWN_SHA512] = EVP_MD_fetch(NULL, "SHA2-512", NULL);
}

const EVP_MD *
known_hash_md(enum known_hash alg)
{
	pthread_once(&fetch_once, fetch);
	return fetched[(unsigned)alg < KNOWN_HASH_COUNT ? alg : KNOWN_SHA256];
}

const uint32_t known_lags[KNOWN_LAGS] = { 1, 240, 252, 256, 286,
	KNOWN_LAG_MAX };

size_t
known_hash_len(enum known_hash alg)
{
	return (unsigned)alg < KNOWN_HASH_COUNT ? algorithms[alg].len : 0;
}

const char *
known_hash_name(enum known_hash alg)
{
	switch ((unsigned)alg) {
	case KNOWN_CRC32:
		return "crc32";
	case KNOWN_TLSH:
		return "tlsh";
	case KNOWN_IMPHASH:
		return "imphash";
	case KNOWN_SSDEEP:
		return "ssdeep";
	}
	return (unsigned)alg < KNOWN_HASH_COUNT ? algorithms[alg].name :
	    derive_name((unsigned)alg);
}

struct known *
known_new(void)
{
	static atomic_uint_fast64_t next_id = 1;
	struct known *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->id = atomic_fetch_add(&next_id, 1);
	atomic_init(&k->holders, 1);
	k->index = known_index_new();
	for (int i = 0; i < KNOWN_LAGS; i++) {
		k->xored[i] = known_index_new();
		if (!k->index || !k->xored[i]) {
			known_free(k);
			return NULL;
		}
	}
	return k;
}

const struct known *
known_share(const struct known *k)
{
	if (k)
		atomic_fetch_add(&((struct known *)k)->holders, 1);
	return k;
}

void
known_drop_content(struct known_content *c)
{
	free(c->path);
	free(c->bytes);
	free(c->block_hash);
	known_print_free(c->print);
}

void
known_free(struct known *k)
{
	if (!k || atomic_fetch_sub(&k->holders, 1) != 1)
		return;
	for (size_t i = k->first_file; i < k->file_count; i++)
		free((char *)k->files[i].name);
	for (size_t i = k->first_content; i < k->content_count; i++) {
		if (k->contents[i].held)
			close(k->contents[i].held - 1);
		known_drop_content(&k->contents[i]);
	}
	for (int a = 0; a < KNOWN_HASH_COUNT; a++)
		hash_table_clear(&k->tables[a]);
	hash_filter_clear(&k->filter);
	known_mark_clear(&k->marks);
	free(k->tlshs.files);
	free(k->sizes);
	free(k->content_of);
	for (size_t i = 0; i < k->set_count; i++)
		set_clear(&k->sets[i]);
	free(k->sets);
	known_drop_catalogues(k);
	free(k->files);
	free(k->contents);
	known_index_free(k->index);
	for (int i = 0; i < KNOWN_LAGS; i++)
		known_index_free(k->xored[i]);
	known_free((struct known *)k->older);
	free(k);
}

const char *
known_error(const struct known *k)
{
	return k->error;
}

int
known_fail(struct known *k, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(k->error, sizeof(k->error), fmt, ap);
	va_end(ap);
	return code;
}

size_t
known_count(const struct known *k)
{
	return k->file_count;
}

const struct known_file *
known_get(const struct known *k, size_t index)
{
	if (index >= KNOWN_FIRST_ROW)
		return known_get_row(k, index);
	return index < k->file_count ? &k->files[index] : NULL;
}

/* Room for one more item of item_len bytes in an array that grows by half. */
static void *
grow(void *array, size_t count, size_t *cap, size_t item_len)
{
	size_t want;
	void *p;

	if (count < *cap)
		return array;
	want = *cap ? *cap + *cap / 2 : 16;
	p = reallocarray(array, want, item_len);
	if (p)
		*cap = want;
	return p;
}

struct known_file *
known_push(struct known *k, const char *name, size_t name_len)
{
	struct known_file *f;
	char *copy;

	if (k->sealed || k->file_count >= KNOWN_FIRST_ROW)
		return NULL;
	f = grow(k->files, k->file_count, &k->file_cap, sizeof(*f));
	if (!f)
		return NULL;
	k->files = f;
	copy = strndup(name, name_len);
	if (!copy)
		return NULL;
	f += k->file_count++;
	*f = (struct known_file){ .name = copy, .size = UINT64_MAX };
	return f;
}

struct known_content *
known_push_content(struct known *k, uint64_t size)
{
	struct known_content *c;

	if (k->content_count >= KNOWN_MAX_CONTENTS || size > KNOWN_MAX_SIZE)
		return NULL;
	c = grow(k->contents, k->content_count, &k->content_cap, sizeof(*c));
	if (!c)
		return NULL;
	k->contents = c;
	c += k->content_count++;
	*c = (struct known_content){
		.size = size,
		.file = (uint32_t)(k->file_count - 1),
	};
	return c;
}

int
known_compare_sizes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

bool
known_has_size(const struct known *k, uint64_t size)
{
	return k->size_count && bsearch(&size, k->sizes, k->size_count,
	    sizeof(size), known_compare_sizes);
}

long
known_find_hash(const struct known *k, enum known_hash alg,
    const uint8_t *hash, size_t *ret_same)
{
	bool shared;
	long file;

	if (!k->sealed || (unsigned)alg >= KNOWN_HASH_COUNT)
		return -1;
	file = hash_table_find(&k->tables[alg], k, alg, hash, ret_same);
	return file >= 0 || !k->catalogue_count ? file :
	    known_find_row(k, alg, hash, known_hash_len(alg), ret_same,
	    &shared);
}

void
known_is_product(struct known *k)
{
	k->files[k->file_count - 1].origin = KNOWN_PRODUCT;
}

/* What the older set holds, and what was added to this one since; what only
 * catalogues list has no bytes, and bytes are what is to be added. */
bool
known_has_sha256(const struct known *k, const uint8_t *hash)
{
	size_t same;

	if (k->sealed)
		return hash_table_find(&k->tables[KNOWN_SHA256], k,
		    KNOWN_SHA256, hash, &same) >= 0;
	for (size_t i = k->first_file; i < k->file_count; i++)
		if (k->files[i].has_hash >> KNOWN_SHA256 & 1 &&
		    memcmp(k->files[i].hash[KNOWN_SHA256], hash, 32) == 0)
			return true;
	return k->older && known_has_sha256(k->older, hash);
}

struct digest_entry {
	const struct known_file *file;
};

static int
compare_digest(const void *a, const void *b)
{
	const struct known_file *x = ((const struct digest_entry *)a)->file;
	const struct known_file *y = ((const struct digest_entry *)b)->file;
	int d;

	for (int alg = KNOWN_SHA256; alg < KNOWN_HASH_COUNT + KNOWN_SHA256;
	    alg++) {
		int i = alg % KNOWN_HASH_COUNT;

		d = memcmp(x->hash[i], y->hash[i], sizeof(x->hash[i]));
		if (d)
			return d;
	}
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void
digest_file(EVP_MD_CTX *ctx, const struct known_file *f)
{
	uint8_t size[8], has = f->has_hash;

	for (int i = 0; i < 8; i++)
		size[i] = (uint8_t)(f->size >> (56 - 8 * i));
	EVP_DigestUpdate(ctx, f->hash[KNOWN_SHA256], 32);
	if (!(has & 1u << KNOWN_SHA256)) {
		/* known by another hash only: that one tells it apart */
		EVP_DigestUpdate(ctx, &has, 1);
		EVP_DigestUpdate(ctx, f->hash, sizeof(f->hash));
	}
	EVP_DigestUpdate(ctx, size, sizeof(size));
	EVP_DigestUpdate(ctx, f->name, strlen(f->name) + 1);
}

void
known_digest(const struct known *k, uint8_t ret_sha256[static 32])
{
	struct digest_entry *list;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	memset(ret_sha256, 0, 32);
	list = calloc(k->file_count + 1, sizeof(*list));
	if (!list || !ctx)
		goto out;
	for (size_t i = 0; i < k->file_count; i++)
		list[i].file = &k->files[i];
	qsort(list, k->file_count, sizeof(*list), compare_digest);
	EVP_DigestInit_ex(ctx, EVP_sha256(), NULL);
	for (size_t i = 0; i < k->file_count; i++)
		digest_file(ctx, list[i].file);
	for (size_t i = 0; i < k->catalogue_count; i++)
		EVP_DigestUpdate(ctx, k->catalogues[i]->head.digest, 32);
	EVP_DigestFinal_ex(ctx, ret_sha256, NULL);
out:
	free(list);
	EVP_MD_CTX_free(ctx);
}
