// SPDX-License-Identifier: Apache-2.0
#include "protocol/conn_hook.h"
#include "protocol/tls/tls_layer.h"

/* What the walk over records makes of bytes that are missing, in the middle and
 * at the end. */

void
tls_layer_gap(struct layer *l, unsigned side, uint64_t len, const struct when *when)
{
	struct tls_layer *t = (struct tls_layer *)l;
	struct tls_dir *d = &t->dir[side];
	bool data = d->part == TLS_PART_DATA && d->left;
	uint32_t left = d->left;

	d->any = true;
	tls_seal_flush(t, when);
	if (t->message && (data || d->handshake_sent || d->state != TLS_RECORDS))
		l->conn->env->ops->gap(t->message, side, len, when);
	if (d->state != TLS_RECORDS) {
		tls_decrypt_lost(t, side, len);
		return;
	}
	if (d->left && d->part == TLS_PART_OPEN)
		tls_decrypt_gap(t, side, when);
	if (len <= d->left) {
		if (d->part == TLS_PART_HANDSHAKE)
			tls_handshake_gap(t, side, len);
		d->left = (uint16_t)(d->left - len);
		if (!d->left)
			tls_record_end(t, side, when);
		return;
	}
	if (d->left) {
		/* Its end lies in the gap, so all of it was sent. */
		d->left = 0;
		tls_record_end(t, side, when);
	}
	tls_handshake_clear(t, side);
	tls_decrypt_lost(t, side, len - left);
	tls_unknown_bytes(t, side, (struct span){ d->header, d->header_len }, when);
	d->header_len = 0;
	d->v2_left = 0;
	/* Whatever was sealed before it, what follows is taken for data. */
	d->handshake_sent = true;
	d->early_over = true;
	d->state = TLS_LOST;
}

/* What any suite known here adds at most: a vector, a digest, padding. */
#define MOST_KNOWN	(16 + 48 + 256)

/* What went out sealed and nobody told of is a message of its own. What came in
 * may be session tickets, which look the same. */
static void
settle_hook(struct tls_layer *t, const struct when *when)
{
	struct conn *c = t->layer.conn;
	const struct message_ops *ops = c->env->ops;
	unsigned out = c->endpoint_side, most = 5u +
	    (t->overhead.most < MOST_KNOWN ? t->overhead.most : MOST_KNOWN);
	uint64_t len = conn_hook_settle(c, out, most);
	struct message *m;

	(void)conn_hook_settle(c, !out, most);
	m = len ? ops->begin(c, MESSAGE_SEALED, when) : NULL;
	if (!m)
		return;
	ops->wire(m, out, len, when);
	ops->sealed(m, out, 0, len, when);
	ops->end(m, MESSAGE_CUT, when);
}

void
tls_layer_finish(struct layer *l, const struct when *when)
{
	struct tls_layer *t = (struct tls_layer *)l;
	bool cut = false;

	for (unsigned side = 0; side < 2; side++) {
		struct tls_dir *d = &t->dir[side];

		if (d->left && d->part == TLS_PART_OPEN)
			tls_decrypt_gap(t, side, when);
		tls_decrypt_end(t, side, when);
		if (d->header_len && !d->left)
			tls_unknown_bytes(t, side, (struct span){ d->header,
			    d->header_len }, when);
		else if (d->left && d->part == TLS_PART_DATA)
			tls_seal_record(t, side, false, when);
		cut |= d->header_len || d->left || d->state == TLS_LOST;
		tls_handshake_clear(t, side);
	}
	if (t->burst.open) {
		struct when last = t->burst.last;

		tls_seal_end(t, t->run ? MESSAGE_BROKEN :
		    cut ? MESSAGE_CUT : MESSAGE_COMPLETE, &last);
	}
	if (l->conn->hook && !t->owns_info)
		settle_hook(t, when);
}
