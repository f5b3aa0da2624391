// SPDX-License-Identifier: Apache-2.0
/*
 * A block of snappy without framing: the length of what it unpacks to, then
 * literals and copies. They reach back 64 KiB at most, for that is what those who
 * pack take at a time; so much is kept.
 */
#include <string.h>

#include "content/walk/walkers.h"

#define WINDOW		65536u
#define SHOW_MIN	64
#define SHOW_COPIES	4
#define LENGTH_BITS	32

struct tag {
	uint64_t len, offset;	/* no offset: a literal */
	unsigned extra;		/* bytes behind the first one */
};

struct block_state {
	uint64_t want, made;
	unsigned shift;		/* of the length, while it is read */
	bool has_length, done;
	unsigned have;		/* bytes of a tag */
	uint8_t bytes[5];
	uint64_t literal;	/* bytes of it to come */
	size_t pending;		/* bytes of the window not handed on yet */
	uint8_t window[WINDOW];
};

/* How many bytes follow the first one of a tag. */
static unsigned
tag_extra(uint8_t c)
{
	static const unsigned copies[] = { 0, 1, 2, 4 };

	if (c & 3)
		return copies[c & 3];
	return c >> 2 < 60 ? 0 : (c >> 2) - 59u;
}

static struct tag
read_tag(const uint8_t bytes[static 5])
{
	struct tag t = { .extra = tag_extra(bytes[0]) };
	uint64_t n = 0;

	for (unsigned i = t.extra; i > 0; i--)
		n = n << 8 | bytes[i];
	switch (bytes[0] & 3) {
	case 0:
		t.len = (t.extra ? n : bytes[0] >> 2) + 1;
		break;
	case 1:
		t.len = (bytes[0] >> 2 & 7) + 4u;
		t.offset = n | (uint64_t)(bytes[0] >> 5) << 8;
		break;
	default:
		t.len = (bytes[0] >> 2) + 1u;
		t.offset = n;
	}
	return t;
}

/* Can it stand where so much has been made, of so much? */
static bool
tag_fits(const struct tag *t, bool copy, uint64_t made, uint64_t want)
{
	if (t->len > want - made)
		return false;
	return !copy || (t->offset && t->offset <= made && t->offset <= WINDOW);
}

static void
flush(struct scan_node *n, struct block_state *st)
{
	size_t at = (size_t)((st->made - st->pending) % WINDOW);

	if (st->pending && !node_emit(n, st->window + at, st->pending))
		st->done = true;
	st->pending = 0;
}

/* At most up to the window's end. */
static size_t
put_literal(struct scan_node *n, struct block_state *st, const uint8_t *p,
    size_t len)
{
	size_t at = (size_t)(st->made % WINDOW);

	len = len < WINDOW - at ? len : WINDOW - at;
	len = len < st->literal ? len : (size_t)st->literal;
	memcpy(st->window + at, p, len);
	st->literal -= len;
	st->made += len;
	st->pending += len;
	if (st->made % WINDOW == 0)
		flush(n, st);
	return len;
}

static void
put_copy(struct scan_node *n, struct block_state *st, const struct tag *t)
{
	for (uint64_t i = 0; i < t->len && !st->done; i++) {
		st->window[st->made % WINDOW] =
		    st->window[(st->made - t->offset) % WINDOW];
		st->made++;
		st->pending++;
		if (st->made % WINDOW == 0)
			flush(n, st);
	}
}

static void
length_byte(struct block_state *st, uint8_t c)
{
	st->want |= (uint64_t)(c & 0x7f) << st->shift;
	st->shift += 7;
	st->has_length = !(c & 0x80);
	st->done = st->want >> LENGTH_BITS || (!st->has_length &&
	    st->shift > LENGTH_BITS);
}

static void
tag_byte(struct scan_node *n, struct block_state *st, uint8_t c)
{
	struct tag t;

	st->bytes[st->have++] = c;
	if (st->have <= tag_extra(st->bytes[0]))
		return;
	t = read_tag(st->bytes);
	st->have = 0;
	if (!tag_fits(&t, st->bytes[0] & 3, st->made, st->want))
		st->done = true;
	else if (st->bytes[0] & 3)
		put_copy(n, st, &t);
	else
		st->literal = t.len;
}

static void
block_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct block_state *st = n->state;

	while (len && !st->done) {
		size_t take = 1;

		if (!st->has_length)
			length_byte(st, *p);
		else if (st->literal)
			take = put_literal(n, st, p, len);
		else
			tag_byte(n, st, *p);
		p += take;
		len -= take;
	}
	flush(n, st);
}

static bool
block_open(struct scan_node *n)
{
	return true;
}

static void
block_close(struct scan_node *n)
{
	const struct block_state *st = n->state;

	n->parsed = !st->done && st->made && st->made == st->want;
}

/* The length that it begins with, and how many bytes say it; 0: none. */
static size_t
read_length(const uint8_t *p, size_t len, uint64_t *ret_want)
{
	uint64_t want = 0;

	for (size_t i = 0; i < 5 && i < len; i++) {
		want |= (uint64_t)(p[i] & 0x7f) << 7 * i;
		if (p[i] & 0x80)
			continue;
		*ret_want = want;
		return want >> LENGTH_BITS ? 0 : i + 1;
	}
	return 0;
}

/* Copies of what was there before, and less than they make; all of it comes to
 * just the length that it begins with. */
bool
snappy_block_shows(const uint8_t *p, size_t len, bool whole)
{
	uint64_t want, made = 0;
	size_t at = read_length(p, len, &want), copies = 0;

	if (!at || len < SHOW_MIN || want < len)
		return false;
	while (at < len) {
		uint8_t bytes[5] = { 0 };
		unsigned extra = tag_extra(p[at]);
		struct tag t;

		if (extra >= len - at)
			break;
		memcpy(bytes, p + at, extra + 1);
		t = read_tag(bytes);
		if (!tag_fits(&t, p[at] & 3, made, want))
			return false;
		copies += p[at] & 3 ? 1 : 0;
		at += extra + 1;
		made += t.len;
		if (!(bytes[0] & 3))
			at += t.len < len - at ? (size_t)t.len : len - at;
	}
	return copies >= SHOW_COPIES && made > len && (whole ? made == want :
	    made < want || at == len);
}

const struct walker walker_snappy_block = {
	.name = "snappy",
	.state_len = sizeof(struct block_state),
	.open = block_open,
	.data = block_data,
	.close = block_close,
};
