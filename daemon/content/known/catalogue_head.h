/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_CATALOGUE_HEAD_H
#define CONTENT_CATALOGUE_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "content/known/known.h"

/*
 * The layout of a catalogue's file. All numbers are little-endian. The head,
 * CATALOGUE_HEAD_LEN bytes with zeros behind what is written, says where the
 * rest is:
 *
 *	rows	size (8; all ones: not known), place of the name (7), algorithms
 *		(1, a bit for each), then the hashes of the head's algorithms
 *		by length, zeros for those that the row has not
 *	names	each with a NUL behind it
 *	filter	2^filter_log2 words of 64 bits, eight at least, from a multiple
 *		of CATALOGUE_HEAD_LEN on; see catalogue_filter.h
 *	and for each algorithm
 *	entries	key (8): a hash's first eight bytes, the first highest; row (4);
 *		sorted by both
 *	table	2^bits + 1 numbers of 4 bytes: the first entry whose key's
 *		upper bits are not below, and at last how many there are
 */

#define CATALOGUE_HEAD_LEN	4096
#define CATALOGUE_VERSION	2
#define CATALOGUE_ENTRY_LEN	12
#define CATALOGUE_ROW_FIXED	16
#define CATALOGUE_MAX_ROWS	((1u << 31) - 1)
#define CATALOGUE_MAX_BITS	30
#define CATALOGUE_NAME_MASK	((1ull << 56) - 1)

struct catalogue_section {
	uint64_t count, entries_at, table_at;
	uint32_t bits;
};

struct catalogue_head {
	uint64_t file_len;
	uint64_t row_count, rows_at;
	uint32_t row_len;
	uint32_t algorithms;	/* a bit for each */
	uint32_t only;		/* those that name rows without a SHA-256 */
	uint32_t filter_log2;
	uint64_t filter_at;
	uint64_t names_at, names_len;
	struct catalogue_section by[KNOWN_HASH_COUNT];
	uint8_t digest[32];	/* SHA-256 of the rows, then the names */
};

/* True if the bytes are a catalogue's first. */
bool catalogue_is(const uint8_t *head, size_t len);

/* How long a row is with these algorithms. */
uint32_t catalogue_row_len(uint32_t algorithms);

/* Checks all that it says against the file's length. */
int catalogue_head_read(const uint8_t *data, size_t len, uint64_t file_len,
    struct catalogue_head *ret_head) must_check;
void catalogue_head_write(const struct catalogue_head *h,
    uint8_t ret_data[static CATALOGUE_HEAD_LEN]);

#endif
