// SPDX-License-Identifier: Apache-2.0
#include "protocol/conn_hook.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/conn_lane.h"
#include "protocol/tls/tls.h"

/* Alerts and the like, which the library's caller never sees. */
#define UNTOLD_MAX	64

static bool
is_tls(const struct lane *l)
{
	return l && l->layer && strcmp(l->layer->ops->name, "tls") == 0;
}

/* The lane of TLS, or CONN_MAX_LANES. */
static unsigned
find_tls(struct conn_full *f)
{
	unsigned n = 0;

	while (conn_lane(f, n) && !is_tls(conn_lane(f, n)))
		n++;
	return conn_lane(f, n) ? n : CONN_MAX_LANES;
}

bool
conn_hook(struct conn *c, bool ambiguous)
{
	if (!c->hook)
		c->hook = calloc(1, sizeof(*c->hook));
	if (c->hook)
		c->hook->ambiguous |= ambiguous;
	return c->hook != NULL;
}

/* What was there before the capture began has shown no handshake. */
static unsigned
join_tls(struct conn_full *f)
{
	struct layer *layer;

	if (f->wire.layer || f->wire.hold)
		return CONN_MAX_LANES;
	layer = tls_layer_join(&f->c);
	if (!layer)
		return CONN_MAX_LANES;
	conn_lane_take(f, 0, layer);
	return 0;
}

/* What the library was given before it sent its hello. */
static bool
is_ahead(struct conn *c, unsigned side, bool early)
{
	struct conn_full *f = conn_full_of(c);

	if (c->hook->finished || c->decrypted || side != c->endpoint_side ||
	    find_tls(f) != CONN_MAX_LANES)
		return false;
	return early || (c->before == CONN_BEFORE_KNOWN && !f->wire.layer &&
	    !f->wire.running);
}

/* Keys that opened it are not asked to say the same again. */
static bool
begin(struct conn *c, unsigned n, unsigned *ret_depth)
{
	struct conn_full *f = conn_full_of(c);

	if (c->hook->finished || c->decrypted || n == CONN_MAX_LANES)
		return false;
	*ret_depth = f->c.depth;
	f->c.depth = (uint8_t)n;
	c->hook->feeding = true;
	return true;
}

static void
end(struct conn *c, unsigned depth)
{
	c->hook->feeding = false;
	c->depth = (uint8_t)depth;
}

static void
hand_on(struct conn *c, unsigned side, const uint8_t *data, uint64_t len,
    const struct when *when)
{
	if (data) {
		c->hook->plain[side] += len;
		conn_plain(c, side, data, len, when);
	} else {
		c->hook->lost[side] += len;
		conn_plain_gap(c, side, len, when);
	}
}

/* GnuTLS keeps early data for a handshake that may send none. */
static bool
is_kept(const struct conn *c, const struct conn_told_piece *p)
{
	return p->early && c->tls && c->tls->has_client_hello &&
	    !c->tls->early_data;
}

/* Behind early data that the server did not take all begins anew. */
static void
turn(struct conn *c, const struct conn_told_piece *p)
{
	if (!p->early && c->hook->early && c->tls && c->tls->early_refused)
		conn_plain_refused(c, &p->when);
	c->hook->early = p->early;
}

/* Of what was told to go out, as much as there was room for in what went out. */
static void
catch_up(struct conn *c)
{
	struct conn_hook *h = c->hook;
	unsigned out = c->endpoint_side;
	uint64_t room = h->sealed[out] + h->missing[out];
	struct conn_told_piece p;

	for (;;) {
		uint64_t taken = h->frame[out] + h->plain[out] + h->lost[out];

		if (!conn_told_first(&h->told, room > taken ? room - taken : 0,
			&p))
			return;
		if (is_kept(c, &p)) {
			h->unoffered += p.len;
			conn_told_drop(c, &h->told, p.len);
			continue;
		}
		turn(c, &p);
		hand_on(c, out, p.data, p.len, &p.when);
		conn_told_drop(c, &h->told, p.len);
	}
}

/* Some of it may have left before the capture began, and some after: it takes all
 * of the room that it may have taken, and what room that leaves the rest is the
 * least there was. */
static bool
is_before_capture(const struct conn *c, const struct conn_told_piece *piece)
{
	const struct conn_hook *h = c->hook;
	unsigned out = c->endpoint_side;

	return !piece->data && c->before == CONN_BEFORE_UNSEEN &&
	       !h->told.len && !h->plain[out] && !h->lost[out];
}

static void
keep(struct conn *c, const struct conn_told_piece *piece)
{
	if (is_before_capture(c, piece))
		c->hook->ahead = piece->len;
	c->hook->told_early = piece->early;
	(void)conn_told_add(c, &c->hook->told, piece);
}

static bool
tell(struct conn *c, unsigned side, const struct conn_told_piece *piece)
{
	struct conn_full *f = conn_full_of(c);
	unsigned n = find_tls(f), depth;

	if (is_ahead(c, side, piece->early)) {
		keep(c, piece);
		return true;
	}
	if (n == CONN_MAX_LANES)
		n = join_tls(f);
	if (!begin(c, n, &depth))
		return c->decrypted;
	if (side == c->endpoint_side) {
		keep(c, piece);
		catch_up(c);
	} else {
		hand_on(c, side, piece->data, piece->len, &piece->when);
	}
	end(c, depth);
	return true;
}

bool
conn_hook_data(struct conn *c, unsigned side, const uint8_t *data, size_t len,
    bool early, const struct when *when)
{
	return tell(c, side, &(struct conn_told_piece){ data, len, *when, early });
}

bool
conn_hook_gap(struct conn *c, unsigned side, uint64_t len,
    const struct when *when)
{
	return tell(c, side, &(struct conn_told_piece){ NULL, len, *when,
	    c->hook->told_early });
}

void
conn_hook_seen(struct conn *c)
{
	unsigned depth;

	if (!c->hook->told.first ||
	    !begin(c, find_tls(conn_full_of(c)), &depth))
		return;
	catch_up(c);
	end(c, depth);
}

void
conn_hook_finish(struct conn *c)
{
	struct conn_hook *h = c->hook;

	h->unclear = h->told.len < h->ahead ? h->told.len : h->ahead;
	h->unsent = h->told.len - h->unclear + h->unoffered;
	h->finished = true;
}

void
conn_hook_free(struct conn *c)
{
	if (c->hook)
		conn_told_clear(c, &c->hook->told);
	free(c->hook);
}

uint64_t
conn_hook_settle(struct conn *c, unsigned side, uint64_t most)
{
	const struct conn_hook *h = c->hook;
	uint64_t rest = h->sealed[side] > h->plain[side] ?
			    h->sealed[side] - h->plain[side] : 0;
	uint64_t frame = h->records[side] * most, untold, lost;

	if (frame > rest)
		frame = rest;
	untold = rest - frame;
	conn_add_overhead(c, side, CONN_UNDERSTOOD, frame);
	lost = untold < h->lost[side] ? untold : h->lost[side];
	untold -= lost;
	if (untold <= UNTOLD_MAX) {
		lost += untold;
		untold = 0;
	}
	conn_add_overhead(c, side, CONN_ENCRYPTED, lost);
	return untold;
}
