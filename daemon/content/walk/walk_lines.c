// SPDX-License-Identifier: Apache-2.0
/* Text in lines: "name=value", "name: value", or a list of hashes. */
#include <string.h>

#include "content/known/byte_class.h"
#include "content/walk/walkers.h"

#define KEY_MAX		128
#define LIST_MIN	3	/* lines that make a list */

struct lines_state {
	bool list, in_value, skip_space;
	size_t key_len;
	uint64_t offset;
	struct value value;
	uint8_t key[KEY_MAX + 1];
};

struct shape {
	size_t lines, pairs, hashes, hash_len;
};

static bool
is_hash_len(size_t len)
{
	return len == 32 || len == 40 || len == 64 || len == 128;
}

static void
see_line(struct shape *s, const uint8_t *p, size_t len)
{
	size_t i = 0, hex = 0;

	while (len && (p[len - 1] == '\r' || p[len - 1] == ' '))
		len--;
	if (!len || p[0] == '[' || p[0] == '#' || p[0] == ';')
		return;
	s->lines++;
	while (hex < len && byte_is(p[hex], BYTE_HEX))
		hex++;
	if (hex == len && is_hash_len(len) &&
	    (!s->hash_len || s->hash_len == len)) {
		s->hashes++;
		s->hash_len = len;
	}
	while (i < len && i < KEY_MAX &&
	    (byte_is(p[i], BYTE_DIGIT | BYTE_ALPHA) ||
	    memchr("_-. ", p[i], 4)))
		i++;
	s->pairs += i && i < len && (p[i] == '=' || p[i] == ':');
}

static struct shape
see_lines(const uint8_t *p, size_t len, bool whole)
{
	struct shape s = { 0 };

	while (len) {
		const uint8_t *nl = memchr(p, '\n', len);
		size_t n = nl ? (size_t)(nl - p) : len;

		if (!nl && !whole)
			break;
		see_line(&s, p, n);
		n += nl != NULL;
		p += n;
		len -= n;
	}
	return s;
}

static bool
is_list(const struct shape *s)
{
	return s->lines >= LIST_MIN && s->hashes == s->lines;
}

bool
lines_fit(const uint8_t *p, size_t len, bool whole)
{
	struct shape s;

	for (size_t i = 0; i < len; i++) {
		if (p[i] < ' ' && !byte_is(p[i], BYTE_SPACE))
			return false;
	}
	s = see_lines(p, len, whole);
	return is_list(&s) || (s.pairs >= 2 && s.pairs * 4 >= s.lines * 3);
}

static bool
lines_open(struct scan_node *n)
{
	struct lines_state *st = n->state;

	st->key[0] = '/';
	st->key_len = 1;
	return true;
}

static void
line_end(struct scan_node *n, struct lines_state *st, bool complete)
{
	struct span key = { st->key + 1, st->key_len - 1 };

	if (st->in_value) {
		value_end(&st->value, complete || !st->value.item);
	} else if (is_hash_len(key.len)) {
		struct field f = {
			.path = SPAN_LITERAL("/line"),
			.key = st->list ? SPAN_LITERAL("hash") :
			    (struct span){ 0 },
			.value = key,
			.offset = st->offset - key.len,
			.encoding = "text",
		};

		scan_field(n, &f);
	}
	st->in_value = false;
	st->key_len = 1;
}

static void
line_byte(struct scan_node *n, struct lines_state *st, uint8_t c)
{
	if (c == '\n') {
		line_end(n, st, true);
	} else if (c == '\r') {
		return;
	} else if (st->in_value) {
		if (st->skip_space && (c == ' ' || c == '\t'))
			return;
		st->skip_space = false;
		value_data(&st->value, &c, 1);
	} else if (c == '=' || c == ':') {
		st->in_value = st->skip_space = true;
		value_begin(&st->value, n, "text", (struct span){ st->key,
			st->key_len }, (struct span){ st->key + 1,
			st->key_len - 1 }, st->offset + 1);
	} else if (st->key_len < sizeof(st->key)) {
		st->key[st->key_len++] = c;
	}
}

static void
lines_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct lines_state *st = n->state;
	struct shape s;

	if (!st->offset) {
		s = see_lines(n->head, n->head_len < SCAN_HEAD ? n->head_len :
		    SCAN_HEAD, n->head_len == n->size);
		st->list = is_list(&s);
	}
	for (size_t i = 0; i < len; i++) {
		line_byte(n, st, p[i]);
		st->offset++;
		if (st->value.open)
			st->value.raw_bytes++;
	}
}

static void
lines_close(struct scan_node *n)
{
	line_end(n, n->state, n->complete && !n->missing);
	n->parsed = true;
}

const struct walker walker_lines = {
	.name = "text",
	.state_len = sizeof(struct lines_state),
	.open = lines_open,
	.data = lines_data,
	.close = lines_close,
};
