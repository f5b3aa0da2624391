// SPDX-License-Identifier: Apache-2.0
#include "content/byte_list.h"

#include <stdio.h>
#include <string.h>

#include "content/known/byte_class.h"

void
byte_list_open(struct byte_list *b, struct scan_node *n, struct span path,
    uint64_t offset, bool map)
{
	size_t len = path.len < sizeof(b->path) ? path.len : sizeof(b->path);

	if (len)
		memcpy(b->path, path.p, len);
	b->only = true;
	b->map = map;
	b->count = 0;
	value_begin(&b->value, n, n->walker->name,
	    (struct span){ b->path, len }, (struct span){ 0 }, offset);
	b->value.bytes = true;
}

void
byte_list_close(struct byte_list *b, bool complete)
{
	b->only = false;
	if (!b->value.open)
		return;
	if (b->value.len < BYTE_LIST_MIN)
		b->value.open = false;
	else
		value_end(&b->value, complete);
}

/* As it is written without need: no zeros before it. */
static bool
is_number(struct span s, size_t number)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%zu", number);

	return s.len == (size_t)len && !memcmp(s.p, text, s.len);
}

void
byte_list_key(struct byte_list *b, struct span key)
{
	if (!b->only)
		return;
	if (!b->map || !is_number(key, b->count))
		byte_list_close(b, false);
	else
		b->value.raw_bytes += key.len + sizeof("\"\":") - 1;
}

/* The value of a scalar as a byte, -1 if it is none. */
static int
byte_of(struct span s)
{
	bool negative = s.len > 1 && s.p[0] == '-';
	size_t i = negative;
	int v = 0;

	if (!s.len || s.len > 4)
		return -1;
	for (; i < s.len; i++) {
		if (!byte_is(s.p[i], BYTE_DIGIT))
			return -1;
		v = 10 * v + (s.p[i] - '0');
	}
	if (v > (negative ? 128 : 255))
		return -1;
	return negative ? -v & 0xff : v;
}

bool
byte_list_add(struct byte_list *b, struct span scalar)
{
	int v = b->only ? byte_of(scalar) : -1;
	uint8_t byte = (uint8_t)v;

	if (!b->only)
		return false;
	if (v < 0) {
		byte_list_close(b, false);
		return false;
	}
	value_data(&b->value, &byte, 1);
	b->count++;
	b->value.raw_bytes += scalar.len + 1;
	return b->value.len > BYTE_LIST_MIN;
}
