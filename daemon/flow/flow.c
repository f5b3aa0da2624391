// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_table.h"

#include <stdlib.h>
#include <string.h>

#include "flow/flow_late.h"

#define NS_PER_SEC	UINT64_C(1000000000)

/* How long a flow may be idle. A connection that is open but silent says
 * nothing, and its ports are its own: so the time is long. */
#define TCP_IDLE_NS	(3600 * NS_PER_SEC)
#define TCP_CLOSED_NS	(60 * NS_PER_SEC)	/* after both FIN, or RST */
#define OTHER_IDLE_NS	(600 * NS_PER_SEC)
#define WAIT_NS		NS_PER_SEC	/* for packets in another order */

#define PROTO_TCP	6

static bool
is_closed(const struct flow *f)
{
	return f->reset || f->fin == 3;
}

uint64_t
flow_due_ns(const struct flow *f)
{
	if (f->proto != PROTO_TCP)
		return f->seen_clock_ns + OTHER_IDLE_NS;
	if (f->waits)
		return f->seen_clock_ns + WAIT_NS;
	if (is_closed(f))
		return f->seen_clock_ns + TCP_CLOSED_NS;
	return f->seen_clock_ns + TCP_IDLE_NS;
}

static struct flow *
flow_of_tag(void *arg, unsigned *ret_side)
{
	uint8_t *tag = arg;

	*ret_side = *tag;
	return (struct flow *)(tag - *tag - offsetof(struct flow, tag));
}

static void
on_data(void *arg, const uint8_t *data, size_t len, uint64_t ts_ns,
    uint64_t packet)
{
	unsigned side;
	struct flow *f = flow_of_tag(arg, &side);

	f->table->ops->data(f->table->arg, f, side, data, len, ts_ns, packet);
}

static void
on_gap(void *arg, uint64_t len, uint64_t ts_ns, uint64_t packet)
{
	unsigned side;
	struct flow *f = flow_of_tag(arg, &side);

	f->table->ops->gap(f->table->arg, f, side, len, ts_ns, packet);
}

static void
on_conflict(void *arg, uint64_t offset, uint64_t len, uint64_t ts_ns,
    uint64_t packet)
{
	unsigned side;
	struct flow *f = flow_of_tag(arg, &side);

	f->table->ops->conflict(f->table->arg, f, side, offset, len, ts_ns,
	    packet);
}

static void
on_again(void *arg, uint64_t back, const uint8_t *data, size_t len)
{
	unsigned side;
	struct flow *f = flow_of_tag(arg, &side);

	if (f->table->ops->again)
		f->table->ops->again(f->table->arg, f, side, back, data, len);
}

static void
on_eof(void *arg, uint64_t ts_ns, uint64_t packet)
{
	unsigned side;
	struct flow *f = flow_of_tag(arg, &side);

	f->fin |= (uint8_t)(1 << side);
	f->table->ops->eof(f->table->arg, f, side, ts_ns, packet);
}

static const struct tcp_sink tcp_sink = {
	.data = on_data,
	.gap = on_gap,
	.conflict = on_conflict,
	.eof = on_eof,
	.again = on_again,
};

static void
take_segment(struct flow_table *t, struct flow *f, unsigned side,
    const struct packet *p)
{
	bool was_closed = is_closed(f);

	if (p->tcp_flags & TCP_SYN && !f->syn_side)
		f->syn_side = (uint8_t)(1 + (p->tcp_flags & TCP_ACK ? !side :
								      side));
	if (p->tcp_flags & TCP_ACK)
		tcp_half_ack(&f->half[!side], &t->pool, p, &tcp_sink,
		    &f->tag[!side]);
	tcp_half_segment(&f->half[side], &t->pool, p, &tcp_sink,
	    &f->tag[side]);
	if (p->tcp_flags & TCP_RST)
		f->reset = true;
	/* it is due far sooner than where it is in the wheel */
	if (is_closed(f) && !was_closed) {
		flow_wheel_remove(t, f);
		flow_wheel_add(t, f);
	}
}

/* What came before the bytes that it answers, as far as these are there by now. */
static void
take_late(struct flow_table *t, struct flow *f, uint64_t now_ns, bool all)
{
	struct flow_late *l;

	while ((l = flow_late_next(t, f, now_ns, all))) {
		take_segment(t, f, l->side, &l->packet);
		free(l);
	}
}

/* Does it wait from now on? Then it is due far sooner. Where it waits no more it is
 * put where it belongs once it is looked at. */
static void
note_wait(struct flow_table *t, struct flow *f)
{
	const struct tcp_half *h = f->half;
	bool waited = f->waits;

	/* most have nothing that could */
	if (!waited && !h[0].queue && !h[1].queue && !h[0].odd &&
	    !((h[0].flags | h[1].flags) & TCP_HALF_FIN))
		return;
	f->waits = flow_late_any(f) || tcp_half_waits(&h[0]) ||
	    tcp_half_waits(&h[1]);
	if (!f->waits || waited)
		return;
	flow_wheel_remove(t, f);
	flow_wheel_add(t, f);
}

static void
take_tcp(struct flow_table *t, struct flow *f, unsigned side,
    const struct packet *p)
{
	bool reset = p->tcp_flags & TCP_RST;

	if (flow_late_is(f, side, p) && flow_late_take(t, f, side, p)) {
		take_late(t, f, p->ts_ns, false);
	} else {
		/* what it brings may be what others wait for */
		if (reset && !p->payload_wire_len)
			take_late(t, f, p->ts_ns, true);
		take_segment(t, f, side, p);
		take_late(t, f, p->ts_ns, reset);
	}
	note_wait(t, f);
}

void
flow_give_up(struct flow_table *t, struct flow *f)
{
	take_late(t, f, f->end_ns, true);
	for (unsigned s = 0; s < 2; s++)
		tcp_half_expire(&f->half[s], &t->pool, &tcp_sink, &f->tag[s],
		    f->end_ns, f->last_packet);
	f->waits = false;
}

void
flow_expire(struct flow_table *t, struct flow *f)
{
	flow_give_up(t, f);
	flow_wheel_remove(t, f);
	flow_wheel_add(t, f);
}

void
flow_finish(struct flow_table *t, struct flow *f, enum flow_end why)
{
	if (f->proto == PROTO_TCP) {
		/* As if a second had passed: whether it did is told by packets
		 * of other flows. */
		if (f->waits)
			flow_give_up(t, f);
		for (unsigned s = 0; s < 2; s++)
			tcp_half_finish(&f->half[s], &t->pool, &tcp_sink,
			    &f->tag[s], f->end_ns, f->last_packet);
	}
	t->ops->end(t->arg, f, why);
	if (f->proto == PROTO_TCP) {
		flow_late_clear(f);
		for (unsigned s = 0; s < 2; s++)
			tcp_half_clear(&f->half[s], &t->pool);
	}
	flow_wheel_remove(t, f);
	flow_index_remove(t, f);
	f->table = NULL;
	f->wheel_next = t->free_index;
	t->free_index = f->index;
	t->count--;
}

static struct flow *
create(struct flow_table *t, const struct packet *p, bool swapped,
    uint32_t hash)
{
	struct flow *f;
	uint32_t index;

	if (t->count >= t->max) {
		f = flow_wheel_next(t);
		if (f) {
			t->stats.evicted++;
			flow_finish(t, f, FLOW_END_EVICTED);
		}
	}
	if (flow_index_reserve(t) < 0)
		return NULL;
	f = flow_take_unused(t);
	if (!f)
		return NULL;
	index = f->index;
	memset(f, 0, t->flow_len);
	f->index = index;
	f->has_user = t->user_len;
	f->table = t;
	f->tag[1] = 1;
	f->addr[0] = p->src;
	f->addr[1] = p->dst;
	f->port[0] = p->src_port;
	f->port[1] = p->dst_port;
	f->proto = p->proto;
	f->ip_version = p->ip_version;
	f->swapped = swapped;
	f->key_hash = hash;
	f->id = p->number;
	f->start_ns = f->end_ns = p->ts_ns;
	f->interface = p->interface;
	f->seen_clock_ns = t->clock_ns;
	flow_index_add(t, hash, index);
	t->count++;
	flow_wheel_add(t, f);
	t->ops->begin(t->arg, f, p);
	return f;
}

/* Who owns a flow may turn out only in its course. The direction of a packet
 * says which end its owner has; the end that was named first stays the flow's. */
static void
take_owner(struct flow *f, unsigned side, const struct packet *p)
{
	uint8_t owner_side = 0;

	if (f->owner_told)
		return;
	if (p->flags & PACKET_OUTGOING)
		owner_side = (uint8_t)(1 + side);
	else if (p->flags & PACKET_INCOMING)
		owner_side = (uint8_t)(1 + !side);
	if (f->owner && owner_side && f->owner_side &&
	    owner_side != f->owner_side) {
		f->other_owner = p->owner;
		return;
	}
	if (f->owner && !owner_side)
		f->other_owner = f->owner;
	f->owner = p->owner;
	if (!f->owner_side)
		f->owner_side = owner_side;
}

static void
take_datagram(struct flow_table *t, struct flow *f, unsigned side,
    const struct packet *p)
{
	uint32_t cut = p->payload_wire_len - p->payload_len;

	f->payload[side] += p->payload_len;
	if (p->payload_len)
		t->ops->data(t->arg, f, side, p->payload, p->payload_len,
		    p->ts_ns, p->number);
	if (cut) {
		f->cut[side] += cut;
		f->cuts[side]++;
		t->ops->gap(t->arg, f, side, cut, p->ts_ns, p->number);
	}
}

void
flow_table_packet(struct flow_table *t, const struct packet *p,
    uint64_t clock_ns)
{
	flow_table_packet_fetched(t, p, flow_table_fetch(t, p), clock_ns);
}

void
flow_table_packet_fetched(struct flow_table *t, const struct packet *p,
    uint32_t hash, uint64_t clock_ns)
{
	bool swapped = flow_is_swapped(p);
	struct flow *f;
	unsigned side;

	flow_table_tick(t, clock_ns);
	f = flow_index_find(t, p, swapped, hash);
	side = f && f->swapped != swapped;
	if (f && p->proto == PROTO_TCP &&
	    (p->tcp_flags & TCP_SYN || p->seq != f->half[side].next_seq) &&
	    flow_is_another(f, side, p)) {
		flow_finish(t, f,
		    f->reset ? FLOW_END_RST :
			f->fin == 3 ? FLOW_END_FIN : FLOW_END_REUSED);
		f = NULL;
	}
	if (!f)
		f = create(t, p, swapped, hash);
	if (!f) {
		t->stats.refused++;
		return;
	}
	/* two equal ends: the packet itself can't tell its side */
	side = f->swapped != swapped;
	f->packets[side]++;
	if (p->owner && p->owner != f->owner)
		take_owner(f, side, p);
	f->seen_clock_ns = t->clock_ns;
	f->last_packet = p->number;
	if (p->ts_ns > f->end_ns)
		f->end_ns = p->ts_ns;
	if (p->proto == PROTO_TCP)
		take_tcp(t, f, side, p);
	else
		take_datagram(t, f, side, p);
}

struct flow *
flow_table_find(const struct flow_table *t, const struct packet *p,
    unsigned *ret_side)
{
	bool swapped = flow_is_swapped(p);
	struct flow *f = flow_index_find(t, p, swapped,
	    flow_index_hash(t, p, swapped));

	if (f)
		*ret_side = f->swapped != swapped;
	return f;
}

void
flow_table_tick(struct flow_table *t, uint64_t clock_ns)
{
	t->clock_ns = clock_ns;
	flow_wheel_advance(t);
}

void
flow_table_each(struct flow_table *t, void (*visit)(struct flow *f))
{
	for (uint32_t i = 0; i < flow_used(t); i++)
		if (flow_at(t, i)->table)
			visit(flow_at(t, i));
}

size_t
flow_table_count(const struct flow_table *t)
{
	return t->count;
}

const struct flow_table_stats *
flow_table_get_stats(const struct flow_table *t)
{
	return &t->stats;
}

uint64_t
flow_table_limited(const struct flow_table *t)
{
	return t->pool.limited;
}
