// SPDX-License-Identifier: Apache-2.0
/* Base64, both alphabets, with or without padding, in one line or many, bare or
 * in a data: URI. */
#include <string.h>

#include "content/known/byte_class.h"
#include "content/walk/walkers.h"

#define OUT_LEN		(12 * 1024)
#define FIT_MIN		40
#define URI_HEAD_MAX	200
#define FIT_LONG	200

struct base64_state {
	uint32_t bits;
	unsigned have;		/* digits in bits: 0 to 3 */
	unsigned pad;
	bool done;
	size_t skip;		/* bytes before the digits */
	size_t out_len;
	uint8_t out[OUT_LEN];
};

/* The length of "data:TYPE;base64," at the front, 0 if it is not there. */
static size_t
uri_head(const uint8_t *p, size_t len)
{
	const uint8_t *comma;
	size_t n;

	if (len < 14 || memcmp(p, "data:", 5))
		return 0;
	comma = memchr(p, ',', len < URI_HEAD_MAX ? len : URI_HEAD_MAX);
	n = comma ? (size_t)(comma - p) + 1 : 0;
	return n >= 13 && !memcmp(p + n - 8, ";base64,", 8) ? n : 0;
}

static bool
base64_open(struct scan_node *n)
{
	struct base64_state *st = n->state;

	st->skip = uri_head(n->head, n->head_len);
	n->parsed = true;
	return true;
}

static void
flush(struct scan_node *n, struct base64_state *st)
{
	if (st->out_len && !node_emit(n, st->out, st->out_len))
		st->done = true;
	st->out_len = 0;
}

/* The bytes of an unfinished group of digits. */
static void
finish_group(struct base64_state *st)
{
	if (st->have == 3) {
		st->out[st->out_len++] = (uint8_t)(st->bits >> 10);
		st->out[st->out_len++] = (uint8_t)(st->bits >> 2);
	} else if (st->have == 2) {
		st->out[st->out_len++] = (uint8_t)(st->bits >> 4);
	}
	st->have = 0;
	st->bits = 0;
}

static void
base64_byte(struct scan_node *n, struct base64_state *st, uint8_t c)
{
	uint8_t d = base64_values[c];

	if (d < 64 && !st->pad) {
		st->bits = st->bits << 6 | d;
		if (++st->have < 4)
			return;
		st->out[st->out_len++] = (uint8_t)(st->bits >> 16);
		st->out[st->out_len++] = (uint8_t)(st->bits >> 8);
		st->out[st->out_len++] = (uint8_t)st->bits;
		st->have = 0;
		st->bits = 0;
	} else if (c == '=' && st->pad < 2 && (st->have > 1 || st->pad)) {
		finish_group(st);
		st->pad++;
	} else if (!byte_is(c, BYTE_SPACE)) {
		n->parsed = false;
		st->done = true;
	}
}

static void
base64_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct base64_state *st = n->state;
	size_t i = st->skip < len ? st->skip : len;

	st->skip -= i;
	for (; i < len && !st->done; i++) {
		if (st->out_len > OUT_LEN - 4)
			flush(n, st);
		base64_byte(n, st, p[i]);
	}
	flush(n, st);
}

static void
base64_close(struct scan_node *n)
{
	struct base64_state *st = n->state;

	if (st->have == 1)
		n->parsed = false;
	if (!st->done) {
		finish_group(st);
		flush(n, st);
	}
}

struct fit {
	size_t upper, lower, figures, hex, digits, pad;
	size_t zeros;		/* as they are written: A */
	size_t line, first_line;
	bool uneven;		/* a line that is not as long as the first */
};

static bool
fit_byte(struct fit *f, uint8_t c)
{
	if (c == '\r')
		return true;
	if (c == '\n') {
		f->uneven |= f->first_line && f->line != f->first_line;
		f->first_line = f->first_line ? f->first_line : f->line;
		f->line = 0;
		return true;
	}
	/* a shorter line is the last one */
	if (f->uneven)
		return false;
	f->line++;
	if (c == '=')
		return ++f->pad <= 2;
	f->upper += c >= 'A' && c <= 'Z';
	f->lower += c >= 'a' && c <= 'z';
	f->figures += byte_is(c, BYTE_DIGIT);
	f->hex += byte_is(c, BYTE_HEX);
	f->zeros += c == 'A';
	f->digits++;
	return base64_values[c] < 64 && !f->pad;
}

/*
 * Digits only, in one line or in lines of one length, and such as words and hex
 * are not: short ones have capitals, small letters and figures, long ones two
 * of these.
 */
bool
base64_fits(const uint8_t *p, size_t len, bool whole)
{
	struct fit f = { 0 };
	size_t uri = uri_head(p, len), i = uri;
	unsigned kinds;

	/* an indented element's text */
	while (i < len && byte_is(p[i], BYTE_SPACE))
		i++;
	while (whole && len > i && byte_is(p[len - 1], BYTE_SPACE))
		len--;
	for (; i < len; i++) {
		if (!fit_byte(&f, p[i]))
			return false;
	}
	if (f.first_line && f.digits > f.first_line && f.first_line % 4)
		return false;
	if (f.digits < FIT_MIN ||
	    (f.hex == f.digits && (f.zeros < f.hex || f.hex < FIT_LONG)) ||
	    (whole && f.digits % 4 == 1))
		return false;
	if (uri || f.zeros == f.digits)
		return true;
	kinds = (f.upper > 0) + (f.lower > 0) + (f.figures > 0);
	return kinds >= (f.digits < FIT_LONG ? 3 : 2);
}

const struct walker walker_base64 = {
	.name = "base64",
	.state_len = sizeof(struct base64_state),
	.open = base64_open,
	.data = base64_data,
	.close = base64_close,
};
