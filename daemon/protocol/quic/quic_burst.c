// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_burst.h"

#define FULL_RUN	2

static void
note_out(struct quic_burst *b, size_t len, bool filled)
{
	if (filled)
		b->full_out = FULL_RUN;
	else if (len < QUIC_FULL_LEN)
		b->full_out = 0;
	else if (b->full_out < FULL_RUN)
		b->full_out++;
	/* A packet that is neither as long as the one before nor as long as
	 * any is the last of something. */
	if (!filled && len != b->last_out && len < b->longest_out)
		b->full_out = 0;
	b->last_out = (uint16_t)len;
	if (len > b->longest_out)
		b->longest_out = (uint16_t)len;
}

/* next_len: of the packet out behind the probe; 0 where there is none. Data that
 * goes on in full packets, but shorter ones, did not need the longer one. */
static void
count_probe(struct quic_burst *b, size_t next_len)
{
	const struct quic_probe *p = &b->probe;
	bool hollow = next_len >= QUIC_FULL_LEN && next_len < p->len;

	if (!p->open)
		return;
	if (!hollow)
		note_out(b, p->len, false);
	if (b->message)
		b->conn->env->ops->sealed(b->message, b->conn->endpoint_side,
		    hollow ? 0 : p->min, p->max, &p->when);
	b->probe.open = false;
}

void
quic_burst_end(struct quic_burst *b)
{
	count_probe(b, 0);
	if (b->message)
		b->conn->env->ops->end(b->message, MESSAGE_COMPLETE,
		    &b->burst.last);
	b->message = NULL;
}

static bool
may_be_probe(const struct quic_burst *b, size_t len)
{
	return len > QUIC_FULL_LEN && b->longest_out && len > b->longest_out;
}

/* An endpoint that fills its packets has more to say: what comes in then, a probe
 * of how long packets may be, or a window that is opened, answers nothing. */
static bool
goes_on(const struct quic_burst *b)
{
	return b->burst.sent && !b->burst.answered && b->full_out == FULL_RUN;
}

void
quic_burst_packet(struct quic_burst *b, unsigned side, size_t len, size_t min,
    size_t max, bool filled, const struct when *when)
{
	const struct message_ops *ops = b->conn->env->ops;
	bool outbound = side == b->conn->endpoint_side;
	bool probe;

	if (burst_begins(&b->burst, outbound, when)) {
		quic_burst_end(b);
		b->message = ops->begin(b->conn, MESSAGE_SEALED, when);
	}
	if (outbound)
		count_probe(b, len);
	probe = outbound && may_be_probe(b, len);
	if (!outbound && goes_on(b))
		burst_pass(&b->burst, when);
	else
		burst_add(&b->burst, outbound, when);
	if (outbound && !probe)
		note_out(b, len, filled);
	if (!b->message)
		return;
	ops->wire(b->message, side, len, when);
	if (probe)
		b->probe = (struct quic_probe){ true, len, min, max, *when };
	else
		ops->sealed(b->message, side, min, max, when);
}

void
quic_burst_gap(struct quic_burst *b, unsigned side, uint64_t len,
    const struct when *when)
{
	if (b->message)
		b->conn->env->ops->gap(b->message, side, len, when);
}
