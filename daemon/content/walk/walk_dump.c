// SPDX-License-Identifier: Apache-2.0
/*
 * Hex dumps in lines, as xxd, hexdump -C and od -A x -t x1 write them: an offset,
 * so many bytes in hex, and, as a rule, the same bytes as text, which is passed
 * over. A line of '*' alone stands for lines that are as the one before it, up
 * to the next offset.
 */
#include <string.h>

#include "content/known/byte_class.h"
#include "content/walk/walkers.h"

#define LINE_MAX_LEN	320
#define BYTES_MAX	64	/* on a line */
#define WIDTH_MIN	4
#define USUAL_WIDTH	16
#define OFFSET_DIGITS	4	/* at least */
#define GAP_MAX		2	/* spaces between bytes; more: the text follows */

struct dump_line {
	uint64_t offset;
	size_t len;
	uint8_t bytes[BYTES_MAX];
};

struct dump_state {
	bool done, squeezed;
	size_t width;		/* bytes on every line but the last */
	uint64_t next;		/* offset behind the last line */
	uint64_t seen, used;	/* bytes; those that are of its lines */
	struct dump_line last;
	size_t len;
	uint8_t line[LINE_MAX_LEN];
};

static size_t
count_hex(const uint8_t *p, size_t len)
{
	size_t n = 0;

	while (n < len && byte_is(p[n], BYTE_HEX))
		n++;
	return n;
}

/* The bytes of a line, up to most of them. */
static void
read_bytes(const uint8_t *p, size_t len, size_t most, struct dump_line *line)
{
	size_t spaces, digits;

	while (len && line->len < most) {
		for (spaces = 0; spaces < len && p[spaces] == ' '; spaces++)
			;
		digits = count_hex(p + spaces, len - spaces);
		if (!spaces || spaces > GAP_MAX || !digits || digits % 2)
			return;
		p += spaces;
		len -= spaces + digits;
		for (; digits && line->len < most; digits -= 2, p += 2)
			line->bytes[line->len++] = (uint8_t)(
			    hex_digit(p[0]) << 4 | hex_digit(p[1]));
		p += digits;
	}
}

static bool
read_line(const uint8_t *p, size_t len, size_t most, struct dump_line *ret_line)
{
	struct dump_line line = { 0 };
	size_t n = count_hex(p, len);

	if (n < OFFSET_DIGITS || n > 16)
		return false;
	for (size_t i = 0; i < n; i++)
		line.offset = line.offset << 4 | hex_digit(p[i]);
	n += n < len && p[n] == ':';
	read_bytes(p + n, len - n, most, &line);
	*ret_line = line;
	return true;
}

/* The line at p, without its end, and where the next one begins; 0: it has no
 * end, or is too long. */
static size_t
next_line(const uint8_t *p, size_t len, struct dump_line *ret_line)
{
	const uint8_t *nl = memchr(p, '\n', len < LINE_MAX_LEN ? len :
	    LINE_MAX_LEN);

	return nl && read_line(p, (size_t)(nl - p), BYTES_MAX, ret_line) ?
	    (size_t)(nl + 1 - p) : 0;
}

/* How many bytes the lines have, by the offsets of the first two, between which
 * others may be left out; 0: no dump. */
static size_t
width_of(const uint8_t *p, size_t len)
{
	struct dump_line a, b;
	size_t at = next_line(p, len, &a), usual;
	uint64_t width;
	bool squeezed;

	squeezed = at && len - at > 2 && p[at] == '*' && p[at + 1] == '\n';
	at += squeezed ? 2 : 0;
	if (!at || !next_line(p + at, len - at, &b))
		return 0;
	width = b.offset - a.offset;
	usual = a.len < USUAL_WIDTH ? a.len : USUAL_WIDTH;
	if (squeezed && usual && width % usual == 0)
		width = usual;
	return width >= WIDTH_MIN && width <= a.len && (b.len || squeezed) ?
	    (size_t)width : 0;
}

bool
dump_fits(const uint8_t *p, size_t len)
{
	return len && byte_is(p[0], BYTE_HEX) && width_of(p, len);
}

static bool
dump_open(struct scan_node *n)
{
	struct dump_state *st = n->state;

	st->width = width_of(n->head, n->head_len);
	n->parsed = true;
	return true;
}

static void
give(struct scan_node *n, struct dump_state *st, const uint8_t *p, size_t len)
{
	if (len && !node_emit(n, p, len))
		st->done = true;
	st->next += len;
}

/* The lines that are as the last one, up to an offset. */
static void
repeat(struct scan_node *n, struct dump_state *st, uint64_t to)
{
	uint8_t block[BYTES_MAX * BYTES_MAX];
	size_t len = 0;
	uint64_t left;

	st->squeezed = false;
	if (st->last.len != st->width)
		return;
	for (; len + st->width <= sizeof(block); len += st->width)
		memcpy(block + len, st->last.bytes, st->width);
	while (!st->done && st->next < to) {
		left = to - st->next;
		give(n, st, block, left < len ? (size_t)left : len);
	}
}

static void
end_line(struct scan_node *n, struct dump_state *st)
{
	struct dump_line line;
	size_t len = st->len;

	st->len = 0;
	while (len && byte_is(st->line[len - 1], BYTE_SPACE))
		len--;
	if (!len)
		return;
	if (len == 1 && st->line[0] == '*') {
		st->squeezed = true;
		return;
	}
	if (!read_line(st->line, len, st->width, &line)) {
		st->done = true;
		n->parsed = false;
		return;
	}
	if (st->squeezed)
		repeat(n, st, line.offset);
	st->next = line.offset;
	give(n, st, line.bytes, line.len);
	st->last = line;
	st->used = st->seen;
}

static void
dump_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct dump_state *st = n->state;

	for (size_t i = 0; i < len && !st->done; i++) {
		st->seen++;
		if (p[i] == '\n')
			end_line(n, st);
		else if (st->len < sizeof(st->line))
			st->line[st->len++] = p[i];
	}
}

static void
dump_close(struct scan_node *n)
{
	struct dump_state *st = n->state;

	if (!st->done)
		end_line(n, st);
	n->trails = !n->parsed;
	if (n->child)
		n->child->parent_bytes = st->used;
}

const struct walker walker_dump = {
	.name = "hexdump",
	.state_len = sizeof(struct dump_state),
	.open = dump_open,
	.data = dump_data,
	.close = dump_close,
};
