// SPDX-License-Identifier: Apache-2.0
#include "protocol/conn_wait.h"

#include <stdlib.h>

enum piece_kind {
	PIECE_DATA,
	PIECE_GAP,
	PIECE_EOF,
};

/* Of a connection, in front of the bytes of PIECE_DATA. */
struct piece {
	struct when when;
	uint64_t len;
	uint8_t side, kind;
};

static void
list(struct conn_wait *w, struct conn_waiting *x, const struct when *when)
{
	x->since = *when;
	x->listed = true;
	x->prev = w->last;
	if (w->last)
		w->last->next = x;
	else
		w->first = x;
	w->last = x;
}

/* Out of the connection's and the shard's hands. */
static struct conn_waiting *
unlink_of(struct conn *c)
{
	struct conn_wait *w = c->env->wait;
	struct conn_waiting *x = c->waiting;

	c->waiting = NULL;
	if (!x || !x->listed)
		return x;
	*(x->prev ? &x->prev->next : &w->first) = x->next;
	*(x->next ? &x->next->prev : &w->last) = x->prev;
	w->bytes -= x->pieces.len;
	return x;
}

static void
waiting_free(struct conn_waiting *x)
{
	if (x)
		buf_clear(&x->pieces);
	free(x);
}

bool
conn_wait_take(struct conn *c, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct conn_wait *w = c->env->wait;
	size_t kept = data ? len : 0;
	struct piece piece = { *when, len, (uint8_t)side,
		data ? PIECE_DATA : len ? PIECE_GAP : PIECE_EOF };

	while (c->waiting && !w->settling &&
	    w->bytes + sizeof(piece) + kept > w->max_bytes) {
		w->early++;
		conn_wait_release(w->first ? w->first->conn : c);
	}
	if (!c->waiting ||
	    !buf_reserve(&c->waiting->pieces, sizeof(piece) + kept)) {
		conn_wait_release(c);
		return false;
	}
	if (!c->waiting->listed)
		list(w, c->waiting, when);
	buf_append(&c->waiting->pieces, &piece, sizeof(piece));
	buf_append(&c->waiting->pieces, data, kept);
	w->bytes += sizeof(piece) + kept;
	return true;
}

void
conn_wait_release(struct conn *c)
{
	struct conn_waiting *x = unlink_of(c);
	size_t at = 0;

	while (x && at < x->pieces.len) {
		const uint8_t *bytes = x->pieces.data + at + sizeof(struct piece);
		struct piece p;

		memcpy(&p, x->pieces.data + at, sizeof(p));
		at += sizeof(p);
		if (p.kind == PIECE_EOF) {
			conn_eof(c, p.side, &p.when);
		} else if (p.kind == PIECE_GAP) {
			conn_gap(c, p.side, p.len, &p.when);
		} else {
			conn_data(c, p.side, bytes, (size_t)p.len, &p.when);
			at += (size_t)p.len;
		}
	}
	waiting_free(x);
}

void
conn_wait_drop(struct conn *c)
{
	waiting_free(unlink_of(c));
}

struct conn *
conn_wait_next(const struct conn_wait *w, const struct conn *after)
{
	const struct conn_waiting *x = after ? after->waiting->next : w->first;

	return x ? x->conn : NULL;
}

const struct conn_wanted *
conn_wait_wanted(const struct conn *c)
{
	return &c->waiting->wanted;
}

struct when
conn_wait_since(const struct conn *c)
{
	return c->waiting->since;
}
