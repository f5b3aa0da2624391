// SPDX-License-Identifier: Apache-2.0
#include "protocol/conn_wait.h"

#include <stdlib.h>

#include "protocol/conn_lane.h"

/* What layers ask; by itself, so that one needs no connection to be tested. */

#define SHORT_LEAST	21	/* a packet of QUIC with a short header */

static bool
begin(struct conn *c, const struct conn_wanted *wanted)
{
	c->waiting = calloc(1, sizeof(*c->waiting));
	if (!c->waiting)
		return false;
	if (!wanted->again)
		c->wait_turns++;
	c->waiting->conn = c;
	c->waiting->wanted = *wanted;
	buf_init(&c->waiting->pieces, 0);
	return true;
}

bool
conn_wait_begin(struct conn *c, const struct conn_wanted *wanted)
{
	struct conn_wait *w = c->env->wait;

	if (c->waiting)
		return true;
	if (!w || c->hook || c->wait_turns == CONN_WAIT_TURNS ||
	    !(w->for_log || (w->for_sessions && wanted->session_count)))
		return false;
	return begin(c, wanted);
}

bool
conn_wait_for(struct conn *c, const struct conn_wanted *wanted)
{
	return !c->waiting && c->env->wait && !c->hook && begin(c, wanted);
}

bool
conn_wait_elsewhere(struct conn *c, const uint8_t *data, size_t len)
{
	const struct conn_wanted wanted = { .connection = true };
	struct conn_wait *w = c->env->wait;

	/* what was let go is looked at as anything else */
	if (!w || !c->env->keys || c->proto != 17 || c->wait_turns ||
	    c->protocol || len < SHORT_LEAST || data[0] & 0x80 ||
	    !begin(c, &wanted))
		return false;
	w->unread_len = len;
	return true;
}

bool
conn_wait_rest(struct conn *c, const struct layer *l, size_t left)
{
	struct conn_wait *w = c->env->wait;

	/* they may be bytes that the lane had held */
	if (!c->waiting || conn_full_of(c)->wire.layer != l ||
	    left > w->fed_len)
		return false;
	w->unread_len = left;
	return true;
}
