/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CANARY_SET_H
#define CANARY_SET_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "canary/code.h"
#include "canary/form.h"

/*
 * A set of canaries: what a seed decides about each, and how a folder's
 * manifest, telltap-canaries.json, says it. A set planted and one read from a
 * manifest are the same.
 */

#define SET_MANIFEST	"telltap-canaries.json"
#define SET_VERSION	1		/* of the manifest */
#define SET_SEED_MAX	256
#define SET_NAME_MAX	64
#define SET_SIGNER_SIZE	41		/* "telltap/", 32 hex digits, NUL */

enum set_hash { SET_MD5, SET_SHA1, SET_SHA256, SET_SHA512, SET_HASH_COUNT };

struct set_file {
	char name[SET_NAME_MAX];
	char mark[FORM_MARK_LEN + 1];
	int type;			/* index of form_types */
	uint64_t size;
	uint8_t hash[SET_HASH_COUNT][64];
};

struct set {
	char seed[SET_SEED_MAX + 1];
	struct code code;
	struct set_file *files;
	size_t count;
	char signer[SET_SIGNER_SIZE];	/* of the manifest that was read; empty:
					 * it is not signed */
};

void set_clear(struct set *s);

/* Names, marks, types (in turn those of types[]) and sizes; no hashes yet. */
int set_draw(struct set *ret, const char *seed, size_t count,
    const int *types, size_t type_count) must_check;

/* The bytes of a canary, and its hashes into the set. */
int set_make(struct set *s, size_t index, struct buf *ret_data) must_check;

/* Hashes of bytes. */
int set_hash_bytes(const uint8_t *data, size_t len,
    uint8_t ret_hash[static SET_HASH_COUNT][64]) must_check;
size_t set_hash_len(enum set_hash h);
const char *set_hash_name(enum set_hash h);

/* What is put into a log before the set is planted: that its seed is one, which
 * nobody can tell from this and everybody can check who is told the seed. */
#define SET_COMMITMENT_SIZE	96
int set_commitment(const struct set *s,
    char ret_text[static SET_COMMITMENT_SIZE]) must_check;

/* The manifest as JSON. */
void set_write(const struct set *s, struct buf *out);

/* Signs a manifest with an Ed25519 key's seed. */
int set_sign(const uint8_t seed[static 32], struct buf *manifest) must_check;

/* The key that signed a manifest's text; -EBADMSG if it is not as it was when it
 * was signed. For set_read(), where there is a signature. */
int set_check_signature(const uint8_t *text, size_t len,
    char ret_signer[static SET_SIGNER_SIZE]) must_check;

/* A manifest's text. ERR_MALFORMED, or -EBADMSG if it has a signature that does
 * not hold, and what is wrong with it. */
int set_read(struct set *ret, const uint8_t *text, size_t len,
    const char **ret_wrong) must_check;

#endif
