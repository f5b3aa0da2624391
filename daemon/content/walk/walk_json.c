// SPDX-License-Identifier: Apache-2.0
/*
 * JSON as it streams by: one document or several behind one another. Values are
 * told with their path; strings are unescaped. Broken JSON ends the walk, what
 * came before it stands.
 */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "content/known/byte_class.h"
#include "content/byte_list.h"
#include "content/format.h"
#include "content/walk/walkers.h"

#define DEPTH_MAX	64
#define KEY_MAX		128

enum json_at {
	AT_VALUE,		/* a value, or the end of an empty array */
	AT_KEY,			/* a key, or the end of an object */
	AT_COLON,
	AT_NEXT,		/* ',' or the end */
	AT_STRING,
	AT_ESCAPE,
	AT_UNICODE,
	AT_SCALAR,		/* number, true, false, null */
	AT_BROKEN,
};

struct json_state {
	enum json_at at;
	unsigned depth;
	bool is_key, is_value_due;
	uint64_t objects;	/* bit per depth: object, not array */
	uint32_t index[DEPTH_MAX];
	uint16_t path_at[DEPTH_MAX + 1];
	uint16_t path_len;
	uint16_t key_at;	/* of the nearest object's key in path */
	uint16_t key_of[DEPTH_MAX + 1];
	uint16_t key_end[DEPTH_MAX + 1];
	uint64_t offset;
	uint32_t code, high;	/* of \\uXXXX; high surrogate before it */
	unsigned code_digits;
	uint64_t documents;
	size_t skip;		/* of a byte order mark */
	struct value value;
	struct byte_list bytes;	/* the innermost array or object */
	uint8_t path[SCAN_MAX_PATH + KEY_MAX];
};

static bool
in_object(const struct json_state *st)
{
	return st->depth && st->objects >> (st->depth - 1) & 1;
}

static bool
json_open(struct scan_node *n)
{
	struct json_state *st = n->state;

	st->at = AT_VALUE;
	if (n->head_len >= 3 && !memcmp(n->head, "\xef\xbb\xbf", 3))
		st->skip = 3;
	return true;
}

static void
path_append(struct json_state *st, const uint8_t *p, size_t len)
{
	size_t room = SCAN_MAX_PATH - st->path_len;

	len = len < room ? len : room;
	memcpy(st->path + st->path_len, p, len);
	st->path_len = (uint16_t)(st->path_len + len);
}

/* The path of the value to come: in an array its number is the last part. */
static void
path_value(struct json_state *st)
{
	char number[16];
	int n;

	if (!st->depth || in_object(st))
		return;
	st->path_len = st->path_at[st->depth];
	n = snprintf(number, sizeof(number), "/%u", st->index[st->depth - 1]);
	path_append(st, (const uint8_t *)number, (size_t)n);
}

static void
begin_value(struct scan_node *n, struct json_state *st)
{
	struct span key;

	path_value(st);
	key = (struct span){ st->path + st->key_of[st->depth],
		(size_t)(st->key_end[st->depth] - st->key_of[st->depth]) };
	value_begin(&st->value, n, "json", (struct span){ st->path,
		st->path_len }, key, st->offset);
}

static void
after_value(struct json_state *st)
{
	st->at = st->depth ? AT_NEXT : AT_VALUE;
	if (!st->depth)
		st->documents++;
}

static void
open_level(struct scan_node *n, struct json_state *st, bool object)
{
	if (st->depth == DEPTH_MAX) {
		st->at = AT_BROKEN;
		return;
	}
	path_value(st);
	st->key_of[st->depth + 1] = st->key_of[st->depth];
	st->key_end[st->depth + 1] = st->key_end[st->depth];
	st->depth++;
	st->path_at[st->depth] = st->path_len;
	st->index[st->depth - 1] = 0;
	st->objects &= ~(1ull << (st->depth - 1));
	st->objects |= (uint64_t)object << (st->depth - 1);
	byte_list_close(&st->bytes, false);
	if (n->s->known)
		byte_list_open(&st->bytes, n, (struct span){ st->path,
			st->path_len }, st->offset, object);
	st->at = object ? AT_KEY : AT_VALUE;
	st->is_value_due = false;
}

static void
close_level(struct json_state *st, bool object)
{
	if (!st->depth || in_object(st) != object || st->is_value_due) {
		st->at = AT_BROKEN;
		return;
	}
	byte_list_close(&st->bytes, true);
	st->depth--;
	st->path_len = st->path_at[st->depth + 1];
	after_value(st);
}

static void
string_bytes(struct json_state *st, const uint8_t *p, size_t len)
{
	size_t room;

	if (!st->is_key) {
		value_data(&st->value, p, len);
		return;
	}
	room = st->key_at + KEY_MAX > st->path_len ?
	    (size_t)(st->key_at + KEY_MAX - st->path_len) : 0;
	path_append(st, p, len < room ? len : room);
}

static void
begin_string(struct scan_node *n, struct json_state *st, bool key)
{
	if (!key)
		byte_list_close(&st->bytes, false);
	st->at = AT_STRING;
	st->is_key = key;
	st->high = 0;
	if (!key) {
		begin_value(n, st);
		st->value.offset++;
		return;
	}
	st->path_len = st->path_at[st->depth];
	path_append(st, (const uint8_t *)"/", 1);
	st->key_at = st->path_len;
}

static void
end_string(struct json_state *st)
{
	if (st->is_key) {
		st->key_of[st->depth] = st->key_at;
		st->key_end[st->depth] = st->path_len;
		byte_list_key(&st->bytes, (struct span){ st->path + st->key_at,
			(size_t)(st->path_len - st->key_at) });
		st->at = AT_COLON;
		return;
	}
	value_end(&st->value, true);
	after_value(st);
}

static void
end_scalar(struct json_state *st)
{
	/* a long list of bytes is none of fields */
	if (byte_list_add(&st->bytes, (struct span){ st->value.text,
		st->value.len }))
		st->value.open = false;
	else
		value_end(&st->value, true);
	after_value(st);
}

static void
put_code(struct json_state *st, uint32_t c)
{
	uint8_t u[4];

	string_bytes(st, u, utf8_encode(c, u));
}

static void
unicode_digit(struct json_state *st, uint8_t c)
{
	if (!byte_is(c, BYTE_HEX)) {
		st->at = AT_BROKEN;
		return;
	}
	st->code = st->code << 4 | hex_digit(c);
	if (++st->code_digits < 4)
		return;
	st->at = AT_STRING;
	if (st->code >= 0xd800 && st->code < 0xdc00) {
		st->high = st->code;
		return;
	}
	if (st->code >= 0xdc00 && st->code < 0xe000 && st->high)
		st->code = 0x10000 + ((st->high - 0xd800) << 10) +
		    (st->code - 0xdc00);
	st->high = 0;
	put_code(st, st->code);
}

static void
escape_byte(struct json_state *st, uint8_t c)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *hit = c ? strchr(from, c) : NULL;

	st->at = AT_STRING;
	if (c == 'u') {
		st->at = AT_UNICODE;
		st->code = st->code_digits = 0;
	} else if (hit) {
		string_bytes(st, (const uint8_t *)&to[hit - from], 1);
	} else {
		st->at = AT_BROKEN;
	}
}

/* Bytes of a string up to a quote or a backslash; how many were taken. */
static size_t
string_run(struct json_state *st, const uint8_t *p, size_t len)
{
	const uint8_t *quote = memchr(p, '"', len), *slash;
	size_t n = quote ? (size_t)(quote - p) : len;

	slash = n ? memchr(p, '\\', n) : NULL;
	if (slash)
		n = (size_t)(slash - p);
	if (n)
		string_bytes(st, p, n);
	return n;
}

static void
structure_byte(struct scan_node *n, struct json_state *st, uint8_t c)
{
	enum json_at at = st->at;

	if (byte_is(c, BYTE_SPACE))
		return;
	if (at == AT_COLON && c == ':') {
		st->at = AT_VALUE;
		st->is_value_due = true;
	} else if (at == AT_NEXT && c == ',') {
		st->at = in_object(st) ? AT_KEY : AT_VALUE;
		if (!in_object(st))
			st->index[st->depth - 1]++;
		st->is_value_due = true;
	} else if (c == '}' || c == ']') {
		close_level(st, c == '}');
	} else if (at == AT_KEY && c == '"') {
		begin_string(n, st, true);
	} else if (at == AT_VALUE && c == '"') {
		st->is_value_due = false;
		begin_string(n, st, false);
	} else if (at == AT_VALUE && (c == '{' || c == '[')) {
		open_level(n, st, c == '{');
	} else if (at == AT_VALUE && (byte_is(c, BYTE_DIGIT | BYTE_ALPHA) ||
	    c == '-') && st->depth) {
		st->is_value_due = false;
		begin_value(n, st);
		value_data(&st->value, &c, 1);
		st->at = AT_SCALAR;
	} else {
		st->at = AT_BROKEN;
	}
}

/* One byte outside of a string's plain run. */
static void
json_byte(struct scan_node *n, struct json_state *st, uint8_t c)
{
	if (st->at == AT_SCALAR) {
		if (byte_is(c, BYTE_DIGIT | BYTE_ALPHA) || c == '.' ||
		    c == '-' || c == '+') {
			value_data(&st->value, &c, 1);
			return;
		}
		end_scalar(st);
	}
	if (st->at == AT_STRING && c == '"')
		end_string(st);
	else if (st->at == AT_STRING)
		st->at = AT_ESCAPE;
	else if (st->at == AT_ESCAPE)
		escape_byte(st, c);
	else if (st->at == AT_UNICODE)
		unicode_digit(st, c);
	else
		structure_byte(n, st, c);
}

static void
json_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct json_state *st = n->state;
	size_t skip = st->skip < len ? st->skip : len;
	bool text;

	st->skip -= skip;
	st->offset += skip;
	for (size_t i = skip; i < len && st->at != AT_BROKEN;) {
		size_t take = 0;

		text = st->at == AT_STRING;
		if (text)
			take = string_run(st, p + i, len - i);
		i += take;
		st->offset += take;
		if (st->value.open)
			st->value.raw_bytes += take;
		if (i == len || (text && st->at != AT_STRING))
			break;
		json_byte(n, st, p[i++]);
		st->offset++;
		if (st->value.open)
			st->value.raw_bytes++;
	}
}

static void
json_close(struct scan_node *n)
{
	struct json_state *st = n->state;

	if (st->value.open)
		value_end(&st->value, st->at == AT_SCALAR);
	byte_list_close(&st->bytes, false);
	n->parsed = st->at == AT_VALUE && !st->depth && st->documents;
}

/* A '{' or '[' with what may follow it. */
bool
json_fits(const uint8_t *p, size_t len)
{
	size_t i = 0;
	uint8_t first;

	if (len >= 3 && !memcmp(p, "\xef\xbb\xbf", 3))
		i = 3;
	while (i < len && byte_is(p[i], BYTE_SPACE))
		i++;
	if (i == len || !format_has_no_controls(p, len < 64 ? len : 64) || (p[i] != '{' && p[i] != '['))
		return false;
	first = p[i++];
	while (i < len && byte_is(p[i], BYTE_SPACE))
		i++;
	if (i == len)
		return false;
	if (first == '{')
		return p[i] == '"' || p[i] == '}';
	return p[i] == '"' || p[i] == '{' || p[i] == '[' || p[i] == ']' ||
	    p[i] == '-' || byte_is(p[i], BYTE_DIGIT) || p[i] == 't' ||
	    p[i] == 'f' || p[i] == 'n';
}

const struct walker walker_json = {
	.name = "json",
	.state_len = sizeof(struct json_state),
	.open = json_open,
	.data = json_data,
	.close = json_close,
};
