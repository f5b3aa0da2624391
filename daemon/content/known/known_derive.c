// SPDX-License-Identifier: Apache-2.0
#include "content/known/known_derive.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/cursor.h"
#include "content/known/known_set.h"

#define CHUNK_LEN	(64u << 10)
#define PE_MAX		4096	/* where a program's header may be */

enum part {
	PART_FIRST,
	PART_LAST,
	PART_IMAGE,		/* a program as Authenticode sees it */
};

struct kind {
	const char *name;
	enum part part;
	uint32_t len;
	enum known_hash alg;
};

#define BOTH(n, word, number) \
	{ #word "-first-" #number, PART_FIRST, number, KNOWN_ ## n }, \
	{ #word "-last-" #number, PART_LAST, number, KNOWN_ ## n }
#define ALL(number) BOTH(MD5, md5, number), BOTH(SHA1, sha1, number), \
	BOTH(SHA256, sha256, number)

static const struct kind kinds[] = {
	{ "authenticode-sha1", PART_IMAGE, 0, KNOWN_SHA1 },
	{ "authenticode-sha256", PART_IMAGE, 0, KNOWN_SHA256 },
	ALL(512), ALL(1024), ALL(2048), ALL(4096), ALL(8192), ALL(16384),
	ALL(32768), ALL(65536), ALL(131072), ALL(1048576),
};

#define KIND_COUNT	(sizeof(kinds) / sizeof(*kinds))

unsigned
derive_kinds(void)
{
	return KNOWN_HASH_COUNT + KIND_COUNT;
}

static const struct kind *
kind_of(unsigned kind)
{
	return kind >= KNOWN_HASH_COUNT && kind < derive_kinds() ?
	    &kinds[kind - KNOWN_HASH_COUNT] : NULL;
}

size_t
derive_len(unsigned kind)
{
	const struct kind *k = kind_of(kind);

	return k ? known_hash_len(k->alg) : 0;
}

const char *
derive_name(unsigned kind)
{
	const struct kind *k = kind_of(kind);

	return k ? k->name : "";
}

struct range {
	uint64_t start, end;
};

/*
 * What Authenticode hashes: all but the checksum, the directory entry of the
 * certificates, and the certificates. The number of ranges, 0: no program.
 */
static size_t
image_ranges(const struct derive_source *s, struct range ret[static 4])
{
	uint8_t head[PE_MAX];
	size_t len = s->size < PE_MAX ? (size_t)s->size : PE_MAX;
	struct cursor c;
	uint64_t pe, opt, entry, from, certs;
	uint16_t magic;

	if (len < 256 || !s->read(s->arg, 0, head, len) ||
	    memcmp(head, "MZ", 2))
		return 0;
	c = cur_init(head, len);
	cur_skip(&c, 60);
	pe = cur_le32(&c);
	opt = pe + 24;
	if (cur_failed(&c) || opt + 152 + 8 > len ||
	    memcmp(head + pe, "PE\0\0", 4))
		return 0;
	c = cur_init(head + opt, len - (size_t)opt);
	magic = cur_le16(&c);
	if (magic != 0x10b && magic != 0x20b)
		return 0;
	entry = opt + (magic == 0x10b ? 96 : 112) + 4 * 8;
	c = cur_init(head + entry, len - (size_t)entry);
	from = cur_le32(&c);
	certs = cur_le32(&c);
	if (!from || !certs || from < entry + 8 || from > s->size ||
	    certs > s->size - from) {
		from = s->size;
		certs = 0;
	}
	ret[0] = (struct range){ 0, opt + 64 };
	ret[1] = (struct range){ opt + 68, entry };
	ret[2] = (struct range){ entry + 8, from };
	ret[3] = (struct range){ from + certs, s->size };
	return 4;
}

/* One byte over and over: many files begin or end so. */
static bool
is_constant(const struct derive_source *s, struct range r)
{
	uint8_t buf[4096], first = 0;

	for (uint64_t at = r.start; at < r.end; at += sizeof(buf)) {
		size_t len = r.end - at < sizeof(buf) ? (size_t)(r.end - at) :
		    sizeof(buf);

		if (!s->read(s->arg, at, buf, len))
			return true;
		first = at == r.start ? buf[0] : first;
		if (buf[0] != first || (len > 1 && memcmp(buf, buf + 1,
		    len - 1)))
			return false;
	}
	return true;
}

static bool
hash_ranges(const struct derive_source *s, const struct range *r, size_t n,
    const EVP_MD *md, uint8_t *ret_value)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t *buf = malloc(CHUNK_LEN);
	bool fine = ctx && buf && EVP_DigestInit_ex(ctx, md, NULL);

	for (size_t i = 0; i < n && fine; i++) {
		for (uint64_t at = r[i].start; at < r[i].end && fine;) {
			uint64_t left = r[i].end - at;
			size_t len = left < CHUNK_LEN ? (size_t)left : CHUNK_LEN;

			fine = s->read(s->arg, at, buf, len);
			if (fine)
				EVP_DigestUpdate(ctx, buf, len);
			at += len;
		}
	}
	if (fine)
		EVP_DigestFinal_ex(ctx, ret_value, NULL);
	EVP_MD_CTX_free(ctx);
	free(buf);
	return fine;
}

_Static_assert(KIND_COUNT == DERIVE_KINDS, "kinds of hashes of parts");

uint64_t
derive_next(uint64_t offset)
{
	for (size_t i = 0; i < KIND_COUNT; i++)
		if (kinds[i].part == PART_FIRST && kinds[i].len > offset)
			return kinds[i].len;
	return UINT64_MAX;
}

void
derive_take(struct derive_taken *t, uint64_t len,
    EVP_MD_CTX *const md[static KNOWN_HASH_COUNT])
{
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (kinds[i].part != PART_FIRST || kinds[i].len != len)
			continue;
		t->has[i] = EVP_MD_CTX_copy_ex(t->spare, md[kinds[i].alg]) &&
		    EVP_DigestFinal_ex(t->spare, t->value[i], NULL);
	}
}

/* The part of first bytes says something, and was taken. */
static bool
is_taken(const struct derive_source *s, const struct derive_taken *t, size_t i)
{
	struct range r = { 0, kinds[i].len };

	return t->has[i] && s->size > r.end && !is_constant(s, r);
}

bool
derive_one(const struct derive_source *s, unsigned kind,
    uint8_t ret_value[static KNOWN_HASH_MAX_LEN])
{
	const struct kind *k = kind_of(kind);
	struct range r[4];
	size_t n = 1;

	if (!k)
		return false;
	if (k->part == PART_IMAGE) {
		n = image_ranges(s, r);
		if (!n)
			return false;
	} else if (s->size <= k->len) {
		return false;	/* that is the hash of the whole */
	} else {
		r[0].start = k->part == PART_FIRST ? 0 : s->size - k->len;
		r[0].end = r[0].start + k->len;
		if (is_constant(s, r[0]))
			return false;
	}
	return hash_ranges(s, r, n, known_hash_md(k->alg), ret_value);
}

int
derive_all(const struct derive_source *s, const struct derive_taken *taken,
    int (*enter)(void *arg, unsigned kind, const uint8_t *value), void *arg)
{
	uint8_t value[KNOWN_HASH_MAX_LEN];
	int code = 0;

	for (unsigned i = KNOWN_HASH_COUNT; i < derive_kinds() && !code; i++) {
		size_t kind = i - KNOWN_HASH_COUNT;

		if (taken && kinds[kind].part == PART_FIRST) {
			if (is_taken(s, taken, kind))
				code = enter(arg, i, taken->value[kind]);
		} else if (derive_one(s, i, value)) {
			code = enter(arg, i, value);
		}
	}
	return code;
}
