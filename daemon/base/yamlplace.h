/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_YAMLPLACE_H
#define BASE_YAMLPLACE_H

#include <stddef.h>

#include "base/err.h"

/* Where something stands in a text of YAML, for what is said to who wrote it.
 * Lines count from 1; 0 is not known. */

/* ERR_MALFORMED if it is no YAML, or more than one document, with the line and
 * what is wrong there. */
must_check int yamlplace_check(const void *text, size_t len, unsigned *ret_line,
    const char **ret_why);

/* The line of a value below a key of a mapping, or of that key if value is NULL or
 * not there; outer is the key that mapping is at, NULL for the whole text. */
unsigned yamlplace_find(const void *text, size_t len, const char *outer,
    const char *key, const char *value);

#endif
