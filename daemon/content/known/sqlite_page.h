/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_SQLITE_PAGE_H
#define CONTENT_SQLITE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "content/known/known_set.h"

/*
 * What of an SQLite database is not its own: the schema in its first page, heads
 * and pointers of pages, and which pages a table lies in. Databases of one program
 * have it in common byte for byte, as far as they are of one size. For
 * match_say.c; https://www.sqlite.org/fileformat2.html, section 1.
 */

/* sqlite_mark_own - sets own[i] where byte i of the len bytes from offset on is of
 * a record or a key. False, and own as it was: the content is no database. */
bool sqlite_mark_own(const struct known *k, uint32_t content, uint64_t offset,
    size_t len, bool *own);

#endif
