// SPDX-License-Identifier: Apache-2.0
#include "protocol/conn_wait.h"

#include <stdlib.h>

/* By itself, so that a layer needs no connection to be tested. */

bool
conn_wait_begin(struct conn *c, const struct conn_wanted *wanted)
{
	struct conn_wait *w = c->env->wait;

	if (!w || c->waiting || c->hook || c->wait_turns == CONN_WAIT_TURNS ||
	    !(w->for_log || (w->for_sessions && wanted->session_count)))
		return false;
	c->waiting = calloc(1, sizeof(*c->waiting));
	if (!c->waiting)
		return false;
	c->wait_turns++;
	c->waiting->conn = c;
	c->waiting->wanted = *wanted;
	buf_init(&c->waiting->pieces, 0);
	return true;
}
