/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_KNOWN_TLSH_SET_H
#define CONTENT_KNOWN_TLSH_SET_H

#include "base/err.h"
#include "content/known/tlsh.h"

/*
 * Which known file's TLSH is nearest to one that was met. Of files that are
 * longer than KNOWN_TLSH_MAX none is made: it would take as long as half of all
 * else that is found out of a file.
 */

#define KNOWN_TLSH_MAX	(256ull << 20)
#define KNOWN_TLSH_NEAR	30	/* what is further away is another file */

struct known;

/* By the length that the values hold. */
struct known_tlshs {
	uint32_t *files;
	size_t count;
};

int known_tlsh_seal(struct known *k) must_check;

/* The first of the files nearest to the value, -1 if none is near; its
 * distance. */
long known_tlsh_find(const struct known *k,
    const uint8_t value[static TLSH_LEN], unsigned *ret_distance);

#endif
