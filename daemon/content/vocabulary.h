/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_VOCABULARY_H
#define CONTENT_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"
#include "content/known/known.h"

/* What field names say about their values. Names are compared as letters and
 * figures only, in small letters: "File-SHA256" is "filesha256". */

#define VOCABULARY_KEY_MAX	64

size_t vocabulary_normalize(struct span key, char *ret_key);

/* True if a field of that name holds a file's hash; *ret_alg which one the
 * name says, KNOWN_HASH_COUNT if any. Names of passwords, sessions, tokens,
 * certificates and the like are not such. */
bool vocabulary_is_hash(const char *key, enum known_hash *ret_alg);

/* True if a field of that name holds an address that is asked about. */
bool vocabulary_is_url(const char *key);

/* True if URLs in it are names of formats, not addresses. */
bool vocabulary_is_schema(const char *key);

/* True for entity tags and digests of the message itself. */
bool vocabulary_is_tag(const char *key);

/* True if such a name is anywhere in a path. */
bool vocabulary_is_below_tag(struct span path);

/* The kind of data that the name says, and why in words; NULL if none. */
const char *vocabulary_category(const char *key, struct span value,
    const char **ret_why);

/* The kind of data that a value of any name shows. */
const char *vocabulary_value(struct span value, const char **ret_why);

#endif
