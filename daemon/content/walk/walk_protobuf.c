// SPDX-License-Identifier: Apache-2.0
/*
 * Protocol buffers without their schema: fields have numbers, and lengths. A
 * field with a length is text, a message again, or bytes; a long one becomes an
 * item, where the same question is asked.
 */
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "content/format.h"
#include "content/target.h"
#include "content/walk/walkers.h"

#define FIELD_MAX	(1u << 20)	/* numbers above are not believed */
#define NEST_MAX	8

enum proto_at {
	AT_TAG,
	AT_VARINT,
	AT_LENGTH,
	AT_FIXED,
	AT_BYTES,
	AT_BROKEN,
};

struct proto_state {
	enum proto_at at;
	uint64_t number, varint, left, offset;
	unsigned shift;
	struct value value;
	size_t path_len;
	uint8_t path[32];
};

/* One field of a message in memory; false at its end or if it is none. */
struct proto_field {
	uint32_t number;
	unsigned type;
	struct span bytes;
};

static uint64_t
read_varint(struct cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t b = cur_u8(c);

		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
	}
	c->failed = true;
	return 0;
}

static bool
read_field(struct cursor *c, struct proto_field *ret, uint64_t *ret_len)
{
	uint64_t tag = read_varint(c);
	const uint8_t *p;

	ret->number = (uint32_t)(tag >> 3);
	ret->type = tag & 7;
	*ret_len = 0;
	if (cur_failed(c) || !(tag >> 3) || tag >> 3 > FIELD_MAX)
		return false;
	p = cur_peek(c);
	switch (ret->type) {
	case 0:
		(void)read_varint(c);
		ret->bytes = (struct span){ p, (size_t)(cur_peek(c) - p) };
		return true;
	case 1:
		ret->bytes = (struct span){ cur_bytes(c, 8), 8 };
		return true;
	case 5:
		ret->bytes = (struct span){ cur_bytes(c, 4), 4 };
		return true;
	case 2:
		*ret_len = read_varint(c);
		if (cur_failed(c))
			return true;
		p = cur_peek(c);
		ret->bytes = (struct span){ p, (size_t)*ret_len };
		if (*ret_len > cur_left(c))
			c->failed = true;
		else
			cur_skip(c, (size_t)*ret_len);
		return true;
	}
	return false;
}

/* Complete fields of a message that is all there; 0 if it is none. */
static size_t
count_fields(struct span s)
{
	struct cursor c = cur_init(s.p, s.len);
	struct proto_field f;
	uint64_t len;
	size_t n = 0;

	while (cur_left(&c)) {
		if (!read_field(&c, &f, &len) || cur_failed(&c))
			return 0;
		n++;
	}
	return n;
}

static int score(struct span s, bool cut, int depth);

/* What is in a field speaks for the message that it is of. */
static int
score_bytes(struct span v, bool cut, int depth)
{
	int inner;

	if (v.len <= 3)
		return v.len > 1 && format_is_text(v.p, v.len) ? (int)v.len : 0;
	if (format_is_text(v.p, v.len) || walker_unpacks(v.p, v.len) ||
	    format_of(v.p, v.len).file || msgpack_fits(v.p, v.len) ||
	    cbor_fits(v.p, v.len))
		return 10;
	inner = score(v, cut, depth + 1);
	return inner > 0 ? inner : 0;
}

/* Numbers are small, as a rule, and rise. */
static int
score_order(const struct proto_field *f, uint32_t last)
{
	return f->number <= 64 && f->number >= last ? 2 : -2;
}

/*
 * How much speaks for a message, in bits, roughly: random bytes go on as fields
 * in rising order one time in four; text, files and messages within are rare in
 * them. -1: it is none. cut: more bytes follow.
 */
static int
score(struct span s, bool cut, int depth)
{
	struct cursor c = cur_init(s.p, s.len);
	struct proto_field f = { 0 };
	uint32_t last = 0;
	uint64_t len = 0;
	int sum = 0;

	while (cur_left(&c)) {
		const uint8_t *at = cur_peek(&c);
		bool fine = read_field(&c, &f, &len);

		if (cur_failed(&c) && cut && depth < 4 && fine &&
		    f.type == 2 && len < 1ull << 40 && f.bytes.p) {
			f.bytes.len = (size_t)(s.p + s.len - f.bytes.p);
			return sum + score_order(&f, last) +
			    score_bytes(f.bytes, true, depth);
		}
		if (cur_failed(&c))
			return cut && s.p + s.len - at < 12 ? sum : -1;
		if (!fine)
			return -1;
		sum += score_order(&f, last);
		last = f.number;
		if (f.type == 2 && depth < 4)
			sum += score_bytes(f.bytes, false, depth);
	}
	return sum;
}

/* A message that is all there has to end exactly, which is evidence too. */
bool
protobuf_fits(const uint8_t *p, size_t len, bool whole)
{
	if (format_is_text(p, len))
		return false;
	return score((struct span){ p, len }, !whole, 0) >= (whole ? 4 : 7);
}

static bool
protobuf_open(struct scan_node *n)
{
	return true;
}

/* A short field with a length: a message's fields, or a value. */
static void
short_field(struct scan_node *n, const char *path, struct span v,
    uint64_t offset, int depth)
{
	struct cursor c = cur_init(v.p, v.len);
	struct proto_field f;
	char inner[64];
	uint64_t len;

	if (!v.len)
		return;
	if (format_is_text(v.p, v.len) || depth == NEST_MAX ||
	    !count_fields(v)) {
		scan_field(n, &(struct field){
			.path = span_str(path),
			.value = v,
			.offset = offset,
			.encoding = "protobuf",
		});
		return;
	}
	while (cur_left(&c) && read_field(&c, &f, &len)) {
		if (f.type != 2)
			continue;
		snprintf(inner, sizeof(inner), "%s/%u", path, f.number);
		short_field(n, inner, f.bytes, offset +
		    (uint64_t)(f.bytes.p - v.p), depth + 1);
	}
	/* as a whole too: bytes that happen to parse are still bytes */
	scan_field(n, &(struct field){
		.path = span_str(path),
		.value = v,
		.offset = offset,
		.encoding = "protobuf",
	});
}

static void
begin_bytes(struct scan_node *n, struct proto_state *st)
{
	st->path_len = (size_t)snprintf((char *)st->path, sizeof(st->path),
	    "/%u", (unsigned)st->number);
	value_begin(&st->value, n, "protobuf", (struct span){ st->path,
		st->path_len }, (struct span){ 0 }, st->offset);
	st->at = AT_BYTES;
}

static void
end_bytes(struct scan_node *n, struct proto_state *st)
{
	st->at = AT_TAG;
	if (st->value.item || st->value.len >= SCAN_FIELD) {
		value_end(&st->value, true);
		return;
	}
	st->value.open = false;
	short_field(n, (char *)st->path, (struct span){ st->value.text,
		st->value.len }, st->value.offset, 0);
}

static void
tag_end(struct proto_state *st)
{
	unsigned type = st->varint & 7;

	st->number = st->varint >> 3;
	if (!st->number || st->number > FIELD_MAX)
		st->at = AT_BROKEN;
	else if (type == 0)
		st->at = AT_VARINT;
	else if (type == 2)
		st->at = AT_LENGTH;
	else if (type == 1 || type == 5)
		st->at = AT_FIXED;
	else
		st->at = AT_BROKEN;
	st->left = type == 1 ? 8 : 4;
}

static void
varint_byte(struct scan_node *n, struct proto_state *st, uint8_t b)
{
	st->varint |= (uint64_t)(b & 0x7f) << st->shift;
	st->shift += 7;
	if (b & 0x80) {
		if (st->shift >= 64)
			st->at = AT_BROKEN;
		return;
	}
	if (st->at == AT_TAG) {
		tag_end(st);
	} else if (st->at == AT_LENGTH) {
		st->left = st->varint;
		st->offset++;
		begin_bytes(n, st);
		st->offset--;
		if (!st->left)
			end_bytes(n, st);
	} else {
		st->at = AT_TAG;
	}
	st->varint = st->shift = 0;
}

static void
protobuf_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct proto_state *st = n->state;

	while (len && st->at != AT_BROKEN) {
		size_t take = 1;

		if (st->at == AT_BYTES || st->at == AT_FIXED) {
			take = st->left < len ? (size_t)st->left : len;
			st->left -= take;
		}
		if (st->at == AT_BYTES) {
			value_data(&st->value, p, take);
			st->value.raw_bytes += take;
			if (!st->left)
				end_bytes(n, st);
		} else if (st->at == AT_FIXED) {
			if (!st->left)
				st->at = AT_TAG;
		} else {
			varint_byte(n, st, *p);
		}
		st->offset += take;
		p += take;
		len -= take;
	}
}

static void
protobuf_close(struct scan_node *n)
{
	struct proto_state *st = n->state;

	if (st->value.open)
		value_end(&st->value, false);
	n->parsed = st->at == AT_TAG && !st->shift;
}

const struct walker walker_protobuf = {
	.name = "protobuf",
	.state_len = sizeof(struct proto_state),
	.open = protobuf_open,
	.data = protobuf_data,
	.close = protobuf_close,
};
