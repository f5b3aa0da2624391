// SPDX-License-Identifier: Apache-2.0
/*
 * Microsoft Bond, the two encodings that say what they hold: Compact Binary
 * (version 1 and 2) and Fast Binary. A payload begins with the encoding's mark
 * and version; fields have numbers and no names, so that a path reads "/3/20".
 * (Simple Binary needs the schema and is not read.)
 *
 * A level is a struct, a list or a map. Lists of bytes are one value; numbers
 * are passed over.
 */
#include <stdio.h>
#include <string.h>

#include "content/walk/bond_walk.h"

static void begin_value(struct scan_node *n, struct bond_state *st);

static bool
bond_open(struct scan_node *n)
{
	return true;
}

static void
path_step(struct bond_state *st, unsigned number)
{
	size_t at = st->level[st->depth - 1].path_at;

	st->path_len = at + (size_t)snprintf((char *)st->path + at,
	    BOND_PATH_STEP, "/%u", number);
}

static void
open_level(struct bond_state *st, uint8_t kind)
{
	if (st->depth == BOND_DEPTH_MAX) {
		st->at = AT_BROKEN;
		return;
	}
	st->level[st->depth++] = (struct bond_level){
		.kind = kind,
		.path_at = (uint16_t)st->path_len,
	};
	if (kind != TYPE_STRUCT)
		st->at = AT_ELEMENT;
	else
		st->at = st->compact && st->second ? AT_STRUCT : AT_FIELD;
	st->types_due = kind == TYPE_MAP ? 2 : 1;
}

void
bond_value_done(struct scan_node *n, struct bond_state *st)
{
	struct bond_level *l;

	st->values++;
	while (st->depth) {
		l = &st->level[st->depth - 1];
		if (l->kind == TYPE_STRUCT) {
			st->at = AT_FIELD;
			return;
		}
		if (l->remaining) {
			l->remaining--;
			st->type = l->element[l->kind == TYPE_MAP &&
			    !(l->remaining & 1)];
			path_step(st, l->index++ / (l->kind == TYPE_MAP ?
			    2 : 1));
			begin_value(n, st);
			return;
		}
		st->path_len = l->path_at;
		st->depth--;
	}
	st->at = AT_END;
}

static void
begin_value(struct scan_node *n, struct bond_state *st)
{
	static const uint8_t fixed[TYPE_COUNT] = {
		[TYPE_BOOL] = 1, [TYPE_UINT8] = 1, [TYPE_INT8] = 1,
		[TYPE_UINT16] = 2, [TYPE_INT16] = 2, [TYPE_UINT32] = 4,
		[TYPE_INT32] = 4, [TYPE_UINT64] = 8, [TYPE_INT64] = 8,
		[TYPE_FLOAT] = 4, [TYPE_DOUBLE] = 8,
	};

	st->varint = st->shift = 0;
	switch (st->type) {
	case TYPE_STRING:
	case TYPE_WSTRING:
		st->at = AT_LENGTH;
		return;
	case TYPE_STRUCT:
	case TYPE_LIST:
	case TYPE_MAP:
		open_level(st, st->type);
		return;
	case TYPE_SET:
		open_level(st, TYPE_LIST);
		return;
	}
	if (st->type >= TYPE_COUNT || !fixed[st->type]) {
		st->at = AT_BROKEN;
		return;
	}
	st->left = fixed[st->type];
	st->at = st->compact && fixed[st->type] > 1 &&
	    st->type != TYPE_FLOAT && st->type != TYPE_DOUBLE ?
	    AT_VARINT : AT_FIXED;
}

static void
field_byte(struct scan_node *n, struct bond_state *st, uint8_t c)
{
	unsigned number = c >> 5;

	st->type = st->compact ? c & 31 : c;
	if (st->type == TYPE_STOP) {
		st->path_len = st->level[st->depth - 1].path_at;
		st->depth--;
		bond_value_done(n, st);
		return;
	}
	if (st->type == TYPE_STOP_BASE)
		return;
	st->varint = st->shift = 0;
	if (!st->compact || number > 5) {
		st->left = st->compact && number == 6 ? 1 : 2;
		st->at = AT_NUMBER;
		return;
	}
	path_step(st, number);
	begin_value(n, st);
}

/* The count of a container is there. */
static void
count_done(struct scan_node *n, struct bond_state *st, uint64_t count)
{
	struct bond_level *l = &st->level[st->depth - 1];

	if (count > UINT32_MAX) {
		st->at = AT_BROKEN;
		return;
	}
	if (l->kind == TYPE_LIST && (l->element[0] == TYPE_UINT8 ||
	    l->element[0] == TYPE_INT8)) {
		st->left = count;
		st->wide = false;
		bond_content_begin(n, st);
		return;
	}
	l->remaining = l->kind == TYPE_MAP ? 2 * count : count;
	bond_value_done(n, st);
}

static void
element_byte(struct scan_node *n, struct bond_state *st, uint8_t c)
{
	struct bond_level *l = &st->level[st->depth - 1];
	uint8_t type = st->compact ? c & 31 : c;

	l->element[l->kind == TYPE_MAP && st->types_due == 1] = type;
	st->varint = st->shift = 0;
	if (!type || type >= TYPE_COUNT)
		st->at = AT_BROKEN;
	else if (--st->types_due)
		return;
	else if (l->kind == TYPE_LIST && st->compact && st->second && c >> 5)
		count_done(n, st, (c >> 5) - 1u);
	else
		st->at = AT_COUNT;
}

static void
varint_byte(struct scan_node *n, struct bond_state *st, uint8_t c)
{
	enum bond_at at = st->at;
	uint64_t v;

	st->varint |= (uint64_t)(c & 0x7f) << st->shift;
	st->shift += 7;
	if (c & 0x80) {
		if (st->shift >= 64)
			st->at = AT_BROKEN;
		return;
	}
	v = st->varint;
	st->varint = st->shift = 0;
	if (at == AT_COUNT) {
		count_done(n, st, v);
	} else if (at == AT_LENGTH) {
		st->wide = st->type == TYPE_WSTRING;
		st->left = st->type == TYPE_WSTRING ? 2 * v : v;
		if (v > UINT32_MAX)
			st->at = AT_BROKEN;
		else
			bond_content_begin(n, st);
	} else if (at == AT_STRUCT) {
		st->at = AT_FIELD;
	} else {
		bond_value_done(n, st);
	}
}

static void
head_byte(struct bond_state *st, uint8_t c)
{
	st->mark[st->have++] = c;
	if (st->have < 4)
		return;
	st->compact = st->mark[0] == 'C';
	st->second = st->mark[2] == 2;
	open_level(st, TYPE_STRUCT);
}

static void
number_byte(struct scan_node *n, struct bond_state *st, uint8_t c)
{
	st->varint |= (uint64_t)c << st->shift;
	st->shift += 8;
	if (--st->left)
		return;
	path_step(st, (unsigned)st->varint);
	begin_value(n, st);
}

static void
bond_byte(struct scan_node *n, struct bond_state *st, uint8_t c)
{
	switch (st->at) {
	case AT_HEAD:
		head_byte(st, c);
		break;
	case AT_FIELD:
		field_byte(n, st, c);
		break;
	case AT_NUMBER:
		number_byte(n, st, c);
		break;
	case AT_ELEMENT:
		element_byte(n, st, c);
		break;
	case AT_STRUCT:
	case AT_COUNT:
	case AT_LENGTH:
	case AT_VARINT:
		varint_byte(n, st, c);
		break;
	default:		/* something behind the end */
		st->at = AT_BROKEN;
	}
}

static void
bond_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct bond_state *st = n->state;

	while (len && st->at != AT_BROKEN) {
		size_t take = 1;

		if (st->at == AT_CONTENT || st->at == AT_FIXED)
			take = st->left < len ? (size_t)st->left : len;
		if (st->at == AT_CONTENT) {
			bond_content_data(n, st, p, take);
		} else if (st->at == AT_FIXED) {
			st->left -= take;
			if (!st->left)
				bond_value_done(n, st);
		} else {
			bond_byte(n, st, *p);
		}
		st->offset += take;
		p += take;
		len -= take;
	}
}

static void
bond_close(struct scan_node *n)
{
	struct bond_state *st = n->state;

	if (st->value.open)
		value_end(&st->value, false);
	n->parsed = st->at == AT_END && st->values;
}

/* A mark, a version, and a first field of a type that there is. */
bool
bond_fits(const uint8_t *p, size_t len)
{
	if (len < 6 || p[3] || !p[2] || p[2] > 2)
		return false;
	if (!memcmp(p, "CB", 2))
		return p[2] == 2 || (p[4] & 31) < TYPE_COUNT;
	return !memcmp(p, "MF", 2) && p[4] < TYPE_COUNT;
}

const struct walker walker_bond = {
	.name = "bond",
	.state_len = sizeof(struct bond_state),
	.open = bond_open,
	.data = bond_data,
	.close = bond_close,
};
