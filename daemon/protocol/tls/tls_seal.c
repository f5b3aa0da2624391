// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/tls_layer.h"

/* Records of data, and bytes that are none, become messages; see burst.h. */

static const struct message_ops *
sink(const struct tls_layer *t)
{
	return t->layer.conn->env->ops;
}

void
tls_seal_flush(struct tls_layer *t, const struct when *when)
{
	if (t->wire && t->message)
		sink(t)->wire(t->message, t->wire_side, t->wire, when);
	t->wire = 0;
}

void
tls_seal_end(struct tls_layer *t, enum message_end end,
    const struct when *when)
{
	tls_seal_flush(t, when);
	if (t->message)
		sink(t)->end(t->message, end, when);
	t->message = NULL;
	t->burst = (struct burst){ 0 };
}

void
tls_seal_begin(struct tls_layer *t, unsigned side, bool run,
    const struct when *when)
{
	struct conn *conn = t->layer.conn;
	bool outbound = side == conn->endpoint_side;
	struct when last = t->burst.last;

	if (outbound && t->suspect && !tls_model_control(t, side)) {
		t->burst.answered |= !tls_model_went_on(t, side);
		t->suspect = t->windows = false;
	}
	if (t->run != run || burst_begins(&t->burst, outbound, when)) {
		if (t->burst.open)
			tls_seal_end(t, t->run ? MESSAGE_BROKEN :
			    MESSAGE_COMPLETE, &last);
		t->run = run;
		t->out_len = 0;
		t->message = sink(t)->begin(conn,
		    run ? MESSAGE_RUN : MESSAGE_SEALED, when);
	}
	if (t->dir[side].quiet && t->burst.open)
		burst_pass(&t->burst, when);
	else
		burst_add(&t->burst, outbound, when);
}

void
tls_seal_wire(struct tls_layer *t, unsigned side, uint64_t len,
    const struct when *when)
{
	if (t->wire_side != side || len > UINT32_MAX - t->wire)
		tls_seal_flush(t, when);
	t->wire_side = (uint8_t)side;
	if (len <= UINT32_MAX)
		t->wire += (uint32_t)len;
	else if (t->message)
		sink(t)->wire(t->message, side, len, when);
	if (side == t->layer.conn->endpoint_side)
		t->out_len = len > UINT32_MAX - t->out_len ? UINT32_MAX :
		    t->out_len + (uint32_t)len;
	if (t->dir[side].quiet)
		burst_pass(&t->burst, when);
	else
		burst_touch(&t->burst, side == t->layer.conn->endpoint_side,
		    when);
}

void
tls_seal_record(struct tls_layer *t, unsigned side, bool whole,
    const struct when *when)
{
	const struct tls_dir *d = &t->dir[side];
	uint64_t len = d->record_len, max, min;

	if (!t->message)
		return;
	/* Of a record whose end was not seen only the bytes seen are sure. */
	if (!whole)
		len -= d->left;
	max = len > t->overhead.least ? len - t->overhead.least : 0;
	if (max > TLS_FRAGMENT_MAX)
		max = TLS_FRAGMENT_MAX;
	min = len > t->overhead.most && whole ? len - t->overhead.most : 0;
	if (t->expands) {
		min = 0;
		max = TLS_FRAGMENT_MAX;
	}
	tls_seal_flush(t, when);
	sink(t)->sealed(t->message, side, min, max, when);
}
