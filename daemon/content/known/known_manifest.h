/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_KNOWN_MANIFEST_H
#define CONTENT_KNOWN_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "content/known/known.h"

/* One line of what md5sum, sha256sum and their like print. */

#define MANIFEST_NAME_MAX	4096

struct manifest_line {
	uint8_t hash[KNOWN_HASH_MAX_LEN];
	enum known_hash alg;
	struct span name;	/* of the line */
	bool escaped;
};

/* NULL, or what is wrong with the line, which has no end of line. */
const char *manifest_read_line(struct span s, struct manifest_line *ret);

/* Leading hex digits that make exactly one hash; how many there are, else 0. */
size_t manifest_hash(struct span s, struct manifest_line *ret);

/* Undoes \\, \n and \r in place; the new length. */
size_t manifest_unescape(char *s);

#endif
