/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_BYTE_LIST_H
#define CONTENT_BYTE_LIST_H

#include "content/scan_tree.h"

/*
 * A list of numbers that are bytes, 0 to 255 or -128 to 127, as some libraries
 * write binary data in JSON; or a map of such from their places, which is how
 * JavaScript writes an array of bytes: {"0":77,"1":90}. What is in it is told as
 * one value once it is long enough and all of its numbers are such.
 */

#define BYTE_LIST_MIN	16

struct byte_list {
	bool only;		/* so far */
	bool map;
	size_t count;
	struct value value;
	uint8_t path[SCAN_MAX_PATH];
};

void byte_list_open(struct byte_list *b, struct scan_node *n, struct span path,
    uint64_t offset, bool map);

/* What the next scalar is of, in a map: its place, or the map is none of bytes. */
void byte_list_key(struct byte_list *b, struct span key);

/* One more scalar as it is written; true if it belongs to a list that is long
 * already, and need not be looked at by itself. */
bool byte_list_add(struct byte_list *b, struct span scalar);

/* The list ends, or turns out to be none; nothing is open: nothing is done. */
void byte_list_close(struct byte_list *b, bool complete);

#endif
