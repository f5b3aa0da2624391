// SPDX-License-Identifier: Apache-2.0
#include "protocol/conn_wait.h"

#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"
#include "protocol/conn_again.h"
#include "protocol/quic/quic_paths.h"

/* Of a connection, in front of the bytes of CONN_PIECE_DATA. */
struct piece {
	struct when when;
	uint64_t len;
	uint8_t side, kind;
};

static size_t *
count_of(struct conn_wait *w, const struct conn_waiting *x)
{
	if (x->wanted.again)
		return &w->for_again;
	return x->wanted.connection ? &w->for_connections : &w->for_keys;
}

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
	++*count_of(w, x);
}

static void
unlist(struct conn_wait *w, struct conn_waiting *x)
{
	if (!x->listed)
		return;
	*(x->prev ? &x->prev->next : &w->first) = x->next;
	*(x->next ? &x->next->prev : &w->last) = x->prev;
	x->prev = x->next = NULL;
	x->listed = false;
	w->bytes -= x->pieces.len;
	--*count_of(w, x);
}

/* Out of the connection's and the shard's hands. */
static struct conn_waiting *
unlink_of(struct conn *c)
{
	struct conn_waiting *x = c->waiting;

	c->waiting = NULL;
	if (x)
		unlist(c->env->wait, x);
	return x;
}

static void
waiting_free(struct conn_waiting *x)
{
	if (x) {
		buf_clear(&x->pieces);
		quic_home_drop(x->joined.home);
	}
	free(x);
}

static void
let_go_early(struct conn_wait *w, struct conn *c)
{
	if (!c->waiting->wanted.again) {
		w->early_moves += !c->wait_early &&
		    c->waiting->wanted.connection;
		w->early += !c->wait_early && !c->waiting->wanted.connection;
		c->wait_early = true;
	}
	conn_wait_release(c);
}

bool
conn_wait_take(struct conn *c, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct conn_wait *w = c->env->wait;
	size_t kept = data ? len : 0;
	struct piece piece = { *when, len, (uint8_t)side,
		data ? CONN_PIECE_DATA : len ? CONN_PIECE_GAP : CONN_PIECE_EOF };

	while (c->waiting && c->waiting->listed &&
	    conn_again_is_over(c->waiting, kept, when))
		conn_wait_release(c);
	while (c->waiting && !w->settling &&
	    w->bytes + sizeof(piece) + kept > w->max_bytes)
		let_go_early(w, w->first ? w->first->conn : c);
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

bool
conn_wait_piece(struct cursor *c, struct conn_piece *ret)
{
	struct piece p;

	cur_copy(c, (uint8_t *)&p, sizeof(p));
	if (cur_failed(c))
		return false;
	*ret = (struct conn_piece){ .when = p.when, .side = p.side,
		.kind = p.kind, .len = (size_t)p.len };
	if (p.kind == CONN_PIECE_DATA)
		ret->data = cur_bytes(c, ret->len);
	return true;
}

void
conn_wait_give(struct conn *c, const struct conn_piece *p)
{
	if (p->kind == CONN_PIECE_EOF)
		conn_eof(c, p->side, &p->when);
	else if (p->kind == CONN_PIECE_GAP)
		conn_gap(c, p->side, p->len, &p->when);
	else
		conn_data(c, p->side, p->data, p->len, &p->when);
}

void
conn_wait_release(struct conn *c)
{
	struct conn_waiting *x = unlink_of(c);
	struct conn_piece p;
	struct cursor at;

	if (!x)
		return;
	c->again_spent |= x->wanted.again && !x->changed;
	at = cur_init(x->pieces.data, x->pieces.len);
	while (conn_wait_piece(&at, &p))
		conn_wait_give(c, &p);
	waiting_free(x);
}

void
conn_wait_drop(struct conn *c)
{
	waiting_free(unlink_of(c));
}

struct cursor
conn_wait_pieces(const struct conn *c)
{
	return cur_init(c->waiting->pieces.data, c->waiting->pieces.len);
}

struct buf
conn_wait_draw(struct conn *c)
{
	struct buf pieces = c->waiting->pieces;

	unlist(c->env->wait, c->waiting);
	buf_init(&c->waiting->pieces, 0);
	return pieces;
}

void
conn_wait_pass(struct conn *c, const struct conn_piece *p)
{
	struct conn_waiting *x = c->waiting;

	c->waiting = NULL;
	conn_wait_give(c, p);
	/* a ClientHello in it may have begun to wait for keys */
	if (!c->waiting)
		c->waiting = x;
	else if (x != c->waiting)
		waiting_free(x);
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
