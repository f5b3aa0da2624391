/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "base/arena.h"
#include "base/span.h"

/* Rows found by key, up to a ceiling; above it nothing is added, and `more`
 * counts how often a row was wanted. Rows and keys live in an arena. */

/* The first member of every row. */
struct table_row {
	struct span key;
	uint64_t hash;
};

struct table_slot {
	uint64_t hash;			/* searches touch no row but their own */
	struct table_row *row;		/* NULL: empty */
};

struct table {
	struct table_row **rows;	/* in the order they came */
	size_t count, max;
	struct table_slot *slots;
	size_t slot_count;
	uint64_t more;
};

void table_init(struct table *t, size_t max);
void table_clear(struct table *t);

/*
 * table_add - the row of that key, a new zeroed one of row_size bytes if there
 * is none yet. Returns 0; 1 if the table is full, then the wish is counted;
 * -ENOMEM. *ret_row is set on 0 only.
 */
int table_add(struct table *t, struct arena *arena, struct span key,
    size_t row_size, struct table_row **ret_row);

/* The row of that key, NULL if there is none. */
struct table_row *table_find(const struct table *t, struct span key);

/* The order of keys by bytes, for lists that must come out the same. */
int table_row_compare(const struct table_row *a, const struct table_row *b);

#endif
