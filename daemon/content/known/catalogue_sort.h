/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_CATALOGUE_SORT_H
#define CONTENT_CATALOGUE_SORT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Sorts more entries than memory is to hold: they are taken in runs, each
 * sorted and put into a scratch file, and the runs are merged. By key, and by
 * row where keys are alike.
 */

struct sort_entry {
	uint64_t key;
	uint32_t row;
};

struct sorter;

/* A file without a name in the folder that path lies in, or a negative code. */
int sort_scratch(const char *path) must_check;

/* Its scratch file will be beside path; which must live as long. */
struct sorter *sorter_new(const char *path);
void sorter_free(struct sorter *s);

/* Entries are added in the order of their rows. */
int sorter_add(struct sorter *s, uint64_t key, uint32_t row) must_check;
uint64_t sorter_count(const struct sorter *s);

/* No more are added. */
int sorter_seal(struct sorter *s) must_check;
/* 1: the next in order, 0: there are no more, or a negative code. */
int sorter_next(struct sorter *s, struct sort_entry *ret_entry) must_check;

#endif
