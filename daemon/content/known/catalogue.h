/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_CATALOGUE_H
#define CONTENT_CATALOGUE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "content/known/catalogue_filter.h"
#include "content/known/catalogue_head.h"
#include "content/known/known.h"

/*
 * A catalogue: hashes and names of files by the million, in a file that
 * catalogue_build() made once ("telltap known build"), mapped and never read
 * as a whole. It may come from anybody: what it says of itself is checked
 * against its length when it is opened, and each place again when it is asked.
 * It must not be made shorter while it is mapped.
 *
 * A filter, one word of memory, tells most that are not there. A look-up takes
 * the first eight bytes of a hash as a number; a table by the number's upper
 * bits gives the few entries, sorted, that may be it; the row that an entry
 * names holds all hashes of the file, and these decide.
 */

#define CATALOGUE_KEY	8	/* bytes of a hash that it is found by */

struct catalogue {
	const uint8_t *map;
	size_t len;
	bool mapped;		/* else the caller's bytes */
	atomic_uint holders;
	const uint8_t *filter;
	void *copy;		/* of the filter, where it is one */
	struct catalogue_head head;
};

/* -errno, ERR_MALFORMED, ERR_TRUNCATED, ERR_UNSUPPORTED (its version). */
int catalogue_open(const char *path, struct catalogue **ret_c) must_check;
/* In memory; the bytes stay the caller's and must stay. */
int catalogue_over(const uint8_t *data, size_t len,
    struct catalogue **ret_c) must_check;
struct catalogue *catalogue_share(struct catalogue *c);
void catalogue_free(struct catalogue *c);

/*
 * catalogue_find - the first row whose hash is, or if len is less than the
 * hash's begins with, these len bytes, CATALOGUE_KEY or more; -1 if there is
 * none. *ret_same: rows with that very hash, as far as they are counted;
 * *ret_shared: the bytes begin other hashes, too.
 */
int64_t catalogue_find(const struct catalogue *c, enum known_hash alg,
    const uint8_t *hash, size_t len, size_t *ret_same, bool *ret_shared);

/* What a row says. The name lives as long as the catalogue. */
void catalogue_get(const struct catalogue *c, uint32_t row,
    struct known_file *ret_file);

/* The digest over all rows and names, taken anew. */
int catalogue_digest(const struct catalogue *c,
    uint8_t ret_sha256[static 32]) must_check;

static inline uint64_t
catalogue_key(const uint8_t *hash)
{
	uint64_t v;

	memcpy(&v, hash, sizeof(v));
	return __builtin_bswap64(v);
}

/* False: no hash begins with the FILTER_BYTES bytes at p. */
static inline bool
catalogue_maybe(const struct catalogue *c, const uint8_t *p)
{
	return filter_maybe(c->filter, c->head.filter_log2, p);
}

#endif
