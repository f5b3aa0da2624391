/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_BYTE_LIST_H
#define CONTENT_BYTE_LIST_H

#include "content/scan_tree.h"

/*
 * A list of numbers that are bytes, 0 to 255 or -128 to 127, as some libraries
 * write binary data in JSON. What is in it is told as one value once it is long
 * enough and all of its numbers are such.
 */

#define BYTE_LIST_MIN	16

struct byte_list {
	bool only;		/* so far */
	struct value value;
	uint8_t path[SCAN_MAX_PATH];
};

void byte_list_open(struct byte_list *b, struct scan_node *n, struct span path,
    uint64_t offset);

/* One more scalar as it is written; true if it belongs to a list that is long
 * already, and need not be looked at by itself. */
bool byte_list_add(struct byte_list *b, struct span scalar);

/* The list ends, or turns out to be none; nothing is open: nothing is done. */
void byte_list_close(struct byte_list *b, bool complete);

#endif
