// SPDX-License-Identifier: Apache-2.0
#include "content/walk/text_runs.h"

#include <stdlib.h>
#include <string.h>

#include "content/known/byte_class.h"

/*
 * Idle until a line has TEXT_RUN_LINE digits in a row; these are held until
 * there are TEXT_RUN_MIN; from then on an item is open and takes what follows,
 * line by line. A line shorter than TEXT_RUN_LINE is the last one.
 */
struct text_runs {
	struct scan_node *node, *item;	/* item: what is open */
	size_t held_len;
	size_t line;		/* digits of the line so far */
	bool broken;		/* the line has ended, the next may follow */
	bool padded;		/* '=' was seen: no digits follow */
	uint64_t raw_bytes;	/* of the run, line breaks and all */
	uint8_t held[TEXT_RUN_MIN];
};

struct text_runs *
text_runs_new(struct scan_node *n)
{
	struct text_runs *t = malloc(sizeof(*t));

	if (t) {
		memset(t, 0, offsetof(struct text_runs, held));
		t->node = n;
	}
	return t;
}

/* Hex digits alone; but for A, which in base64 stands for zeros. */
static bool
is_hex(const uint8_t *p, size_t len)
{
	bool other = false;

	for (size_t i = 0; i < len; i++) {
		if (!byte_is(p[i], BYTE_HEX))
			return false;
		other |= p[i] != 'A';
	}
	return other;
}

static void
end_run(struct text_runs *t, bool complete)
{
	size_t first;

	if (t->item) {
		first = t->item->item;
		t->item->parent_bytes = t->raw_bytes;
		node_close(t->item, complete);
		(void)scan_forget(t->node->s, first);
	}
	t->item = NULL;
	t->held_len = t->line = 0;
	t->raw_bytes = 0;
	t->broken = t->padded = false;
}

static void
begin_item(struct text_runs *t)
{
	struct node_origin from = { .encoding = "text", .field = true,
		.run = true };

	from.hex = is_hex(t->held, t->held_len);
	from.base64 = !from.hex;
	t->item = node_open(t->node->s, t->node, &from);
	if (t->item)
		node_data(t->item, t->held, t->held_len);
}

/* Digits of one line. */
static void
take_digits(struct text_runs *t, const uint8_t *p, size_t len)
{
	size_t room = TEXT_RUN_MIN - t->held_len, n = len < room ? len : room;

	t->line += len;
	t->raw_bytes += len;
	memcpy(t->held + t->held_len, p, n);
	t->held_len += n;
	if (n && t->held_len == TEXT_RUN_MIN)
		begin_item(t);
	if (t->item && len > n)
		node_data(t->item, p + n, len - n);
}

/* A byte that is no digit: may what comes behind it still be of the run? */
static bool
goes_on(struct text_runs *t, uint8_t c)
{
	if (c == '=' && t->item && !t->broken) {
		node_data(t->item, &c, 1);
		t->padded = true;
		return true;
	}
	if (c == '\r' || c == '\n') {
		t->broken = true;
		return !t->padded && t->line >= TEXT_RUN_LINE;
	}
	return t->broken && (c == ' ' || c == '\t');
}

/* Where, from i on, a line of enough digits may begin; its first bytes may be
 * all that is there of it. */
static size_t
skip(const uint8_t *p, size_t i, size_t len)
{
	while (len - i >= TEXT_RUN_LINE) {
		size_t last = i + TEXT_RUN_LINE;

		while (last > i && byte_is(p[last - 1], BYTE_BASE64))
			last--;
		if (last == i)
			return i;
		i = last;
	}
	return i;
}

void
text_runs_data(struct text_runs *t, const uint8_t *p, size_t len)
{
	size_t i = 0, end;

	while (i < len) {
		if (!t->held_len)
			i = skip(p, i, len);
		end = i;
		while (end < len && byte_is(p[end], BYTE_BASE64))
			end++;
		if (end > i && (t->padded ||
		    (t->broken && t->line < TEXT_RUN_LINE)))
			end_run(t, true);
		if (end > i && t->broken) {
			t->broken = false;
			t->line = 0;
		}
		if (end > i)
			take_digits(t, p + i, end - i);
		if (end < len && t->held_len) {
			if (goes_on(t, p[end]))
				t->raw_bytes++;
			else
				end_run(t, true);
		}
		i = end + 1;
	}
}

void
text_runs_gap(struct text_runs *t)
{
	end_run(t, false);
}

void
text_runs_end(struct text_runs *t, bool complete)
{
	if (t)
		end_run(t, complete);
	free(t);
}
