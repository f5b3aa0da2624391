// SPDX-License-Identifier: Apache-2.0
#include "base/json_tree.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "base/utf8.h"

#define KEEP_LEN (1u << 18)

/*
 * The text is copied once, with a NUL behind it, and then read in place: what
 * an escape stands for is never longer than the escape, so strings shrink
 * where they lie, and the closing quote makes room for their NUL. p never goes
 * beyond that last NUL, which is no character of any JSON text.
 */
struct reader {
	struct json_tree *tree;
	char *start, *p, *end;
	int err;
};

static bool
wrong(struct reader *r, int err)
{
	if (!r->err)
		r->err = err;
	return false;
}

static void
skip_space(struct reader *r)
{
	while (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r')
		r->p++;
}

static bool
take(struct reader *r, char c)
{
	if (*r->p != c)
		return wrong(r, ERR_MALFORMED);
	r->p++;
	return true;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four digits; the NUL at the end is none. */
static bool
read_unit(struct reader *r, uint32_t *ret_unit)
{
	uint32_t unit = 0;

	for (int i = 0; i < 4; i++, r->p++) {
		int d = hex_digit(*r->p);

		if (d < 0)
			return wrong(r, ERR_MALFORMED);
		unit = unit << 4 | (uint32_t)d;
	}
	*ret_unit = unit;
	return true;
}

static char *
put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

/* Behind "\u": one unit, or two that make a pair (RFC 8259, section 7). */
static bool
read_code_point(struct reader *r, uint32_t *ret_cp)
{
	uint32_t cp, low;

	if (!read_unit(r, &cp))
		return false;
	if (cp >= 0xdc00 && cp < 0xe000)
		return wrong(r, ERR_MALFORMED);
	if (cp >= 0xd800 && cp < 0xdc00) {
		if (!take(r, '\\') || !take(r, 'u') || !read_unit(r, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return wrong(r, ERR_MALFORMED);
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
	}
	*ret_cp = cp;
	return true;
}

/* p is at the backslash. */
static bool
read_escape(struct reader *r, char **out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *which;
	uint32_t cp;

	r->p++;
	if (*r->p == 'u') {
		r->p++;
		if (!read_code_point(r, &cp))
			return false;
		*out = put_utf8(*out, cp);
		return true;
	}
	which = *r->p ? strchr(from, *r->p) : NULL;
	if (!which)
		return wrong(r, ERR_MALFORMED);
	*(*out)++ = to[which - from];
	r->p++;
	return true;
}

#define EACH_BYTE(b) (0x0101010101010101u * (b))

/* The high bit of the first byte that is zero is set; bits of later ones may be. */
static uint64_t
zero_bytes(uint64_t word)
{
	return (word - EACH_BYTE(1)) & ~word & EACH_BYTE(0x80);
}

/* How many bytes from p on stand for themselves: ASCII, but neither control
 * characters, quotes nor backslashes. Eight at a time; of the last seven of the
 * text, none. */
static size_t
plain_len(const char *p, const char *end)
{
	const char *start = p;
	uint64_t word, stop;

	for (; (size_t)(end - p) >= sizeof(word); p += sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		word = le64toh(word);
		stop = ((word | (word - EACH_BYTE(0x20))) & EACH_BYTE(0x80)) |
		       zero_bytes(word ^ EACH_BYTE('"')) |
		       zero_bytes(word ^ EACH_BYTE('\\'));
		if (stop)
			return (size_t)(p - start) +
			       (size_t)__builtin_ctzll(stop) / 8;
	}
	return (size_t)(p - start);
}

/* p is at the opening quote. */
static bool
read_string(struct reader *r, const char **ret_text, size_t *ret_len)
{
	char *text = r->p + 1, *out = text;
	uint32_t cp;
	size_t n;

	r->p++;
	for (;;) {
		uint8_t c;

		n = plain_len(r->p, r->end);
		if (out != r->p)
			memmove(out, r->p, n);
		out += n;
		r->p += n;
		c = (uint8_t)*r->p;
		if (c == '"')
			break;
		if (c == '\\') {
			if (!read_escape(r, &out))
				return false;
		} else if (c < 0x20) {
			return wrong(r, ERR_MALFORMED);
		} else if (c < 0x80) {
			*out++ = *r->p++;
		} else {
			n = utf8_decode((uint8_t *)r->p,
			    (size_t)(r->end - r->p), &cp);
			if (!n)
				return wrong(r, ERR_MALFORMED);
			memmove(out, r->p, n);
			out += n;
			r->p += n;
		}
	}
	r->p++;
	*out = 0;
	*ret_text = text;
	*ret_len = (size_t)(out - text);
	return true;
}

static size_t
skip_digits(struct reader *r)
{
	char *start = r->p;

	while (*r->p >= '0' && *r->p <= '9')
		r->p++;
	return (size_t)(r->p - start);
}

/* A number is copied: the byte behind it is still wanted. */
static bool
read_number(struct reader *r, struct json_node *v)
{
	char *start = r->p;

	v->type = JSON_INTEGER;
	r->p += *r->p == '-';
	if (*r->p == '0')
		r->p++;
	else if (!skip_digits(r))
		return wrong(r, ERR_MALFORMED);
	if (*r->p == '.') {
		r->p++;
		v->type = JSON_REAL;
		if (!skip_digits(r))
			return wrong(r, ERR_MALFORMED);
	}
	if (*r->p == 'e' || *r->p == 'E') {
		r->p++;
		v->type = JSON_REAL;
		r->p += *r->p == '+' || *r->p == '-';
		if (!skip_digits(r))
			return wrong(r, ERR_MALFORMED);
	}
	v->len = (size_t)(r->p - start);
	v->text = arena_strndup(&r->tree->arena, start, v->len);
	return v->text || wrong(r, -ENOMEM);
}

static bool
read_word(struct reader *r, const char *word, enum json_type type,
    struct json_node *v)
{
	size_t len = strlen(word);

	if (strncmp(r->p, word, len))
		return wrong(r, ERR_MALFORMED);
	r->p += len;
	v->type = type;
	return true;
}

static bool read_value(struct reader *r, unsigned depth, struct json_node *v);

static bool
is_new_key(const struct json_node *o, const struct json_node *v)
{
	for (const struct json_node *m = o->child; m != v; m = m->next)
		if (m->key_len == v->key_len && *m->key == *v->key &&
		    !memcmp(m->key, v->key, v->key_len))
			return false;
	return true;
}

static bool
read_key(struct reader *r, const struct json_node *o, struct json_node *v)
{
	size_t len;

	if (*r->p != '"')
		return wrong(r, ERR_MALFORMED);
	if (!read_string(r, &v->key, &len))
		return false;
	v->key_len = (uint32_t)len;
	if (o->len > JSON_MEMBERS_MAX)
		return wrong(r, ERR_LIMIT);
	if (!is_new_key(o, v))
		return wrong(r, ERR_MALFORMED);
	skip_space(r);
	if (!take(r, ':'))
		return false;
	skip_space(r);
	return true;
}

/* p is at the opening bracket. */
static bool
read_children(struct reader *r, unsigned depth, struct json_node *o)
{
	char close = o->type == JSON_OBJECT ? '}' : ']';
	struct json_node **link = &o->child;

	if (depth == JSON_DEPTH_MAX)
		return wrong(r, ERR_LIMIT);
	r->p++;
	skip_space(r);
	if (*r->p == close) {
		r->p++;
		return true;
	}
	for (;;) {
		struct json_node *v = arena_zalloc(&r->tree->arena,
		    sizeof(*v));

		if (!v)
			return wrong(r, -ENOMEM);
		*link = v;
		link = &v->next;
		o->len++;
		if ((o->type == JSON_OBJECT && !read_key(r, o, v)) ||
		    !read_value(r, depth + 1, v))
			return false;
		skip_space(r);
		if (*r->p != ',')
			return take(r, close);
		r->p++;
		skip_space(r);
	}
}

static bool
read_value(struct reader *r, unsigned depth, struct json_node *v)
{
	switch (*r->p) {
	case '{':
	case '[':
		v->type = *r->p == '{' ? JSON_OBJECT : JSON_ARRAY;
		return read_children(r, depth, v);
	case '"':
		v->type = JSON_STRING;
		return read_string(r, &v->text, &v->len);
	case 't':
		return read_word(r, "true", JSON_TRUE, v);
	case 'f':
		return read_word(r, "false", JSON_FALSE, v);
	case 'n':
		return read_word(r, "null", JSON_NULL, v);
	default:
		return read_number(r, v);
	}
}

void
json_tree_init(struct json_tree *t)
{
	arena_init(&t->arena);
	t->wrong_at = 0;
}

void
json_tree_clear(struct json_tree *t)
{
	arena_clear(&t->arena);
}

int
json_tree_read(struct json_tree *t, const char *text, size_t len,
    const struct json_node **ret_root)
{
	struct reader r = { .tree = t };
	struct json_node *root;

	if (len > UINT32_MAX)
		return ERR_LIMIT;
	arena_reset(&t->arena, KEEP_LEN);
	root = arena_zalloc(&t->arena, sizeof(*root));
	r.start = r.p = arena_strndup(&t->arena, text, len);
	if (!root || !r.start)
		return -ENOMEM;
	r.end = r.start + len;
	skip_space(&r);
	if (read_value(&r, 0, root)) {
		skip_space(&r);
		if (r.p != r.end)
			wrong(&r, ERR_MALFORMED);
	}
	t->wrong_at = (size_t)(r.p - r.start);
	if (!r.err)
		*ret_root = root;
	return r.err;
}
