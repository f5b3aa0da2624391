// SPDX-License-Identifier: Apache-2.0
/* Quoted-printable: =XX, and '=' at the end of a line joins it to the next. */
#include <string.h>

#include "content/known/byte_class.h"
#include "content/walk/walkers.h"

#define OUT_LEN	4096
#define LINE_MAX_LEN	78	/* 76 as the standard has it; some count otherwise */
#define FIT_ESCAPES	8

struct quoted_state {
	unsigned have;		/* bytes of an escape */
	bool done;
	uint8_t escape[3];
	size_t out_len;
	uint8_t out[OUT_LEN];
};

static bool
quoted_open(struct scan_node *n)
{
	n->parsed = true;
	return true;
}

static void
flush(struct scan_node *n, struct quoted_state *st)
{
	if (st->out_len && !st->done && !node_emit(n, st->out, st->out_len))
		st->done = true;
	st->out_len = 0;
}

static void
put(struct scan_node *n, struct quoted_state *st, uint8_t c)
{
	if (st->out_len == OUT_LEN)
		flush(n, st);
	st->out[st->out_len++] = c;
}

static void
quoted_byte(struct scan_node *n, struct quoted_state *st, uint8_t c)
{
	if (!st->have && c != '=') {
		put(n, st, c);
		return;
	}
	st->escape[st->have++] = c;
	if (st->have == 2 && c == '\n') {
		st->have = 0;
	} else if (st->have == 3) {
		if (byte_is(st->escape[1], BYTE_HEX) && byte_is(c, BYTE_HEX)) {
			put(n, st, (uint8_t)(hex_digit(st->escape[1]) << 4 |
			    hex_digit(c)));
		} else if (st->escape[1] != '\r' || c != '\n') {
			/* no escape: it stands for itself */
			for (int i = 0; i < 3; i++)
				put(n, st, st->escape[i]);
		}
		st->have = 0;
	}
}

static void
quoted_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct quoted_state *st = n->state;

	for (size_t i = 0; i < len && !st->done; i++)
		quoted_byte(n, st, p[i]);
	flush(n, st);
}

static void
quoted_close(struct scan_node *n)
{
	flush(n, n->state);
}

/* Is the '=' of len bytes an escape, or does it join two lines? The last one
 * may be cut off. */
static bool
is_escape(const uint8_t *p, size_t len, bool *ret_joins)
{
	if (len < 3)
		return true;
	*ret_joins = p[1] == '\n' || (p[1] == '\r' && p[2] == '\n');
	return *ret_joins || (byte_is(p[1], BYTE_HEX) &&
	    byte_is(p[2], BYTE_HEX));
}

/* Short lines, and no sign of equality but for escapes and joined lines; how
 * many of both there are. */
static bool
count_escapes(const uint8_t *p, size_t len, size_t *ret_joined,
    size_t *ret_escapes)
{
	size_t line = 0;
	bool joins = false;

	*ret_joined = *ret_escapes = 0;
	for (size_t i = 0; i < len; i++) {
		line = p[i] == '\n' ? 0 : line + (p[i] != '\r');
		if (line > LINE_MAX_LEN || p[i] >= 127 || (p[i] < ' ' &&
		    p[i] != '\t' && p[i] != '\r' && p[i] != '\n'))
			return false;
		if (p[i] != '=')
			continue;
		if (!is_escape(p + i, len - i, &joins))
			return false;
		*ret_joined += joins;
		++*ret_escapes;
		joins = false;
	}
	return true;
}

/* Where nobody says so. */
bool
quoted_fits(const uint8_t *p, size_t len)
{
	size_t joined, escapes;

	return count_escapes(p, len, &joined, &escapes) &&
	       (joined || escapes >= FIT_ESCAPES);
}

/* A sign of equality within the first tag is one that was escaped. */
static bool
has_escaped_tag(const uint8_t *p, size_t len)
{
	const uint8_t *end = len && p[0] == '<' ? memchr(p, '>', len) : NULL;

	return end && memmem(p, (size_t)(end - p), "=3D", 3);
}

bool
quoted_shows(const uint8_t *p, size_t len)
{
	size_t joined, escapes;

	return count_escapes(p, len, &joined, &escapes) &&
	       (joined || has_escaped_tag(p, len));
}

bool
quoted_mime_shows(const uint8_t *p, size_t len)
{
	return quoted_fits(p, len) && memmem(p, len, "boundary=3D", 11);
}

const struct walker walker_quoted = {
	.name = "quoted-printable",
	.state_len = sizeof(struct quoted_state),
	.open = quoted_open,
	.data = quoted_data,
	.close = quoted_close,
};
