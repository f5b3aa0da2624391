// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_owners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/arena.h"
#include "cli/verify_owner.h"
#include "flow/packet.h"
#include "verdict/event.h"

#define FRAGMENTS_MAX	(16u << 20)

/* Both ends; no holes, for it is hashed as bytes. */
struct ends {
	struct packet_addr local, remote;
	uint16_t local_port, remote_port;
	uint32_t proto;
};

_Static_assert(sizeof(struct ends) == 40, "no holes");

struct owned {
	struct owned *next;		/* of the same ends */
	uint64_t id, start_ns, end_ns;
	const struct owner *owner;
	bool sided;			/* the owner's end is known by it */
	uint64_t last_packet;		/* 0: there is a line of it; else of its
					 * transfers alone */
};

/* A flow whose transfers were told, and not yet its end: it is forgotten with its
 * line. Of a log that was cut, or whose engine died, some are left. */
struct untold {
	UT_hash_handle hh;
	uint64_t id, start_ns, end_ns, last_packet;
	struct ends ends;
	const struct owner *owner;
};

struct place {
	UT_hash_handle hh;
	struct ends ends;
	struct owned *flows, **end;
};

struct query {
	struct query *next;
	char *name;
	uint64_t ts_ns;
	uint32_t owner;
};

struct verify_owners {
	struct arena arena;		/* of all that is kept */
	struct arena room;		/* of a packet */
	struct packet_decoder *decoder;
	struct place *places;
	struct untold *untold;
	struct owners owners;
	struct query *queries;
};

static void
forget_untold(struct verify_owners *o, struct untold *u)
{
	HASH_DEL(o->untold, u);
	free(u);
}

struct verify_owners *
verify_owners_new(void)
{
	struct verify_owners *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	arena_init(&o->arena);
	arena_init(&o->room);
	owners_init(&o->owners, &o->arena);
	o->decoder = packet_decoder_new(FRAGMENTS_MAX);
	if (o->decoder)
		return o;
	verify_owners_free(o);
	return NULL;
}

void
verify_owners_free(struct verify_owners *o)
{
	struct untold *u, *next;

	if (!o)
		return;
	HASH_ITER(hh, o->untold, u, next)
		forget_untold(o, u);
	HASH_CLEAR(hh, o->places);
	owners_clear(&o->owners);
	packet_decoder_free(o->decoder);
	arena_clear(&o->arena);
	arena_clear(&o->room);
	free(o);
}

static struct ends
ends_of(const struct event_flow *f)
{
	return (struct ends){ f->local, f->remote, f->local_port,
		f->remote_port, f->proto };
}

static int
add_owned(struct verify_owners *o, struct ends ends, struct owned owned)
{
	struct owned *flow = arena_zalloc(&o->arena, sizeof(*flow)), **at;
	struct place *p;

	if (!owned.owner || !flow)
		return -ENOMEM;
	HASH_FIND(hh, o->places, &ends, sizeof(ends), p);
	if (!p) {
		p = arena_zalloc(&o->arena, sizeof(*p));
		if (!p)
			return -ENOMEM;
		p->ends = ends;
		p->end = &p->flows;
		HASH_ADD(hh, o->places, ends, sizeof(p->ends), p);
	}
	/* When those began and ended is not known: they are asked last. */
	at = owned.last_packet ? p->end : &p->flows;
	*flow = owned;
	flow->next = *at;
	*at = flow;
	if (!flow->next)
		p->end = &flow->next;
	return 0;
}

static int
add_flow(struct verify_owners *o, const struct event *e)
{
	const struct event_flow *f = e->flow;
	struct untold *u;

	HASH_FIND(hh, o->untold, &f->id, sizeof(f->id), u);
	if (u)
		forget_untold(o, u);
	return e->process ? add_owned(o, ends_of(f), (struct owned){
		.id = f->id, .start_ns = f->start_ns, .end_ns = f->end_ns,
		.owner = owners_find_or_add(&o->owners, e->process,
		    e->on_behalf_of),
		.sided = f->endpoint_by &&
			 !strcmp(f->endpoint_by, "attribution") }) : 0;
}

/* A log beside the capture tells who asked for names; of this machine's resolver
 * the flow itself says it. */
static bool
is_told_by_log(const struct event_process *asker)
{
	return asker->source && !strncmp(asker->source, "import:", 7);
}

/* A name that was asked for by one program for another. */
static int
add_query(struct verify_owners *o, const struct event *e)
{
	const struct owner *w = owners_find_or_add(&o->owners, e->on_behalf_of,
	    NULL);
	struct query *q = arena_zalloc(&o->arena, sizeof(*q));

	if (!w || !q)
		return -ENOMEM;
	q->name = arena_strndup(&o->arena, e->transfer->dns->question.p,
	    e->transfer->dns->question.len);
	q->ts_ns = e->transfer->start_ns;
	q->owner = w->id;
	q->next = o->queries;
	o->queries = q;
	return 0;
}

/* The flow's line may never come. */
static int
add_transfer(struct verify_owners *o, const struct event *e)
{
	struct untold *u;

	HASH_FIND(hh, o->untold, &e->flow->id, sizeof(e->flow->id), u);
	if (!u) {
		u = calloc(1, sizeof(*u));
		if (!u)
			return -ENOMEM;
		u->id = e->flow->id;
		u->start_ns = e->transfer->start_ns;
		u->ends = ends_of(e->flow);
		HASH_ADD(hh, o->untold, id, sizeof(u->id), u);
	}
	u->end_ns = e->transfer->end_ns;
	if (u->last_packet < e->transfer->packet_last)
		u->last_packet = e->transfer->packet_last;
	u->owner = owners_find_or_add(&o->owners, e->process, NULL);
	return u->owner ? 0 : -ENOMEM;
}

int
verify_owners_add(struct verify_owners *o, const struct event *e)
{
	int err = 0;

	if (e->action == EVENT_FLOW && e->flow)
		return add_flow(o, e);
	if (e->action != EVENT_TRANSFER || !e->flow)
		return 0;
	if (e->process)
		err = add_transfer(o, e);
	if (!err && e->on_behalf_of && is_told_by_log(e->on_behalf_of) &&
	    e->transfer->dns && e->transfer->dns->question.len)
		err = add_query(o, e);
	return err;
}

int
verify_owners_end(struct verify_owners *o)
{
	struct untold *u, *next;
	int err = 0;

	HASH_ITER(hh, o->untold, u, next) {
		if (!err)
			err = add_owned(o, u->ends, (struct owned){
			    .id = u->id, .start_ns = u->start_ns,
			    .end_ns = u->end_ns, .owner = u->owner,
			    .sided = true, .last_packet = u->last_packet });
		forget_untold(o, u);
	}
	return err;
}

uint32_t
verify_owners_of(const struct verify_owners *o, const struct event_flow *flow)
{
	struct ends ends = ends_of(flow);
	const struct owned *f;
	struct place *p;

	HASH_FIND(hh, o->places, &ends, sizeof(ends), p);
	for (f = p ? p->flows : NULL; f; f = f->next)
		if (f->id == flow->id)
			return f->owner->id;
	return 0;
}

size_t
verify_owners_count(const struct verify_owners *o)
{
	return HASH_COUNT(o->owners.all);
}

/* Flows of the same ends come one after the other, seldom many. */
static bool
is_shared(const struct place *p, const struct owned *f)
{
	for (const struct owned *g = p->flows; g; g = g->next)
		if (g != f && g->owner != f->owner &&
		    g->start_ns <= f->end_ns && f->start_ns <= g->end_ns)
			return true;
	return false;
}

int
verify_owners_shared(const struct verify_owners *o,
    int (*on_flow)(void *arg, uint64_t id), void *arg)
{
	int err = 0;

	for (struct place *p = o->places; p && !err; p = p->hh.next)
		for (struct owned *f = p->flows; f && !err; f = f->next)
			if (is_shared(p, f))
				err = on_flow(arg, f->id);
	return err;
}

int
verify_owners_tell(struct verify_owners *o, struct telltap_engine *engine)
{
	struct owner *w, *next;
	int err = 0;

	HASH_ITER(hh, o->owners.all, w, next) {
		err = telltap_engine_owner(engine, w->id, &w->process);
		if (err)
			return err;
	}
	for (struct query *q = o->queries; q && !err; q = q->next)
		if (q->name)
			err = telltap_engine_query(engine, q->name, q->ts_ns,
			    q->owner);
	return err;
}

/* A flow's id is the number of its first packet. */
static bool
has_packet(const struct owned *f, const struct telltap_packet *packet)
{
	return f->last_packet ? packet->number >= f->id &&
				packet->number <= f->last_packet
			      : packet->ts_ns >= f->start_ns &&
				packet->ts_ns <= f->end_ns;
}

static const struct owned *
find_flow(const struct verify_owners *o, const struct ends *ends,
    const struct telltap_packet *packet)
{
	const struct owned *f;
	struct place *p;

	HASH_FIND(hh, o->places, ends, sizeof(*ends), p);
	for (f = p ? p->flows : NULL; f; f = f->next)
		if (has_packet(f, packet))
			return f;
	return NULL;
}

const struct telltap_process *
verify_owners_apply(struct verify_owners *o, struct telltap_packet *packet)
{
	const struct owned *f;
	struct packet p;
	bool out = true;

	packet->owner = 0;
	if (!o->places)
		return NULL;
	arena_reset(&o->room, 1 << 20);
	if (packet_decode(o->decoder, packet, &o->room, &p))
		return NULL;
	f = find_flow(o, &(struct ends){ p.src, p.dst, p.src_port, p.dst_port,
	    p.proto }, packet);
	if (!f) {
		out = false;
		f = find_flow(o, &(struct ends){ p.dst, p.src, p.dst_port,
		    p.src_port, p.proto }, packet);
	}
	if (!f)
		return NULL;
	packet->owner = f->owner->id;
	packet->flags &= (uint16_t)~(TELLTAP_PACKET_INBOUND |
	    TELLTAP_PACKET_OUTBOUND);
	if (f->sided)
		packet->flags |= out ? TELLTAP_PACKET_OUTBOUND
				     : TELLTAP_PACKET_INBOUND;
	return &f->owner->process;
}
