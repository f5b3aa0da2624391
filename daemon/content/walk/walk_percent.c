// SPDX-License-Identifier: Apache-2.0
/* Bytes written with %XX, as in URLs, that are no form. */
#include <string.h>

#include "content/known/byte_class.h"
#include "content/walk/walkers.h"

#define OUT_LEN		(8 * 1024)
#define FIT_MIN		8	/* escapes */
#define FIT_STRICT	64	/* bytes */

struct percent_state {
	uint8_t escape[3];
	size_t escape_len;
	bool seen;		/* an escape */
	bool done;
	size_t out_len;
	uint8_t out[OUT_LEN];
};

static bool
percent_open(struct scan_node *n)
{
	n->parsed = true;
	return true;
}

static void
put(struct scan_node *n, struct percent_state *st, uint8_t c)
{
	st->out[st->out_len++] = c;
	if (st->out_len < OUT_LEN)
		return;
	st->done |= !node_emit(n, st->out, st->out_len);
	st->out_len = 0;
}

/* An escape that is none stands for itself. */
static void
flush_escape(struct scan_node *n, struct percent_state *st)
{
	for (size_t i = 0; i < st->escape_len; i++)
		put(n, st, st->escape[i]);
	st->escape_len = 0;
}

static void
percent_byte(struct scan_node *n, struct percent_state *st, uint8_t c)
{
	if (!st->escape_len && c != '%') {
		put(n, st, c);
		return;
	}
	if (st->escape_len && !byte_is(c, BYTE_HEX)) {
		flush_escape(n, st);
		percent_byte(n, st, c);
		return;
	}
	st->escape[st->escape_len++] = c;
	if (st->escape_len < 3)
		return;
	st->escape_len = 0;
	st->seen = true;
	put(n, st, (uint8_t)(hex_digit(st->escape[1]) << 4 |
	    hex_digit(st->escape[2])));
}

static void
percent_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct percent_state *st = n->state;

	for (size_t i = 0; i < len && !st->done; i++)
		percent_byte(n, st, p[i]);
}

static void
percent_close(struct scan_node *n)
{
	struct percent_state *st = n->state;

	if (!st->done)
		flush_escape(n, st);
	if (!st->done && st->out_len)
		st->done |= !node_emit(n, st->out, st->out_len);
	n->parsed = !st->done;
	if (!st->seen && n->child)
		n->s->items[n->child->item].encoding = NULL;
}

/* RFC 3986, section 2.3: never escaped. */
static bool
is_unreserved(uint8_t c)
{
	return byte_is(c, BYTE_ALPHA | BYTE_DIGIT) || memchr("-_.~", c, 4);
}

/* No byte that an escaping would have left out, and enough escapes: a single one
 * where all that may be escaped is. */
bool
percent_fits(const uint8_t *p, size_t len)
{
	size_t escapes = 0, plain = 0;

	while (len && (p[len - 1] == '\n' || p[len - 1] == '\r'))
		len--;
	for (size_t i = 0; i < len; i++) {
		if (p[i] <= ' ' || p[i] > '~' || p[i] == '"' || p[i] == '<')
			return false;
		if (p[i] != '%') {
			plain += is_unreserved(p[i]);
			continue;
		}
		if (len - i > 2 && (!byte_is(p[i + 1], BYTE_HEX) ||
		    !byte_is(p[i + 2], BYTE_HEX)))
			return false;
		escapes++;
	}
	if (escapes && len >= FIT_STRICT && plain + escapes == len)
		return true;
	return escapes >= FIT_MIN && escapes >= len / 64;
}

bool
percent_may_follow(const uint8_t *p, size_t len)
{
	size_t i = 0;

	while (i < len && is_unreserved(p[i]))
		i++;
	return i == len;
}

const struct walker walker_percent = {
	.name = "percent",
	.state_len = sizeof(struct percent_state),
	.open = percent_open,
	.data = percent_data,
	.close = percent_close,
};
