// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_burst.h"

#define FULL_RUN	2
#define WINDOWS_LEN	40	/* acknowledgements, and windows that are opened */

static void
note_out(struct quic_burst *b, size_t len, bool filled)
{
	if (len >= QUIC_FULL_LEN && b->bulk < FULL_RUN)
		b->bulk++;
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

static void
count_probe(struct quic_burst *b, bool hollow)
{
	const struct quic_probe *p = &b->probe;

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
	count_probe(b, false);
	if (b->message)
		b->conn->env->ops->end(b->message, MESSAGE_COMPLETE,
		    &b->burst.last);
	b->message = NULL;
}

static bool
may_be_probe(const struct quic_burst *b, size_t len)
{
	return len > QUIC_FULL_LEN && b->longest_out && len > b->longest_out &&
	    len > b->tried[b->conn->endpoint_side];
}

/* Longer packets than the full ones before are sent once such a one was answered. */
static bool
is_probe(const struct quic_burst *b)
{
	return b->longest_out >= QUIC_FULL_LEN;
}

/* An endpoint that fills its packets has more to say: what comes in then, a probe
 * of how long packets may be, or a window that is opened, answers nothing. */
static bool
goes_on(const struct quic_burst *b)
{
	return b->burst.sent && !b->burst.answered && b->full_out == FULL_RUN;
}

/* What the other end sends of its own while it is being sent a lot: its first packet,
 * behind the handshake, windows, or a probe of the path. */
static bool
may_be_unasked(const struct quic_burst *b, size_t len, size_t plain_len)
{
	return b->burst.sent && !b->burst.answered && b->bulk == FULL_RUN &&
	    (!b->longest_in || plain_len <= WINDOWS_LEN ||
	    (len >= QUIC_FULL_LEN && len > b->longest_in));
}

/* It was an answer if what was sent had ended, with a packet that was not full, and
 * something else begins, or if more comes in. */
static void
take_unasked(struct quic_burst *b, bool outbound, size_t len)
{
	bool ended = b->last_out < QUIC_FULL_LEN || b->last_out != b->longest_out;

	if (b->unasked && (!outbound || (ended && len < QUIC_FULL_LEN)))
		b->burst.answered = true;
	b->unasked = false;
}

static void
add_in(struct quic_burst *b, size_t len, size_t plain_len,
    const struct when *when)
{
	if (goes_on(b)) {
		burst_pass(&b->burst, when);
	} else if (may_be_unasked(b, len, plain_len)) {
		b->unasked = true;
		burst_pass(&b->burst, when);
	} else {
		burst_add(&b->burst, false, when);
	}
	if (b->burst.sent && len > b->longest_in)
		b->longest_in = (uint16_t)len;
}

void
quic_burst_try(struct quic_burst *b, unsigned side, size_t len)
{
	if (len > b->tried[side])
		b->tried[side] = (uint16_t)len;
}

void
quic_burst_packet(struct quic_burst *b, unsigned side, size_t len, size_t min,
    size_t max, bool filled, const struct when *when)
{
	const struct message_ops *ops = b->conn->env->ops;
	bool outbound = side == b->conn->endpoint_side;
	bool probe;

	take_unasked(b, outbound, len);
	if (burst_begins(&b->burst, outbound, when)) {
		quic_burst_end(b);
		b->message = ops->begin(b->conn, MESSAGE_SEALED, when);
		b->bulk = 0;
	}
	if (outbound && len >= QUIC_FULL_LEN)
		count_probe(b, len < b->probe.len);
	probe = outbound && may_be_probe(b, len);
	if (outbound)
		burst_add(&b->burst, true, when);
	else
		add_in(b, len, max, when);
	if (outbound && !probe)
		note_out(b, len, filled);
	if (!b->message)
		return;
	ops->wire(b->message, side, len, when);
	if (probe && !is_probe(b))
		b->probe = (struct quic_probe){ true, len, min, max, *when };
	else
		ops->sealed(b->message, side, probe ? 0 : min, max, when);
	if (probe)
		quic_burst_try(b, side, len);
}

void
quic_burst_gap(struct quic_burst *b, unsigned side, uint64_t len,
    const struct when *when)
{
	if (b->message)
		b->conn->env->ops->gap(b->message, side, len, when);
}
