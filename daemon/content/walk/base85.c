// SPDX-License-Identifier: Apache-2.0
#include "content/walk/base85.h"

#include <stdlib.h>
#include <string.h>

#include "content/known/byte_class.h"
#include "content/scan_tree.h"

#define OUT_LEN		4096
#define GROUP		5	/* characters, for four bytes */
#define LAST		84	/* the highest digit: an unfinished group's rest */
#define KINDS_MIN	24	/* of characters: fewer are another notation */

enum digit {
	DIGIT_ZEROS = 252,	/* a group of zeros */
	DIGIT_MARK,		/* where it ends */
	DIGIT_SPACE,
	DIGIT_NONE,
};

static const char rfc1924[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
    "mnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
static const char z85[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
    "RSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

struct base85 {
	struct scan_node *node, *item;
	uint8_t digit[256];
	size_t skip;		/* of the mark that it begins with */
	uint64_t group;
	unsigned have;		/* digits of it */
	bool done, ended;	/* done: what follows is none; as it says itself */
	uint64_t used;		/* characters of it */
	size_t out_len;
	uint8_t out[OUT_LEN];
};

static void
set_alphabet(uint8_t digit[static 256], const char *alphabet)
{
	memset(digit, DIGIT_NONE, 256);
	digit['\r'] = digit['\n'] = DIGIT_SPACE;
	for (uint8_t i = 0; i <= LAST; i++)
		digit[alphabet ? (uint8_t)alphabet[i] : '!' + i] = i;
	if (alphabet)
		return;
	digit['z'] = DIGIT_ZEROS;
	digit['~'] = DIGIT_MARK;
}

/* The digits of one more character; false: it can't be one. */
static bool
add_digit(struct base85 *b, uint8_t d)
{
	if (d == DIGIT_SPACE)
		return true;
	if (d == DIGIT_ZEROS && !b->have) {
		b->have = GROUP;
		b->group = 0;
		return true;
	}
	if (d > LAST)
		return false;
	b->group = b->group * 85 + d;
	return ++b->have < GROUP || b->group <= UINT32_MAX;
}

static void
begin_group(struct base85 *b)
{
	b->group = 0;
	b->have = 0;
}

/* All of the first bytes are of the alphabet, in groups that can be. */
static bool
fits(struct base85 *b, const uint8_t *p, size_t len)
{
	bool fine = true;

	for (size_t i = b->skip; i < len && fine; i++) {
		if (b->digit[p[i]] == DIGIT_MARK && (i + 1 == len ||
		    p[i + 1] == '>'))
			break;
		fine = add_digit(b, b->digit[p[i]]);
		if (b->have == GROUP)
			begin_group(b);
	}
	begin_group(b);
	return fine;
}

static bool
has_many_kinds(const uint8_t *p, size_t len)
{
	bool seen[256] = { false };
	size_t kinds = 0;

	for (size_t i = 0; i < len; i++) {
		kinds += !seen[p[i]];
		seen[p[i]] = true;
	}
	return kinds >= KINDS_MIN;
}

static bool
choose(struct base85 *b, const uint8_t *p, size_t len)
{
	static const char *const alphabets[] = { NULL, rfc1924, z85 };

	if (len >= 2 && !memcmp(p, "<~", 2)) {
		b->skip = 2;
		set_alphabet(b->digit, NULL);
		return fits(b, p, len);
	}
	for (size_t i = 0; i < sizeof(alphabets) / sizeof(*alphabets); i++) {
		set_alphabet(b->digit, alphabets[i]);
		if (fits(b, p, len))
			return true;
	}
	return false;
}

struct base85 *
base85_new(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct node_origin from = { .encoding = "base85" };
	struct base85 *b;

	if (len < BASE85_MIN || !has_many_kinds(p, len))
		return NULL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->node = n;
	if (choose(b, p, len))
		b->item = node_open(n->s, n, &from);
	if (b->item)
		return b;
	free(b);
	return NULL;
}

static void
flush(struct base85 *b)
{
	if (b->out_len)
		node_data(b->item, b->out, b->out_len);
	b->out_len = 0;
}

/* What the group stands for; of one that is not finished a byte less than it has
 * digits. */
static void
put_group(struct base85 *b)
{
	unsigned len = b->have - 1;

	for (; b->have < GROUP; b->have++)
		b->group = b->group * 85 + LAST;
	if (OUT_LEN - b->out_len < GROUP)
		flush(b);
	for (unsigned i = 0; i < len; i++)
		b->out[b->out_len++] = (uint8_t)(b->group >> (24 - 8 * i));
	begin_group(b);
}

void
base85_data(struct base85 *b, const uint8_t *p, size_t len)
{
	size_t skip = b->skip < len ? b->skip : len;

	b->skip -= skip;
	b->used += skip;
	for (size_t i = skip; i < len && !b->done; i++) {
		b->ended = b->digit[p[i]] == DIGIT_MARK;
		b->done = !add_digit(b, b->digit[p[i]]);
		b->used += !b->done;
		if (b->have == GROUP && !b->done)
			put_group(b);
	}
	flush(b);
}

void
base85_end(struct base85 *b, bool complete)
{
	struct scan *s;
	struct item_note before;
	uint32_t item;

	if (!b)
		return;
	if (b->have > 1 && b->have < GROUP)
		put_group(b);
	flush(b);
	s = b->node->s;
	item = b->item->item;
	before = s->notes[b->node->item];
	b->item->parent_bytes = b->used;
	node_close(b->item, complete && (!b->done || b->ended));
	/* noise that was no more than an attempt */
	if (scan_forget(s, item))
		s->notes[b->node->item] = before;
	free(b);
}
