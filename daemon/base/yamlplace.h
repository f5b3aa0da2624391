/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_YAMLPLACE_H
#define BASE_YAMLPLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Where something stands in a text of YAML, for what is said to who wrote it.
 * Lines count from 1; 0 is not known. */

/* ERR_MALFORMED if it is no YAML, or more than one document, with the line and
 * what is wrong there. */
must_check int yamlplace_check(const void *text, size_t len, unsigned *ret_line,
    const char **ret_why);

/* Is it one document, if it is YAML? True only where a look at how lines begin tells:
 * of plain ASCII, with keys at the margin and nothing else that could end the
 * mapping that they are in. */
bool yamlplace_is_one(const void *text, size_t len);

/* The line of a value below a key of a mapping, or of that key if value is NULL or
 * not there; outer is the key that mapping is at, NULL for the whole text. */
unsigned yamlplace_find(const void *text, size_t len, const char *outer,
    const char *key, const char *value);

#endif
