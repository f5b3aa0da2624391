// SPDX-License-Identifier: Apache-2.0
#include "report/model_open.h"

#include <stdlib.h>

#include <uthash.h>

/* What transfers of one flow sent to one destination. */
struct part {
	struct part *next;
	struct model_dest *dest;
	uint64_t out, in;
};

struct open_flow {
	UT_hash_handle hh;
	uint64_t id;
	unsigned part_count;
	struct part first, *more;
};

static struct open_flow *
find(struct model *m, uint64_t id)
{
	struct open_flow *all = m->open, *f;

	HASH_FIND(hh, all, &id, sizeof(id), f);
	return f;
}

static struct open_flow *
add_flow(struct model *m, uint64_t id)
{
	struct open_flow *all = m->open, *f;

	if (HASH_COUNT(all) >= MODEL_OPEN_MAX)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->id = id;
	HASH_ADD(hh, all, id, sizeof(f->id), f);
	m->open = all;
	return f;
}

/* NULL if there is no room: the flow's end counts it then. */
static struct part *
find_part(struct open_flow *f, struct model_dest *d)
{
	struct part *p;

	if (!f->first.dest)
		f->first.dest = d;
	if (f->first.dest == d)
		return &f->first;
	for (p = f->more; p; p = p->next)
		if (p->dest == d)
			return p;
	if (f->part_count == MODEL_OPEN_PARTS_MAX)
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	*p = (struct part){ .next = f->more, .dest = d };
	f->more = p;
	f->part_count++;
	return p;
}

void
model_open_transfer(struct model *m, uint64_t flow, struct model_dest *d,
    const struct event_transfer *t)
{
	struct open_flow *f = find(m, flow);
	struct part *p;

	if (!f)
		f = add_flow(m, flow);
	p = f ? find_part(f, d) : NULL;
	if (!p)
		return;
	p->out += t->payload_out;
	p->in += t->payload_in;
	d->open_out += t->payload_out;
	d->open_in += t->payload_in;
}

static void
free_flow(struct model *m, struct open_flow *f)
{
	struct open_flow *all = m->open;
	struct part *next;

	HASH_DEL(all, f);
	m->open = all;
	for (struct part *p = f->more; p; p = next) {
		next = p->next;
		free(p);
	}
	free(f);
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
	struct open_flow *f = find(m, flow->id);
	uint64_t out = flow->payload_out, in = flow->payload_in;

	if (f) {
		close_part(&f->first, d, &out, &in);
		for (const struct part *p = f->more; p; p = p->next)
			close_part(p, d, &out, &in);
		free_flow(m, f);
	}
	d->flow_out += out;
	d->flow_in += in;
}

static void
drop_part(const struct part *p)
{
	if (!p->dest)
		return;
	p->dest->open_out -= p->out;
	p->dest->open_in -= p->in;
}

void
model_open_finish(struct model *m)
{
	struct open_flow *f, *next;

	for (f = m->open; f; f = next) {
		next = f->hh.next;
		drop_part(&f->first);
		for (const struct part *p = f->more; p; p = p->next)
			drop_part(p);
		free_flow(m, f);
	}
}

void
model_open_forget(struct model *m)
{
	struct open_flow *f, *next;

	for (f = m->open; f; f = next) {
		next = f->hh.next;
		free_flow(m, f);
	}
}
