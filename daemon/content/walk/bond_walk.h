/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_BOND_WALK_H
#define CONTENT_BOND_WALK_H

#include "content/walk/walkers.h"

/*
 * The state of a walk through a Bond payload, which its two halves share: the
 * structure (walk_bond.c) and the bytes of a value (bond_value.c).
 */

#define BOND_DEPTH_MAX	32
#define BOND_PATH_STEP	12	/* '/' and a number */

enum bond_type {
	TYPE_STOP,
	TYPE_STOP_BASE,
	TYPE_BOOL,
	TYPE_UINT8,
	TYPE_UINT16,
	TYPE_UINT32,
	TYPE_UINT64,
	TYPE_FLOAT,
	TYPE_DOUBLE,
	TYPE_STRING,
	TYPE_STRUCT,
	TYPE_LIST,
	TYPE_SET,
	TYPE_MAP,
	TYPE_INT8,
	TYPE_INT16,
	TYPE_INT32,
	TYPE_INT64,
	TYPE_WSTRING,
	TYPE_COUNT,
};

enum bond_at {
	AT_HEAD,		/* mark and version */
	AT_STRUCT,		/* version 2: the length of what follows */
	AT_FIELD,		/* a field's type */
	AT_NUMBER,		/* more of its number */
	AT_ELEMENT,		/* the type of a list's or a map's elements */
	AT_COUNT,
	AT_LENGTH,
	AT_VARINT,
	AT_FIXED,		/* left bytes to pass over */
	AT_CONTENT,		/* left bytes of a value */
	AT_END,
	AT_BROKEN,
};

struct bond_level {
	uint8_t kind;		/* TYPE_STRUCT, TYPE_LIST or TYPE_MAP */
	uint8_t element[2];
	uint32_t index;
	uint64_t remaining;	/* elements; of a map, keys and values */
	uint16_t path_at;
};

struct bond_state {
	enum bond_at at;
	uint8_t mark[4];
	unsigned have;
	bool compact, second;	/* not Fast Binary; version 2 */
	uint8_t type;		/* of the value to come */
	uint8_t types_due;
	unsigned shift;
	uint64_t varint, left, offset, values;
	unsigned depth;
	struct bond_level level[BOND_DEPTH_MAX];
	size_t path_len;
	bool wide, half;	/* half a wide character is in first */
	uint8_t first;
	struct value value;
	uint8_t path[BOND_DEPTH_MAX * BOND_PATH_STEP + BOND_PATH_STEP];
};

/* Content of left bytes begins, or a run of numbers that are one byte each. */
void bond_content_begin(struct scan_node *n, struct bond_state *st);
/* More of it, at most what is left. */
void bond_content_data(struct scan_node *n, struct bond_state *st,
    const uint8_t *p, size_t len);
/* A value has ended. Elements follow one another; where there are no more,
 * levels end. */
void bond_value_done(struct scan_node *n, struct bond_state *st);

#endif
