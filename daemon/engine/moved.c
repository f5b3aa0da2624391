// SPDX-License-Identifier: Apache-2.0
#include "engine/moved.h"

#include "engine/engine.h"
#include "engine/flow_record.h"
#include "protocol/quic/quic_session.h"
#include "protocol/tls/tls.h"

#define FOUND_MAX	8	/* of one datagram, in all shards */

static struct shard *
shard_of(const struct conn *c)
{
	const struct transfer_sink *sink = c->env->sink;

	return sink->arg;
}

static struct flow_user *
user_of(const struct conn *c)
{
	const struct flow *f = c->owner;

	return flow_user_of(f);
}

static size_t
find(const struct telltap_engine *e, struct span datagram,
    const struct quic_path **ret)
{
	size_t n = 0;

	for (unsigned i = 0; i < SHARD_COUNT; i++)
		n += quic_paths_find(&e->shards[i].paths, datagram,
		    FOUND_MAX - n, ret + n);
	return n;
}

/* id_len: of the ID in it; above QUIC_CID_MAX, as at first. */
static size_t
open_at(struct quic_session *session, unsigned side, size_t id_len,
    const struct conn_piece *p)
{
	shard_of(quic_session_conn(session))->packet = p->when.packet;
	return quic_session_elsewhere(session, side,
	    (struct span){ p->data, p->len }, id_len, &p->when);
}

static void
set_home(struct conn_joined *j, struct quic_session *session, bool flipped)
{
	struct quic_home *home = quic_session_home(session);

	if (j->home != home && home) {
		quic_home_drop(j->home);
		j->home = quic_home_hold(home);
		j->moved_out = j->owed = 0;
	}
	j->flipped = flipped;
}

/* How many bytes of a datagram a session opened. It is j's home then. */
static size_t
open_piece(struct telltap_engine *e, struct conn_joined *j,
    const struct conn_piece *p)
{
	const struct quic_path *found[FOUND_MAX];
	size_t n, opened = 0;

	if (p->kind != CONN_PIECE_DATA)
		return 0;
	n = find(e, (struct span){ p->data, p->len }, found);
	for (size_t i = 0; i < n && !opened; i++) {
		opened = open_at(found[i]->session, found[i]->to,
		    found[i]->len, p);
		if (opened)
			set_home(j, found[i]->session,
			    p->side != found[i]->to);
	}
	/* by an ID that is empty, or was told where it was not seen */
	if (!opened && j->home && j->home->session)
		opened = open_at(j->home->session, p->side ^ j->flipped,
		    QUIC_CID_MAX + 1, p);
	return opened;
}

/* The flow of c is part of the connection at home: it has its names, and its
 * first flow must not be over before it. */
static void
join(struct conn *c, const struct conn *home, bool flipped)
{
	const struct flow *f = c->owner;
	struct flow *first = home->owner;

	if (!conn_turns_quic(c))
		return;
	user_of(c)->continues = first->id;
	if (first->seen_clock_ns < f->seen_clock_ns)
		first->seen_clock_ns = f->seen_clock_ns;
	if (!c->tls)
		c->tls = tls_info_copy(home->tls, c->env);
	if (c->tls)
		c->tls->opened++;
	c->decrypted = true;
	conn_client_is(c, home->endpoint_side ^ flipped);
}

/*
 * What c carried is in the messages of its home. As much of it as those leave not
 * understood, or do not know yet, is not claimed to be.
 */
static void
account(struct conn *c, const struct conn *home)
{
	struct conn_joined *j = &c->waiting->joined;
	int64_t understood = (int64_t)(user_of(home)->understood_out +
	    home->overhead[home->endpoint_side][CONN_UNDERSTOOD]);
	uint64_t others = j->home->owed - j->owed, owed = 0;

	if (understood < 0 && (uint64_t)-understood > others)
		owed = (uint64_t)-understood - others;
	if (owed > j->moved_out)
		owed = j->moved_out;
	c->overhead[c->endpoint_side][CONN_UNDERSTOOD] += j->owed - owed;
	j->home->owed = others + owed;
	j->owed = owed;
}

static bool
is_joined(const struct conn *c)
{
	return c && c->waiting && c->waiting->wanted.connection &&
	    c->waiting->joined.home;
}

/* What a session opened of a piece is accounted for here, the rest passed on. */
static void
take_piece(struct shard *s, struct conn *c, const struct conn_piece *p,
    size_t opened)
{
	struct conn_joined *j = &c->waiting->joined;
	struct conn_piece rest = *p;
	struct cursor at = cur_init(p->data, p->len);

	if (opened) {
		join(c, quic_session_conn(j->home->session), j->flipped);
		conn_add_overhead(c, p->side, CONN_UNDERSTOOD, opened);
		if (p->side == c->endpoint_side)
			j->moved_out += opened;
		cur_skip(&at, opened);
		rest.data = cur_peek(&at);
		rest.len = cur_left(&at);
	}
	s->packet = p->when.packet;
	if (rest.len)
		conn_wait_pass(c, &rest);
}

/* Nobody's. */
static void
let_go(struct shard *s, struct conn *c)
{
	struct buf pieces = conn_wait_draw(c);
	struct cursor at = cur_init(pieces.data, pieces.len);
	struct conn_piece p;

	conn_wait_drop(c);
	while (conn_wait_piece(&at, &p)) {
		s->packet = p.when.packet;
		conn_wait_give(c, &p);
	}
	buf_clear(&pieces);
	shard_sort(s);
}

/* The place of the first piece that a session opened, and what that was; -1. */
static int64_t
first_of(struct telltap_engine *e, struct conn *c, size_t *ret_opened)
{
	struct cursor at = conn_wait_pieces(c);
	struct conn_piece p;

	for (int64_t n = 0; conn_wait_piece(&at, &p); n++) {
		*ret_opened = open_piece(e, &c->waiting->joined, &p);
		if (*ret_opened)
			return n;
	}
	return -1;
}

/* first: the piece of which so much was opened before. */
static void
hand_pieces(struct telltap_engine *e, struct shard *s, struct conn *c,
    int64_t first, size_t first_opened)
{
	struct buf pieces = conn_wait_draw(c);
	struct cursor at = cur_init(pieces.data, pieces.len);
	struct conn_piece p;

	for (int64_t n = 0; conn_wait_piece(&at, &p); n++) {
		size_t opened = first_opened;

		if (is_joined(c) && n != first)
			opened = open_piece(e, &c->waiting->joined, &p);
		if (is_joined(c))
			take_piece(s, c, &p, opened);
		else
			conn_wait_give(c, &p);
	}
	buf_clear(&pieces);
}

void
engine_moved_hand(struct telltap_engine *e, struct shard *s, struct conn *c,
    bool due)
{
	size_t opened = 0;
	int64_t first = -1;

	if (!is_joined(c)) {
		first = first_of(e, c, &opened);
		if (first < 0 && due)
			let_go(s, c);
		if (first < 0)
			return;
	}
	hand_pieces(e, s, c, first, opened);
	e->moved = true;
	if (is_joined(c) && c->waiting->joined.home->session) {
		const struct conn *home =
		    quic_session_conn(c->waiting->joined.home->session);

		account(c, home);
		shard_sort(shard_of(home));
	}
	shard_sort(s);
}

static struct conn *
conn_of(const struct flow *f)
{
	const struct flow_user *u = flow_user_of(f);

	return u ? u->conn : NULL;
}

/* The messages of the connection end, so that what they are is known. */
static void
end_home(struct flow *f)
{
	const struct conn *c = conn_of(f);
	struct quic_home *home = is_joined(c) ? c->waiting->joined.home : NULL;
	struct conn *conn;
	const struct flow *first;
	struct when last;

	if (!home || !home->session)
		return;
	conn = home->ended = quic_session_conn(home->session);
	first = conn->owner;
	last = (struct when){ first->end_ns, first->last_packet };
	shard_of(conn)->packet = first->last_packet;
	conn_finish(conn, &last);
	shard_sort(shard_of(conn));
}

static void
account_last(struct flow *f)
{
	struct conn *c = conn_of(f);

	if (is_joined(c) && c->waiting->joined.home->ended)
		account(c, c->waiting->joined.home->ended);
}

void
engine_moved_end(struct telltap_engine *e)
{
	for (unsigned i = 0; e->moved && i < SHARD_COUNT; i++)
		flow_table_each(e->shards[i].table, end_home);
	for (unsigned i = 0; e->moved && i < SHARD_COUNT; i++)
		flow_table_each(e->shards[i].table, account_last);
}
