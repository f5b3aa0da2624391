/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLOW_FLOW_LATE_H
#define FLOW_FLOW_LATE_H

#include "flow/flow_table.h"

/*
 * Packets that were captured before what they answer. A capture puts the two ways
 * of a connection together from several queues or ports, and an answer may come out
 * some packets ahead. One that carries data and acknowledges bytes that were not
 * seen waits for them, and what comes behind it and acknowledges its own waits for
 * it; all else of the flow goes on. It waits for one second by the packets' clock,
 * whether the flow has packets then or not, and for so many packets, at most, and no
 * longer than until a reset; then what it answers is missing, as if it had
 * never waited. A flow in which that happened some times waits no more.
 *
 * For the flow table alone. What waits is counted in the pool.
 */
#define FLOW_LATE_AHEAD	(1u << 20)	/* bytes that are waited for */

struct flow_late {
	struct flow_late *next;
	unsigned side;
	struct packet packet;
	uint8_t data[];
};

struct flow_late_list {
	struct flow_late *first, **end;
	size_t len;			/* of what they carry */
	uint32_t count;
	uint32_t in_vain;		/* what some waited for did not come */
};

/* Does the packet of that side wait? Then a copy of it is taken. */
bool flow_late_take(struct flow_table *t, struct flow *f, unsigned side,
    const struct packet *p);

/* Behind a packet: the first that may go on by now, or with all the first; NULL: none.
 * The caller frees it. */
struct flow_late *flow_late_next(struct flow_table *t, struct flow *f,
    uint64_t now_ns, bool all);

/* At the flow's end, when nothing waits any more, or with its table: the pool goes,
 * too. */
void flow_late_clear(struct flow *f);

static inline bool
flow_late_any(const struct flow *f)
{
	const struct tcp_odd *odd = f->half[0].odd;

	return odd && odd->late && odd->late->first;
}

/* Does it acknowledge bytes of the other side that were not seen, so that waiting
 * makes sense? Where nothing is known of that side but what is acknowledged it makes
 * none, nor for one byte, which may be a FIN. */
static inline bool
flow_late_is(const struct flow *f, unsigned side, const struct packet *p)
{
	const struct tcp_half *h = &f->half[!side];
	uint32_t ahead = p->ack - h->next_seq;

	return ahead - 2 < FLOW_LATE_AHEAD && p->payload_wire_len &&
	    p->tcp_flags & TCP_ACK && h->flags & TCP_HALF_STARTED &&
	    (h->offset || h->flags & TCP_HALF_SYN);
}

#endif
