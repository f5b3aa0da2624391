// SPDX-License-Identifier: Apache-2.0
/*
 * Comodo's File Lookup Service, version 7, as the vendor's own public code
 * writes it: a marker, version, type, revision, the length of what follows
 * (LE16), then an id, the application, its version, the caller, a GUID, the
 * kind of hash, and hashes one after the other. Runs of several follow each
 * other. What types that don't carry file hashes hold is not described.
 */
#include <stdio.h>
#include <string.h>

#include "content/hash_finder.h"
#include "content/walk/walkers.h"

#define HEAD_LEN	31u
#define BEFORE_PAYLOAD	6u	/* of the head */
#define PACKET_MAX	1024u
#define GUID_AT		14u
#define GUID_LEN	16u

enum fls_type { FLS_SIMPLE = 0, FLS_HITS = 4, FLS_VENDOR = 8, FLS_MALWARE = 9,
	FLS_DOMAIN = 10, FLS_SUBMIT = 11, FLS_HASH = 31, FLS_HASHES = 32,
	FLS_URL = 35, FLS_URL_CATEGORY = 36, FLS_URL_LIST = 40 };

struct fls_state {
	uint8_t head[HEAD_LEN];
	size_t head_len;
	uint32_t left;			/* of the payload, behind the head */
	enum known_hash alg;
	size_t hash_len;
	uint8_t hash[32];
	uint64_t offset;
	unsigned count;
	bool broken;
};

static bool
is_type(uint8_t type)
{
	static const uint8_t types[] = { FLS_SIMPLE, FLS_HITS, FLS_VENDOR,
		FLS_MALWARE, FLS_DOMAIN, FLS_SUBMIT, FLS_HASH, FLS_HASHES,
		FLS_URL, FLS_URL_CATEGORY, FLS_URL_LIST };

	return memchr(types, type, sizeof(types)) != NULL;
}

static bool
has_hashes(uint8_t type)
{
	return type == FLS_SIMPLE || type == FLS_HITS || type == FLS_HASH ||
	       type == FLS_HASHES || type == FLS_MALWARE;
}

bool
fls_alg(uint8_t type, enum known_hash *ret)
{
	static const enum known_hash algs[] = { KNOWN_SHA1, KNOWN_SHA256,
		KNOWN_MD5 };

	if (type >= sizeof(algs) / sizeof(*algs))
		return false;
	*ret = algs[type];
	return true;
}

static uint32_t
payload_of(const uint8_t *head)
{
	return (uint32_t)head[4] | (uint32_t)head[5] << 8;
}

/* What a head must be to be one. */
static bool
is_head(const uint8_t *p)
{
	uint32_t rest = payload_of(p) - (HEAD_LEN - BEFORE_PAYLOAD);
	enum known_hash alg;

	if (p[0] != 0xef || p[1] != 7 || !is_type(p[2]) ||
	    payload_of(p) < HEAD_LEN - BEFORE_PAYLOAD ||
	    payload_of(p) > PACKET_MAX - BEFORE_PAYLOAD)
		return false;
	return !has_hashes(p[2]) || (fls_alg(p[HEAD_LEN - 1], &alg) && rest &&
	    rest % known_hash_len(alg) == 0);
}

bool
fls_fits(const uint8_t *p, size_t len)
{
	return len > HEAD_LEN && is_head(p);
}

static bool
fls_open(struct scan_node *n)
{
	return true;
}

static void
take_head(struct scan_node *n, struct fls_state *st)
{
	static const uint8_t none[GUID_LEN];
	const uint8_t *p = st->head;

	if (!is_head(p)) {
		st->broken = true;
		return;
	}
	st->left = payload_of(p) - (HEAD_LEN - BEFORE_PAYLOAD);
	st->hash_len = 0;
	(void)fls_alg(p[HEAD_LEN - 1], &st->alg);
	if (memcmp(p + GUID_AT, none, GUID_LEN))
		scan_add_finding(n->s, &(struct scan_category){
		    .category = "host.id", .path = SPAN_LITERAL("/guid"),
		    .offset = st->offset - HEAD_LEN + GUID_AT,
		    .why = "an id in a look-up of Comodo's FLS" });
	if (p[2] == FLS_VENDOR)
		scan_add_category(n->s, "file.signer",
		    SPAN_LITERAL("/hashes"), "a look-up of who signed a file");
	else if (p[2] == FLS_DOMAIN)
		scan_add_category(n->s, "domain", SPAN_LITERAL("/hashes"),
		    "a look-up of a domain");
	else if (p[2] >= FLS_URL)
		scan_add_category(n->s, "url", SPAN_LITERAL("/hashes"),
		    "a look-up of a URL");
	if (!st->left)
		st->head_len = 0;
}

void
fls_tell_hash(struct scan_node *n, enum known_hash alg, const uint8_t *hash,
    unsigned number, uint64_t offset)
{
	const struct known *k = n->s->known;
	uint8_t path[24];
	struct span at = { path, (size_t)snprintf((char *)path, sizeof(path),
		"/hashes/%u", number) };
	long file = -1;
	size_t same;

	if (k)
		file = known_find_hash(k, alg, hash, &same);
	if (hash_enter(n, alg, hash, "raw", file, at, offset, true))
		scan_add_finding(n->s, &(struct scan_category){
		    .category = "file.hash", .path = at, .offset = offset,
		    .why = "a file's hash, in a look-up of Comodo's FLS" });
}

static void
fls_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct fls_state *st = n->state;

	for (size_t i = 0; i < len && !st->broken; i++) {
		st->offset++;
		if (st->head_len < HEAD_LEN) {
			st->head[st->head_len++] = p[i];
			if (st->head_len == HEAD_LEN)
				take_head(n, st);
			continue;
		}
		st->left--;
		if (has_hashes(st->head[2])) {
			st->hash[st->hash_len++] = p[i];
			if (st->hash_len == known_hash_len(st->alg)) {
				fls_tell_hash(n, st->alg, st->hash, st->count++,
				    st->offset - st->hash_len);
				st->hash_len = 0;
			}
		}
		if (!st->left)
			st->head_len = 0;
	}
}

static void
fls_close(struct scan_node *n)
{
	struct fls_state *st = n->state;

	n->parsed = !st->broken && !st->head_len;
}

const struct walker walker_fls = {
	.name = "fls",
	.state_len = sizeof(struct fls_state),
	.open = fls_open,
	.data = fls_data,
	.close = fls_close,
};
