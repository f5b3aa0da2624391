// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_owners.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/arena.h"
#include "base/buf.h"
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
};

struct place {
	UT_hash_handle hh;
	struct ends ends;
	struct owned *flows;
};

/* All that is said of a process and how it is known, as bytes. */
struct owner {
	UT_hash_handle hh;
	uint32_t id;
	size_t len;
	uint8_t *key;
	struct telltap_process process;
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
	struct owner *owners;
	struct query *queries;
	struct buf key;
};

struct verify_owners *
verify_owners_new(void)
{
	struct verify_owners *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	arena_init(&o->arena);
	arena_init(&o->room);
	buf_init(&o->key, 0);
	o->decoder = packet_decoder_new(FRAGMENTS_MAX);
	if (o->decoder)
		return o;
	verify_owners_free(o);
	return NULL;
}

void
verify_owners_free(struct verify_owners *o)
{
	if (!o)
		return;
	HASH_CLEAR(hh, o->places);
	HASH_CLEAR(hh, o->owners);
	packet_decoder_free(o->decoder);
	buf_clear(&o->key);
	arena_clear(&o->arena);
	arena_clear(&o->room);
	free(o);
}

static void
put_text(struct buf *b, struct span s)
{
	buf_append(b, &s.len, sizeof(s.len));
	buf_append(b, s.p, s.len);
}

static void
make_key(struct buf *b, const struct event_process *p,
    const struct event_process *asker)
{
	const uint64_t numbers[] = { p->pid, p->parent_pid, p->user,
		p->start_ns, p->end_ns, p->accepted, p->other_pid,
		p->has_sha256, p->outside, asker ? 1 + asker->pid : 0 };

	buf_reset(b);
	buf_append(b, numbers, sizeof(numbers));
	buf_append(b, p->sha256, p->has_sha256 ? 32 : 0);
	put_text(b, p->executable);
	put_text(b, p->name);
	put_text(b, p->cgroup);
	put_text(b, p->unit);
	put_text(b, p->container);
	put_text(b, p->other_executable);
	put_text(b, asker ? asker->executable : (struct span){ 0 });
	put_text(b, p->source ? span_str(p->source) : (struct span){ 0 });
	put_text(b, p->certainty ? span_str(p->certainty) : (struct span){ 0 });
	for (size_t i = 0; i < p->arg_count; i++)
		put_text(b, p->args[i]);
}

static const char *
keep(struct arena *a, struct span s)
{
	return s.len ? arena_strndup(a, s.p, s.len) : NULL;
}

static const char *
keep_word(struct arena *a, const char *word)
{
	return word ? keep(a, span_str(word)) : NULL;
}

/* Each with a NUL behind it. */
static void
keep_args(struct verify_owners *o, const struct event_process *p,
    struct telltap_process *to)
{
	size_t len = 0;
	char *args;

	for (size_t i = 0; i < p->arg_count; i++)
		len += p->args[i].len + 1;
	args = len ? arena_zalloc(&o->arena, len) : NULL;
	if (!args)
		return;
	to->args = args;
	to->args_len = len;
	for (size_t i = 0; i < p->arg_count; i++) {
		if (p->args[i].len)
			memcpy(args, p->args[i].p, p->args[i].len);
		args += p->args[i].len + 1;
	}
}

static void
keep_process(struct verify_owners *o, const struct event_process *p,
    struct telltap_process *to)
{
	struct arena *a = &o->arena;

	*to = (struct telltap_process){
		.size = sizeof(*to),
		.pid = p->pid,
		.parent_pid = p->parent_pid,
		.user = p->user,
		.start_ns = p->start_ns,
		.end_ns = p->end_ns,
		.executable = keep(a, p->executable),
		.name = keep(a, p->name),
		.cgroup = keep(a, p->cgroup),
		.unit = keep(a, p->unit),
		.container = keep(a, p->container),
		.source = keep_word(a, p->source),
		.certainty = keep_word(a, p->certainty),
		.accepted = p->accepted,
		.outside = p->outside,
		.other_pid = p->other_pid,
		.other_executable = keep(a, p->other_executable),
	};
	if (p->has_sha256)
		to->sha256 = (uint8_t *)arena_strndup(a, p->sha256, 32);
	keep_args(o, p, to);
}

/* asker: whose questions the process, a resolver, hands on; NULL if it is none. */
static struct owner *
find_owner(struct verify_owners *o, const struct event_process *p,
    const struct event_process *asker)
{
	struct owner *w;

	make_key(&o->key, p, asker);
	if (o->key.failed)
		return NULL;
	HASH_FIND(hh, o->owners, o->key.data, o->key.len, w);
	if (w)
		return w;
	w = arena_zalloc(&o->arena, sizeof(*w));
	if (!w)
		return NULL;
	w->len = o->key.len;
	w->key = (uint8_t *)arena_strndup(&o->arena, o->key.data, o->key.len);
	if (!w->key)
		return NULL;
	w->id = HASH_COUNT(o->owners) + 1;
	keep_process(o, p, &w->process);
	if (asker) {
		w->process.resolver = true;
		w->process.other_pid = asker->pid;
		w->process.other_executable = keep(&o->arena,
		    asker->executable);
	}
	HASH_ADD_KEYPTR(hh, o->owners, w->key, w->len, w);
	return w;
}

static struct ends
ends_of(const struct event_flow *f)
{
	return (struct ends){ f->local, f->remote, f->local_port,
		f->remote_port, f->proto };
}

static int
add_flow(struct verify_owners *o, const struct event *e)
{
	const struct event_flow *f = e->flow;
	struct owner *w = find_owner(o, e->process, e->on_behalf_of);
	struct owned *flow = arena_zalloc(&o->arena, sizeof(*flow));
	struct ends ends = ends_of(f);
	struct place *p;

	if (!w || !flow)
		return -ENOMEM;
	HASH_FIND(hh, o->places, &ends, sizeof(ends), p);
	if (!p) {
		p = arena_zalloc(&o->arena, sizeof(*p));
		if (!p)
			return -ENOMEM;
		p->ends = ends;
		HASH_ADD(hh, o->places, ends, sizeof(p->ends), p);
	}
	*flow = (struct owned){ p->flows, f->id, f->start_ns, f->end_ns, w,
		f->endpoint_by && !strcmp(f->endpoint_by, "attribution") };
	p->flows = flow;
	return 0;
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
	struct owner *w = find_owner(o, e->on_behalf_of, NULL);
	struct query *q = arena_zalloc(&o->arena, sizeof(*q));

	if (!w || !q)
		return -ENOMEM;
	q->name = (char *)keep(&o->arena, e->transfer->dns->question);
	q->ts_ns = e->transfer->start_ns;
	q->owner = w->id;
	q->next = o->queries;
	o->queries = q;
	return 0;
}

int
verify_owners_add(struct verify_owners *o, const struct event *e)
{
	if (e->action == EVENT_FLOW && e->flow && e->process)
		return add_flow(o, e);
	if (e->action == EVENT_TRANSFER && e->on_behalf_of &&
	    is_told_by_log(e->on_behalf_of) && e->transfer->dns && e->transfer->dns->question.len)
		return add_query(o, e);
	return 0;
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
	return HASH_COUNT(o->owners);
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

	HASH_ITER(hh, o->owners, w, next) {
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

static const struct owned *
find_flow(const struct verify_owners *o, const struct ends *ends,
    uint64_t ts_ns)
{
	const struct owned *f;
	struct place *p;

	HASH_FIND(hh, o->places, ends, sizeof(*ends), p);
	for (f = p ? p->flows : NULL; f; f = f->next)
		if (ts_ns >= f->start_ns && ts_ns <= f->end_ns)
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
	    p.proto }, packet->ts_ns);
	if (!f) {
		out = false;
		f = find_flow(o, &(struct ends){ p.dst, p.src, p.dst_port,
		    p.src_port, p.proto }, packet->ts_ns);
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
