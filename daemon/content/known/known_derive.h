/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_KNOWN_DERIVE_H
#define CONTENT_KNOWN_DERIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "content/known/known.h"

/*
 * Hashes of a part of a file, as scanners send them: of its first or last so
 * many bytes, and Authenticode's, which leaves out of a Windows program what
 * signing it changes. A kind is a number from KNOWN_HASH_COUNT on.
 */

/* Where a file's bytes are; read() fills len bytes, or fails. */
struct derive_source {
	bool (*read)(void *arg, uint64_t offset, uint8_t *buf, size_t len);
	void *arg;
	uint64_t size;
};

unsigned derive_kinds(void);	/* one above the last */
size_t derive_len(unsigned kind);
const char *derive_name(unsigned kind);

/* One hash; false if the file has none of that kind (it is not longer than the
 * part, or no program) or can't be read. */
bool derive_one(const struct derive_source *s, unsigned kind,
    uint8_t ret_value[static KNOWN_HASH_MAX_LEN]);

#define DERIVE_KINDS	62

/* Hashes of first bytes, taken while the whole was hashed. */
struct derive_taken {
	bool has[DERIVE_KINDS];
	uint8_t value[DERIVE_KINDS][32];
	EVP_MD_CTX *spare;
};

/* Where the next part of first bytes ends behind offset; UINT64_MAX: none. */
uint64_t derive_next(uint64_t offset);
/* The first len bytes have gone into md. */
void derive_take(struct derive_taken *t, uint64_t len,
    EVP_MD_CTX *const md[static KNOWN_HASH_COUNT]);

/* All that it has, where they were taken (NULL: nowhere) those; stops where
 * enter fails. */
int derive_all(const struct derive_source *s, const struct derive_taken *taken,
    int (*enter)(void *arg, unsigned kind, const uint8_t *value), void *arg)
	must_check;

#endif
