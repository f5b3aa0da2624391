// SPDX-License-Identifier: Apache-2.0
#include "protocol/conn_again.h"

#include <string.h>

#include "protocol/conn_lane.h"

#define RECORD_MAX	(5 + 16384 + 2048)

bool
conn_again_begin(struct conn *c, const struct layer *l, unsigned side,
    struct span header, struct span body, const struct when *when)
{
	const struct conn_wanted wanted = { .again = true };
	uint8_t record[RECORD_MAX];

	if (c->again_spent) {
		c->again_spent = false;
		return false;
	}
	if (c->again_turns == CONN_AGAIN_TURNS || c->proto != 6 ||
	    conn_full_of(c)->wire.layer != l ||
	    header.len + body.len > sizeof(record) ||
	    !conn_wait_for(c, &wanted))
		return false;
	c->again_turns++;
	memcpy(record, header.p, header.len);
	if (body.len)
		memcpy(record + header.len, body.p, body.len);
	return conn_wait_take(c, side, record, header.len + body.len, when);
}

/* How many bytes of the side wait. */
static uint64_t
held_len(struct conn *c, unsigned side)
{
	struct cursor at = conn_wait_pieces(c);
	struct conn_piece p;
	uint64_t len = 0;

	while (conn_wait_piece(&at, &p))
		if (p.side == side)
			len += p.len;
	return len;
}

/* Puts bytes into what waits, of which a piece lies back bytes before the end.
 * True if it had others. */
static bool
put(struct conn *c, const struct conn_piece *p, uint64_t piece_back,
    uint64_t back, struct cursor bytes)
{
	size_t skip = 0, n;
	uint8_t *to;

	if (p->kind != CONN_PIECE_DATA)
		return false;
	if (back > piece_back) {
		if (back - piece_back >= cur_left(&bytes))
			return false;
		cur_skip(&bytes, (size_t)(back - piece_back));
	} else {
		if (piece_back - back >= p->len)
			return false;
		skip = (size_t)(piece_back - back);
	}
	n = p->len - skip < cur_left(&bytes) ? p->len - skip : cur_left(&bytes);
	to = c->waiting->pieces.data +
	    (p->data - (const uint8_t *)c->waiting->pieces.data) + skip;
	if (!memcmp(to, cur_peek(&bytes), n))
		return false;
	memcpy(to, cur_peek(&bytes), n);
	return true;
}

static void
put_all(struct conn *c, unsigned side, uint64_t back, struct cursor bytes)
{
	struct cursor at = conn_wait_pieces(c);
	uint64_t left = held_len(c, side);
	struct conn_piece p;

	while (conn_wait_piece(&at, &p)) {
		if (p.side != side)
			continue;
		c->waiting->changed |= put(c, &p, left, back, bytes);
		left -= p.len;
	}
}

void
conn_again(struct conn *c, unsigned side, uint64_t back, const uint8_t *data,
    size_t len, uint64_t now_ns)
{
	struct layer *l = conn_full_of(c)->wire.layer;

	while (c->waiting && c->waiting->listed && c->waiting->wanted.again &&
	    conn_again_is_due(c, now_ns))
		conn_wait_release(c);
	if (!c->waiting && l && l->ops->again)
		l->ops->again(l, side, back, data, len);
	if (!c->waiting || !c->waiting->wanted.again)
		return;
	put_all(c, side, back, cur_init(data, len));
	if (!c->waiting->changed)
		return;
	conn_wait_release(c);
	if (!c->waiting)
		c->again_turns = 0;
}

bool
conn_again_is_due(const struct conn *c, uint64_t now_ns)
{
	uint64_t since_ns = c->waiting->since.ts_ns;

	return now_ns > since_ns && now_ns - since_ns >= CONN_AGAIN_NS;
}

bool
conn_again_is_over(const struct conn_waiting *x, size_t len,
    const struct when *when)
{
	return x->wanted.again && (conn_again_is_due(x->conn, when->ts_ns) ||
	    x->pieces.len + len > CONN_AGAIN_LEN);
}
