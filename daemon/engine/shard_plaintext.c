// SPDX-License-Identifier: Apache-2.0
#include "engine/flow_record.h"
#include "engine/shard.h"
#include "protocol/conn_hook.h"
#include "protocol/conn_wait.h"

/* What the TLS library of an end tells, for the connection it goes by. */

/* The connection of that packet, if it goes out by it: on loopback both ends
 * may tell, and one of them is enough. */
static struct conn *
conn_of_key(struct shard *s, const struct packet *key)
{
	unsigned side;
	struct flow *f = flow_table_find(s->table, key, &side);
	struct conn *c = f ? shard_conn_of(s, f) : NULL;

	return c && c->endpoint_side == side ? c : NULL;
}

bool
shard_hook(struct shard *s, const struct packet *key, bool ambiguous)
{
	struct conn *c = conn_of_key(s, key);

	/* what is told needs no keys */
	while (c && c->waiting)
		conn_wait_release(c);
	return c && conn_hook(c, ambiguous);
}

bool
shard_plaintext(struct shard *s, const struct packet *key,
    const struct session_piece *piece, const struct when *when)
{
	struct conn *c = conn_of_key(s, key);
	unsigned side = c ? c->endpoint_side ^ piece->inbound : 0;

	if (!c || !c->hook)
		return false;
	c->hook->of_file |= piece->of_file;
	if (piece->gap && !conn_hook_gap(c, side, piece->gap, when))
		return false;
	return !piece->len || conn_hook_data(c, side, piece->data, piece->len,
	    piece->early, when);
}
