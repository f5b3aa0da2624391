// SPDX-License-Identifier: Apache-2.0
/* Tar archives, old and POSIX, with GNU's and pax's long names. */
#include <string.h>

#include "content/walk/walkers.h"

#define BLOCK	512
#define LONG_MAX_LEN	1024

struct tar_state {
	size_t have;
	uint64_t left, padding;
	bool keep_name, in_file, done;
	uint8_t kind;
	size_t long_len;	/* a name that the next entry gets */
	uint8_t head[BLOCK];
	uint8_t longer[LONG_MAX_LEN];
};

static uint64_t
octal(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	if (p[0] & 0x80) {	/* base 256 */
		for (size_t i = len - 8; i < len; i++)
			v = v << 8 | p[i];
		return v;
	}
	for (size_t i = 0; i < len && p[i]; i++) {
		if (p[i] >= '0' && p[i] <= '7')
			v = v << 3 | (p[i] - '0');
	}
	return v;
}

/* The header's checksum, its own field counted as blanks. */
static bool
sum_fits(const uint8_t *h)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : h[i];
	return sum == octal(h + 148, 8);
}

bool
tar_fits(const uint8_t *p, size_t len)
{
	return len >= BLOCK && p[0] && sum_fits(p);
}

static bool
tar_open(struct scan_node *n)
{
	n->parsed = true;
	return true;
}

/* A pax record "LEN path=NAME\n" among others. */
static void
pax_name(struct tar_state *st)
{
	uint8_t *hit = memmem(st->longer, st->long_len, " path=", 6), *end;
	size_t len = 0;

	if (hit) {
		hit += 6;
		end = memchr(hit, '\n',
		    (size_t)(st->longer + st->long_len - hit));
		len = end ? (size_t)(end - hit) : 0;
		memmove(st->longer, hit, len);
	}
	st->long_len = len;
}

static void
open_file(struct scan_node *n, struct tar_state *st)
{
	uint8_t name[155 + 1 + 100];
	size_t len = 0, base = strnlen((char *)st->head, 100);
	struct node_origin from = { .encoding = "tar", .declared_file = true };

	if (!memcmp(st->head + 257, "ustar\0", 6) && st->head[345]) {
		len = strnlen((char *)st->head + 345, 155);
		memcpy(name, st->head + 345, len);
		name[len++] = '/';
	}
	memcpy(name + len, st->head, base);
	from.name = (struct span){ name, len + base };
	if (st->long_len)
		from.name = (struct span){ st->longer, st->long_len };
	from.path = scan_keep(n->s, from.name);
	n->child = node_open(n->s, n, &from);
	st->in_file = true;
	st->long_len = 0;
}

static void
entry_end(struct scan_node *n, struct tar_state *st)
{
	if (st->keep_name && st->kind == 'x')
		pax_name(st);
	else if (st->keep_name)
		st->long_len = strnlen((char *)st->longer, st->long_len);
	st->keep_name = false;
	if (st->in_file)
		node_close(n->child, true);
	if (st->in_file)
		n->child = NULL;
	st->in_file = false;
}

static void
read_head(struct scan_node *n, struct tar_state *st)
{
	st->have = 0;
	if (!st->head[0]) {
		st->done = true;
		return;
	}
	if (!sum_fits(st->head)) {
		n->parsed = false;
		st->done = true;
		return;
	}
	st->kind = st->head[156];
	st->left = octal(st->head + 124, 12);
	st->padding = (BLOCK - st->left % BLOCK) % BLOCK;
	if (st->kind == 'L' || st->kind == 'x') {
		st->keep_name = true;
		st->long_len = 0;
	} else if (!st->kind || st->kind == '0' || st->kind == '7') {
		open_file(n, st);
	} else if (st->kind != 'g') {
		st->long_len = 0;
		if (st->kind >= '1' && st->kind <= '6')
			st->left = st->padding = 0;
	}
	if (!st->left)
		entry_end(n, st);
}

static void
entry_data(struct scan_node *n, struct tar_state *st, const uint8_t *p,
    size_t len)
{
	size_t room = LONG_MAX_LEN - st->long_len;

	if (st->keep_name) {
		memcpy(st->longer + st->long_len, p, len < room ? len : room);
		st->long_len += len < room ? len : room;
	}
	if (!st->in_file)
		return;
	if (!node_may_emit(n, len)) {
		n->parsed = false;
		st->done = true;
		return;
	}
	if (n->child) {
		n->child->parent_bytes += len;
		node_data(n->child, p, len);
	}
}

static void
tar_data(struct scan_node *n, const uint8_t *p, size_t len)
{
	struct tar_state *st = n->state;
	size_t take;

	while (len && !st->done) {
		if (st->left) {
			take = st->left < len ? (size_t)st->left : len;
			entry_data(n, st, p, take);
			st->left -= take;
			if (!st->left)
				entry_end(n, st);
		} else if (st->padding) {
			take = st->padding < len ? (size_t)st->padding : len;
			st->padding -= take;
		} else {
			take = BLOCK - st->have;
			take = take < len ? take : len;
			memcpy(st->head + st->have, p, take);
			st->have += take;
			if (st->have == BLOCK)
				read_head(n, st);
		}
		p += take;
		len -= take;
	}
}

static void
tar_close(struct scan_node *n)
{
	struct tar_state *st = n->state;

	if (st->left || st->have)
		n->parsed = false;
	node_close(n->child, false);
	n->child = NULL;
}

const struct walker walker_tar = {
	.name = "tar",
	.state_len = sizeof(struct tar_state),
	.open = tar_open,
	.data = tar_data,
	.close = tar_close,
};
