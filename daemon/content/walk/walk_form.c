// SPDX-License-Identifier: Apache-2.0
/* name=value&name=value with %XX and '+', of any length. */
#include <string.h>

#include "content/known/byte_class.h"
#include "content/walk/walkers.h"

#define KEY_MAX	128

struct form_state {
	bool in_value, escaped;
	uint8_t escape[2];
	unsigned escape_len;
	size_t key_len;
	uint64_t offset;
	struct value value;
	uint8_t key[KEY_MAX + 1];
};

static bool
form_open(struct scan_node *n)
{
	struct form_state *st = n->state;

	st->key[0] = '/';
	st->key_len = 1;
	return true;
}

static void
put(struct form_state *st, uint8_t c)
{
	if (st->in_value)
		value_data(&st->value, &c, 1);
	else if (st->key_len < sizeof(st->key))
		st->key[st->key_len++] = c;
}

/* An escape that is none stands for itself. */
static void
flush_escape(struct form_state *st)
{
	if (!st->escaped)
		return;
	st->escaped = false;
	if (st->escape_len == 2) {
		put(st, (uint8_t)(hex_digit(st->escape[0]) << 4 |
		    hex_digit(st->escape[1])));
		return;
	}
	put(st, '%');
	for (unsigned i = 0; i < st->escape_len; i++)
		put(st, st->escape[i]);
}

static void
pair_end(struct scan_node *n, struct form_state *st, bool complete)
{
	flush_escape(st);
	if (st->in_value)	/* a hash tells by its length if it is whole */
		value_end(&st->value, complete || !st->value.item);
	st->in_value = false;
	st->key_len = 1;
}

static void
form_byte(struct scan_node *n, struct form_state *st, uint8_t c)
{
	if (st->escaped) {
		if (st->escape_len < 2 && byte_is(c, BYTE_HEX)) {
			st->escape[st->escape_len++] = c;
			if (st->escape_len == 2)
				flush_escape(st);
			return;
		}
		flush_escape(st);
	}
	if (c == '&') {
		pair_end(n, st, true);
	} else if (c == '%') {
		st->escaped = true;
		st->escape_len = 0;
	} else if (c == '=' && !st->in_value) {
		st->in_value = true;
		value_begin(&st->value, n, "form", (struct span){ st->key,
			st->key_len }, (struct span){ st->key + 1,
			st->key_len - 1 }, st->offset + 1);
	} else {
		put(st, c == '+' ? ' ' : c);
	}
}

static bool
is_plain(uint8_t c)
{
	return c != '&' && c != '%' && c != '+' && c != '=';
}

static void
form_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct form_state *st = n->state;
	size_t i = 0, run;

	while (i < len) {
		run = 0;
		while (st->in_value && !st->escaped && i + run < len &&
		    is_plain(p[i + run]))
			run++;
		if (run) {
			value_data(&st->value, p + i, run);
		} else {
			form_byte(n, st, p[i]);
			run = 1;
		}
		i += run;
		st->offset += run;
		if (st->value.open)
			st->value.raw_bytes += run;
	}
}

static void
form_close(struct scan_node *n)
{
	pair_end(n, n->state, n->complete && !n->missing);
	n->parsed = true;
}

/* A name and '=' first, then only what such a body is written with. */
bool
form_fits(const uint8_t *p, size_t len, bool whole)
{
	size_t i = 0, equals = 0;

	while (i < len && (byte_is(p[i], BYTE_DIGIT | BYTE_ALPHA) ||
	    memchr("_-.[]%~", p[i], 7)))
		i++;
	if (!i || i == len || p[i] != '=' || i > KEY_MAX)
		return false;
	for (; i < len; i++) {
		if (whole && i + 2 >= len && (p[i] == '\r' || p[i] == '\n'))
			continue;
		if (p[i] <= ' ' || p[i] > '~' || p[i] == '"' || p[i] == '<')
			return false;
		equals += p[i] == '=';
	}
	return equals > 0;
}

const struct walker walker_form = {
	.name = "form",
	.state_len = sizeof(struct form_state),
	.open = form_open,
	.data = form_data,
	.close = form_close,
};
