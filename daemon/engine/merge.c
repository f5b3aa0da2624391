// SPDX-License-Identifier: Apache-2.0
#include "engine/engine.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/reason.h"
#include "protocol/ftp.h"

#define PROTO_TCP	6

int
engine_emit(struct telltap_engine *e, struct event *ev)
{
	int r;

	if (e->err)
		return e->err;
	ev->sequence = e->sequence++;
	r = e->on_event(e->arg, ev);
	if (r)
		e->err = r;
	return r;
}

static void
learn_names(struct telltap_engine *e, const struct event_dns *d)
{
	for (size_t i = 0; i < d->address_count; i++)
		names_add(e->names, &d->addresses[i], d->question, NAMES_DNS);
}

static void
count_transfer(struct telltap_engine *e, const struct event *ev)
{
	const struct event_transfer *t = ev->transfer;

	prints_add(&e->prints, t->uses, t->use_count);
	e->totals.transfers++;
	e->totals.by_kind_grade[t->kind][t->grade]++;
	if (e->shard_options.known && (t->sliver_count || t->file_count))
		slivers_add(e->slivers, e->shard_options.known,
		    &(struct sliver_told){ e->files, engine_prints(e) }, ev);
	if (!t->file_count)
		return;
	if (e->shard_options.keep_objects)
		objects_choose(&e->objects, t);
	files_add(e->files, ev);
}

static void
count_flow(struct event_totals *t, const struct event_flow *f)
{
	t->flows++;
	t->payload_out += f->payload_out;
	t->payload_in += f->payload_in;
	t->understood_out += f->understood_out;
	t->undeciphered_out += f->undeciphered_out;
	t->encrypted_out += f->encrypted_out;
	t->missing_out += f->missing_out;
	t->missing_in += f->missing_in;
	t->gaps_out += f->gaps_out;
	t->gaps_in += f->gaps_in;
	t->conflicts += f->conflicts_out + f->conflicts_in;
}

/* To be held against what the kernel counted. */
static void
count_owned(struct telltap_engine *e, const struct event_flow *f)
{
	if (f->proto != PROTO_TCP || !f->owner)
		return;
	e->tcp_out += f->payload_out;
	e->tcp_in += f->payload_in;
}

/* The process that a log says asked for the name, unless it is the sender. */
static void
lay_behalf(const struct telltap_engine *e, struct record *r)
{
	const struct event_process *asker;
	uint32_t owner;

	if (!e->owner_claims.query_count ||
	    r->event.action != EVENT_TRANSFER || !r->event.transfer->dns)
		return;
	owner = claims_find_query(&e->owner_claims,
	    r->event.transfer->dns->question, r->event.transfer->start_ns);
	asker = engine_owners_find(&e->owners, owner);
	if (asker && (!r->event.process ||
	    r->event.process->pid != asker->pid)) {
		r->event.on_behalf_of = asker;
		r->event.behalf_asked = true;
	}
}

struct resolved_room {
	struct event_transfer transfer;
	struct span reasons[32];
	char reason[192];
};

/* A resolver on this machine asks what a watched process had asked it. */
static bool
lay_resolved(const struct telltap_engine *e, struct record *r,
    struct resolved_room *room)
{
	const struct event_process *asker =
	    engine_owners_asker(&e->owners, r->flow.owner);

	if (!asker)
		return false;
	r->event.on_behalf_of = asker;
	if (r->event.action != EVENT_TRANSFER)
		return true;
	snprintf(room->reason, sizeof(room->reason), "the resolver of this "
	    "machine asks: %.*s (process %" PRIu64 ") had asked it for the "
	    "same name", (int)asker->name.len, (const char *)asker->name.p,
	    asker->pid);
	reason_add(r, &room->transfer, room->reasons,
	    sizeof(room->reasons) / sizeof(*room->reasons),
	    span_str(room->reason));
	return true;
}

static int
hand_on(struct telltap_engine *e, struct record *r)
{
	struct cloud_room room;
	struct event_process both;
	struct ties_room tied;
	struct fetched_room fetched;
	struct carried_room carried;
	struct resolved_room resolved;

	if (r->came_in) {
		carried_came_in(e->carried, r);
		return 0;
	}
	if (r->promised) {
		ends_expect(e->ends, &r->promised->addr, r->promised->port,
		    PROTO_TCP, "ftp_data");
		return 0;
	}
	ends_follow(e->ends, &r->flow, r->event.action == EVENT_FLOW);
	r->event.process = engine_owners_of(&e->owners, &r->flow, &both);
	if (!lay_resolved(e, r, &resolved))
		lay_behalf(e, r);
	cloud_lay(&e->clouds, e->names,
	    engine_owners_profile(&e->owners, r->flow.owner), r, &room);
	ties_follow(e->ties, r, r->event.process, &tied);
	fetched_follow(e->fetched, r, &fetched);
	if (r->event.action == EVENT_TRANSFER) {
		if (!r->event.on_behalf_of)
			carried_lay(e->carried, r, &carried);
		if (r->event.transfer->dns)
			learn_names(e, r->event.transfer->dns);
		if (e->held && held_take(e->held, r))
			return 0;
		count_transfer(e, &r->event);
	} else if (r->event.action == EVENT_FLOW) {
		count_flow(&e->totals, &r->flow);
		count_owned(e, &r->flow);
	}
	return engine_emit(e, &r->event);
}

void
engine_take(struct telltap_engine *e)
{
	for (unsigned i = 0; i < SHARD_COUNT; i++)
		shard_take(&e->shards[i]);
	e->taken = true;
}

int
engine_release(void *arg, struct event *ev)
{
	struct telltap_engine *e = arg;
	struct event_process both;
	struct fetched_room fetched;
	struct record r = { .event = *ev };

	r.event.process = engine_owners_of(&e->owners, ev->flow, &both);
	/* What it is inferred to be was not known when it came. */
	fetched_follow(e->fetched, &r, &fetched);
	count_transfer(e, &r.event);
	return engine_emit(e, &r.event);
}

int
engine_merge(struct telltap_engine *e)
{
	struct record *heads[SHARD_COUNT];
	int r = 0;

	if (!e->taken)
		return 0;
	for (unsigned i = 0; i < SHARD_COUNT; i++)
		heads[i] = e->shards[i].taken;
	while (!r) {
		struct record *least = NULL;
		unsigned from = 0;

		for (unsigned i = 0; i < SHARD_COUNT; i++) {
			if (heads[i] && (!least ||
			    heads[i]->packet < least->packet)) {
				least = heads[i];
				from = i;
			}
		}
		if (!least)
			break;
		heads[from] = least->next;
		if (least->next)
			names_fetch(e->names, &least->next->flow.remote);
		r = hand_on(e, least);
	}
	for (unsigned i = 0; i < SHARD_COUNT; i++)
		shard_reset(&e->shards[i]);
	e->taken = false;
	return r;
}
