// SPDX-License-Identifier: Apache-2.0
#include "report/model_open.h"

#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST	1024u
/* Numbers are what a log says: they may have been chosen to meet. */
#define CHAIN_MAX	256u

/* What transfers of one flow sent to one destination. */
struct part {
	struct part *next;
	struct model_dest *dest;
	uint64_t out, in;
};

struct open_flow {
	uint64_t id;
	struct part first;
	uint32_t next;			/* of its chain, or that is free */
};

/* Flows lie in one piece, and those that end make room for the next: most are open
 * for a short time, so few are in use. Numbers of flows here are counted from 1; 0
 * is none. */
struct model_open {
	uint32_t *chains;		/* room of them, a power of two */
	struct open_flow *flows;
	uint32_t room, used, free;
};

/* A flow's number is that of its first packet: flows that are open together have
 * chains side by side. */
static uint32_t *
chain_of(const struct model_open *o, uint64_t id)
{
	return &o->chains[id & (o->room - 1)];
}

/* The place that says where the flow is; 0 stands in it if it is not there. NULL:
 * the chain is too long. */
static uint32_t *
find(const struct model_open *o, uint64_t id)
{
	uint32_t *at = chain_of(o, id);

	for (unsigned i = 0; i < CHAIN_MAX; i++) {
		if (!*at || o->flows[*at - 1].id == id)
			return at;
		at = &o->flows[*at - 1].next;
	}
	return NULL;
}

/* All that are open, in chains of a table with more of them. */
static void
lay_chains(struct model_open *o)
{
	for (uint32_t i = 0; i < o->used; i++) {
		uint32_t *chain = chain_of(o, o->flows[i].id);

		o->flows[i].next = *chain;
		*chain = i + 1;
	}
}

/* Room for twice as many, where each place is in use; false if it can't be had. */
static bool
grow(struct model_open *o)
{
	uint32_t room = o->room ? 2 * o->room : ROOM_FIRST;
	struct open_flow *flows;
	uint32_t *chains;

	if (room > MODEL_OPEN_MAX)
		return false;
	flows = reallocarray(o->flows, room, sizeof(*flows));
	if (!flows)
		return false;
	o->flows = flows;
	chains = calloc(room, sizeof(*chains));
	if (!chains)
		return false;
	free(o->chains);
	o->chains = chains;
	o->room = room;
	lay_chains(o);
	return true;
}

/* A flow that was not there; NULL if there is no room. */
static struct open_flow *
add_flow(struct model_open *o, uint64_t id)
{
	uint32_t *at, n;

	if (!o->free && o->used == o->room && !grow(o))
		return NULL;
	at = find(o, id);
	if (!at)
		return NULL;
	n = o->free;
	if (n)
		o->free = o->flows[n - 1].next;
	else
		n = ++o->used;
	o->flows[n - 1] = (struct open_flow){ .id = id };
	*at = n;
	return &o->flows[n - 1];
}

static struct open_flow *
take_flow(struct model *m, uint64_t id)
{
	uint32_t *at;

	if (!m->open)
		m->open = calloc(1, sizeof(*m->open));
	if (!m->open)
		return NULL;
	at = m->open->room ? find(m->open, id) : NULL;
	return at && *at ? &m->open->flows[*at - 1] : add_flow(m->open, id);
}

/* NULL if there is no room: the flow's end counts it then. */
static struct part *
find_part(struct open_flow *f, struct model_dest *d)
{
	unsigned count = 0;
	struct part *p;

	if (!f->first.dest)
		f->first.dest = d;
	for (p = &f->first; p; p = p->next, count++)
		if (p->dest == d)
			return p;
	p = count <= MODEL_OPEN_PARTS_MAX ? calloc(1, sizeof(*p)) : NULL;
	if (!p)
		return NULL;
	*p = (struct part){ .next = f->first.next, .dest = d };
	f->first.next = p;
	return p;
}

void
model_open_transfer(struct model *m, uint64_t flow, struct model_dest *d,
    const struct event_transfer *t)
{
	struct open_flow *f = take_flow(m, flow);
	struct part *p = f ? find_part(f, d) : NULL;

	if (!p)
		return;
	p->out += t->payload_out;
	p->in += t->payload_in;
	d->open_out += t->payload_out;
	d->open_in += t->payload_in;
}

static void
free_parts(struct open_flow *f)
{
	struct part *next;

	for (struct part *p = f->first.next; p; p = next) {
		next = p->next;
		free(p);
	}
}

static uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* A part is counted for good where it went; what it leaves of the flow is the
 * flow's destination's. */
static void
close_part(const struct part *p, struct model_dest *d, uint64_t *out,
    uint64_t *in)
{
	p->dest->open_out -= p->out;
	p->dest->open_in -= p->in;
	if (p->dest == d)
		return;
	p->dest->flow_out += p->out;
	p->dest->flow_in += p->in;
	*out = less(*out, p->out);
	*in = less(*in, p->in);
}

void
model_open_end(struct model *m, const struct event_flow *flow,
    struct model_dest *d)
{
	uint32_t *at = m->open && m->open->room ? find(m->open, flow->id) : NULL;
	uint64_t out = flow->payload_out, in = flow->payload_in;

	if (at && *at) {
		uint32_t n = *at;
		struct open_flow *f = &m->open->flows[n - 1];

		for (const struct part *p = &f->first; p; p = p->next)
			close_part(p, d, &out, &in);
		free_parts(f);
		*at = f->next;
		*f = (struct open_flow){ .next = m->open->free };
		m->open->free = n;
	}
	d->flow_out += out;
	d->flow_in += in;
}

void
model_open_finish(struct model *m)
{
	for (uint32_t i = 0; m->open && i < m->open->used; i++) {
		const struct part *p = &m->open->flows[i].first;

		for (; p && p->dest; p = p->next) {
			p->dest->open_out -= p->out;
			p->dest->open_in -= p->in;
		}
	}
	model_open_forget(m);
}

void
model_open_forget(struct model *m)
{
	if (!m->open)
		return;
	for (uint32_t i = 0; i < m->open->used; i++)
		free_parts(&m->open->flows[i]);
	free(m->open->flows);
	free(m->open->chains);
	free(m->open);
	m->open = NULL;
}
