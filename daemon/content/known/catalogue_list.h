/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_CATALOGUE_LIST_H
#define CONTENT_CATALOGUE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "content/known/known.h"

/*
 * What catalogues are made from, line by line and never as a whole: manifests
 * (see known_add_path()), and tables with a line that names their columns,
 * comma or tab between them, as NIST's NSRL comes. Of a table's columns MD5,
 * SHA1 and so on, FileName and FileSize are taken, however they are written
 * ("sha-1", "file_name"). Lists may be gzipped.
 */

struct list_record {
	uint8_t hash[KNOWN_HASH_COUNT][KNOWN_HASH_MAX_LEN];
	uint8_t has_hash;
	uint64_t size;		/* UINT64_MAX: not told */
	struct span name;	/* lives until the next record */
};

struct list_reader;

int list_open(const char *path, struct list_reader **ret_l) must_check;
/* Lines come from memory, which must stay. */
struct list_reader *list_over(const uint8_t *text, size_t len);
void list_close(struct list_reader *l);

/* 1: a record, 0: there are no more; a negative code: list_error() says what is
 * wrong, list_line() where. */
int list_next(struct list_reader *l, struct list_record *ret_record) must_check;
const char *list_error(const struct list_reader *l);
uint64_t list_line(const struct list_reader *l);

#endif
