// SPDX-License-Identifier: Apache-2.0
#include "protocol/conn_told.h"

#include <stdlib.h>
#include <string.h>

struct conn_told {
	struct conn_told *next;
	uint64_t len, gone;		/* of it, handed on */
	size_t room;			/* what it takes */
	struct when when;
	bool gap, early;
	uint8_t data[];
};

static struct conn_told *
told_new(struct conn *c, const uint8_t *data, uint64_t len)
{
	size_t *sum = c->env->told_len;
	size_t room = sizeof(struct conn_told) + (data ? len : 0);
	struct conn_told *t;

	if (data && sum && (len > CONN_TOLD_MAX || *sum + room > CONN_TOLD_MAX))
		return NULL;
	t = calloc(1, room);
	if (!t)
		return NULL;
	t->room = room;
	t->gap = !data;
	if (data)
		memcpy(t->data, data, len);
	if (sum)
		*sum += room;
	return t;
}

uint64_t
conn_told_add(struct conn *c, struct conn_told_list *l,
    const struct conn_told_piece *piece)
{
	uint64_t len = piece->len;
	struct conn_told *t, *last;

	if (!l->first)
		l->end = &l->first;
	last = l->first ? (struct conn_told *)((char *)l->end -
	    offsetof(struct conn_told, next)) : NULL;
	t = piece->data ? told_new(c, piece->data, len) : NULL;
	l->len += len;
	if (!t && last && last->gap && last->early == piece->early) {
		last->len += len;
		return len;
	}
	if (!t)
		t = told_new(c, NULL, len);
	if (!t) {
		l->len -= len;
		return len;
	}
	t->len = len;
	t->when = piece->when;
	t->early = piece->early;
	*l->end = t;
	l->end = &t->next;
	return t->gap ? len : 0;
}

bool
conn_told_first(const struct conn_told_list *l, uint64_t most,
    struct conn_told_piece *ret_piece)
{
	const struct conn_told *t = l->first;
	uint64_t left = t ? t->len - t->gone : 0;

	if (!left || !most)
		return false;
	*ret_piece = (struct conn_told_piece){ t->gap ? NULL : t->data + t->gone,
		left < most ? left : most, t->when, t->early };
	return true;
}

void
conn_told_drop(struct conn *c, struct conn_told_list *l, uint64_t len)
{
	struct conn_told *t = l->first;

	t->gone += len;
	l->len -= len;
	if (t->gone < t->len)
		return;
	l->first = t->next;
	if (c->env->told_len)
		*c->env->told_len -= t->room;
	free(t);
}

void
conn_told_clear(struct conn *c, struct conn_told_list *l)
{
	while (l->first)
		conn_told_drop(c, l, l->first->len - l->first->gone);
}
