// SPDX-License-Identifier: Apache-2.0
/*
 * Text that was written with wider characters than it needs: UTF-16, and bytes
 * that somebody took for Latin-1 and wrote as UTF-8, as happens to binary data
 * in a JSON string.
 */
#include <string.h>

#include "base/utf8.h"
#include "content/format.h"
#include "content/walk/walkers.h"

#define OUT_LEN		(8 * 1024)
#define UTF16_MIN	32
#define LATIN1_MIN	16

struct wide_state {
	bool big_endian, done;
	bool begun;		/* a character, of Latin-1 a wide one, was seen */
	uint8_t part[4];	/* of a character */
	size_t part_len;
	uint32_t high;		/* first half of a surrogate pair */
	size_t out_len;
	uint8_t out[OUT_LEN];
};

static bool
looks_utf16(const uint8_t *p, size_t len, bool big_endian)
{
	size_t pairs = len / 2, narrow = 0;

	for (size_t i = 0; i < pairs; i++) {
		uint8_t high = p[2 * i + !big_endian], low = p[2 * i +
		    big_endian];

		if (!high && !low)
			return false;
		narrow += !high && (low >= ' ' || low == '\t' || low == '\n' ||
		    low == '\r');
	}
	return narrow >= pairs - pairs / 8;
}

bool
utf16_fits(const uint8_t *p, size_t len)
{
	return len >= UTF16_MIN && (looks_utf16(p, len, false) ||
	    looks_utf16(p, len, true));
}

bool
utf16_begins(const uint8_t *p, size_t len)
{
	return len >= UTF16_MIN && ((p[0] == 0xff && p[1] == 0xfe) ||
	    (p[0] == 0xfe && p[1] == 0xff) ||
	    looks_utf16(p, UTF16_MIN / 4, false) ||
	    looks_utf16(p, UTF16_MIN / 4, true));
}

static bool
utf16_open(struct scan_node *n)
{
	struct wide_state *st = n->state;

	st->big_endian = looks_utf16(n->head, n->head_len < SCAN_HEAD ?
	    n->head_len : SCAN_HEAD, true);
	return true;
}

static void
flush(struct scan_node *n, struct wide_state *st)
{
	if (st->out_len && !st->done)
		st->done |= !node_emit(n, st->out, st->out_len);
	st->out_len = 0;
}

static void
utf16_unit(struct scan_node *n, struct wide_state *st, uint32_t c)
{
	bool first = !st->begun;

	st->begun = true;
	if (first && c == 0xfeff)
		return;
	if (c >= 0xd800 && c < 0xdc00) {
		st->high = c;
		return;
	}
	if (c >= 0xdc00 && c < 0xe000 && st->high)
		c = 0x10000 + ((st->high - 0xd800) << 10) + (c - 0xdc00);
	st->high = 0;
	st->out_len += utf8_encode(c, st->out + st->out_len);
	if (st->out_len > OUT_LEN - 4)
		flush(n, st);
}

static void
utf16_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct wide_state *st = n->state;

	for (size_t i = 0; i < len && !st->done; i++) {
		st->part[st->part_len++] = p[i];
		if (st->part_len < 2)
			continue;
		st->part_len = 0;
		utf16_unit(n, st, st->big_endian ?
		    (uint32_t)st->part[0] << 8 | st->part[1] :
		    (uint32_t)st->part[1] << 8 | st->part[0]);
	}
}

static void
wide_close(struct scan_node *n)
{
	struct wide_state *st = n->state;

	flush(n, st);
	n->parsed = !st->done && !st->part_len;
}

struct narrowed {
	uint8_t text[SCAN_HEAD];
	size_t len;
	size_t high;		/* characters that were wide */
	size_t odd;		/* controls that no text holds */
};

/* False if there is a character from U+0100 on, or what is none. */
static bool
narrow(const uint8_t *p, size_t len, bool whole, struct narrowed *ret)
{
	size_t i = 0, step;
	uint32_t cp;

	ret->len = ret->high = ret->odd = 0;

	if (len > SCAN_HEAD)
		len = SCAN_HEAD;
	while (i < len) {
		step = utf8_decode(p + i, len - i, &cp);
		if (!step && len - i < 4 && !whole)
			break;
		if (!step || cp > 0xff)
			return false;
		ret->high += cp >= 0x80;
		ret->odd += (cp >= 0x80 && cp < 0xa0) || (cp < ' ' &&
		    cp != '\t' && cp != '\n' && cp != '\r');
		ret->text[ret->len++] = (uint8_t)cp;
		i += step;
	}
	return ret->len >= LATIN1_MIN;
}

/*
 * All characters below U+0100, and either control characters that no text
 * holds, or what is UTF-8 once more when narrowed.
 */
bool
latin1_fits(const uint8_t *p, size_t len, bool whole)
{
	struct narrowed n;

	return narrow(p, len, whole, &n) && n.high >= 2 &&
	    (n.odd || format_is_text(n.text, n.len));
}

bool
latin1_may_follow(const uint8_t *p, size_t len, bool whole)
{
	struct narrowed n;

	return narrow(p, len, whole, &n) && n.odd;
}

static bool
latin1_open(struct scan_node *n)
{
	return true;
}

static void
latin1_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct wide_state *st = n->state;

	for (size_t i = 0; i < len && !st->done; i++) {
		uint8_t c = p[i];

		if (st->part_len) {
			/* c2 and c3 alone begin what is below U+0100 */
			st->done |= (c & 0xc0) != 0x80;
			c = (uint8_t)(st->part[0] << 6 | (c & 0x3f));
			st->part_len = 0;
		} else if (c >= 0x80) {
			st->done |= c != 0xc2 && c != 0xc3;
			st->begun = true;
			st->part[st->part_len++] = c;
			continue;
		}
		if (st->done)
			break;
		st->out[st->out_len++] = c;
		if (st->out_len == OUT_LEN)
			flush(n, st);
	}
	if (!st->done)
		return;
	/* what came before stands */
	st->done = false;
	flush(n, st);
	st->done = true;
}

/* Bytes that had no wide character among them were not wrapped. */
static void
latin1_close(struct scan_node *n)
{
	struct wide_state *st = n->state;

	wide_close(n);
	if (!st->begun && n->child)
		n->s->items[n->child->item].encoding = NULL;
}

const struct walker walker_utf16 = {
	.name = "utf-16",
	.state_len = sizeof(struct wide_state),
	.open = utf16_open,
	.data = utf16_data,
	.close = wide_close,
};

const struct walker walker_latin1 = {
	.name = "latin-1",
	.state_len = sizeof(struct wide_state),
	.open = latin1_open,
	.data = latin1_data,
	.close = latin1_close,
};
