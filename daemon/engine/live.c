// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "engine/engine.h"
#include "engine/held.h"
#include "engine/socket_pairs.h"

#define MARK_MAX 1024u

/* What comes from the kernel beside packets; taken as told, not derived. */

int
telltap_engine_owner(struct telltap_engine *e, uint32_t id,
    const struct telltap_process *process)
{
	int r = engine_settle(e);

	return r ? r : engine_owners_set(&e->owners, id, process);
}

int
telltap_engine_client(struct telltap_engine *e,
    const struct telltap_client *client)
{
	int r = engine_settle(e);

	if (client->size != sizeof(*client) || !client->process)
		return -EINVAL;
	e->shard_options.carries = true;
	return r ? r : carried_client(e->carried, client);
}

int
telltap_engine_claim(struct telltap_engine *e, const struct telltap_claim *in)
{
	struct claim c = {
		.local_port = in->local_port,
		.remote_port = in->remote_port,
		.proto = in->proto,
		.any_local = !in->local_known,
		.any_remote = !in->remote_known,
		.day_time = in->day_time,
		.opens = in->opens,
		.first_ns = in->first_ns,
		.last_ns = in->last_ns,
		.end_ns = in->end_ns ? in->end_ns : UINT64_MAX,
		.owner = in->owner,
	};

	if (in->size != sizeof(*in) || e->begun)
		return -EINVAL;
	memcpy(c.local.b, in->local, 16);
	memcpy(c.remote.b, in->remote, 16);
	e->shard_options.claims = &e->owner_claims;
	return claims_add(&e->owner_claims, &c);
}

int
telltap_engine_query(struct telltap_engine *e, const char *name,
    uint64_t ts_ns, uint32_t owner)
{
	return e->begun ? -EINVAL : claims_add_query(&e->owner_claims,
	    span_str(name), ts_ns, owner);
}

static int
emit_input(struct telltap_engine *e, struct event *ev, uint64_t ts_ns)
{
	int r;

	if (e->finished)
		return -EINVAL;
	if (!e->begun)
		e->last_ts_ns = ts_ns;
	r = engine_begin(e);
	if (!r)
		r = engine_settle(e);
	ev->ts_ns = ts_ns;
	ev->input = true;
	return r ? r : engine_emit(e, ev);
}

int
telltap_engine_process(struct telltap_engine *e, uint64_t ts_ns,
    const struct telltap_process *process)
{
	struct event ev = { .action = EVENT_PROCESS };
	struct engine_owner *o = engine_owner_new(process);
	int r;

	if (!o)
		return -ENOMEM;
	ev.process = engine_owner_process(o);
	r = emit_input(e, &ev, ts_ns);
	engine_owner_free(o);
	return r;
}

int
telltap_engine_file_read(struct telltap_engine *e,
    const struct telltap_file_read *in)
{
	struct event_file_read read = {
		.path = span_str(in->path),
		.inode = in->inode,
		.size = in->size,
		.bytes = in->bytes,
		.end = in->end,
		.calls = in->calls,
		.first_ns = in->first_ns,
		.last_ns = in->last_ns,
		.dev_major = in->dev_major,
		.dev_minor = in->dev_minor,
		.mapped = in->mapped,
		.content = in->content,
	};
	struct event ev = { .action = EVENT_FILE_READ, .read = &read };
	struct engine_owner *o = NULL;
	int r;

	if (in->size_of != sizeof(*in))
		return -EINVAL;
	if (in->process) {
		o = engine_owner_new(in->process);
		if (!o)
			return -ENOMEM;
		ev.process = engine_owner_process(o);
	}
	r = emit_input(e, &ev, in->last_ns);
	if (!r && e->held)
		held_read(e->held, &read, ev.process);
	engine_owner_free(o);
	return r;
}

int
telltap_engine_mark(struct telltap_engine *e, uint64_t ts_ns,
    const char *text, uint64_t pid, uint64_t user)
{
	struct event_mark mark = {
		.text = { (const uint8_t *)text, strnlen(text, MARK_MAX) },
		.pid = pid,
		.user = user,
	};
	struct event ev = { .action = EVENT_MARK, .mark = &mark };

	return mark.text.len ? emit_input(e, &ev, ts_ns) : -EINVAL;
}

int
telltap_engine_gap(struct telltap_engine *e, const struct telltap_gap *in)
{
	struct event_gap gap = {
		.start_ns = in->start_ns,
		.end_ns = in->end_ns,
		.reason = span_str(in->reason),
	};
	struct event ev = { .action = EVENT_COVERAGE, .gap = &gap };

	if (in->size != sizeof(*in))
		return -EINVAL;
	return emit_input(e, &ev, in->end_ns);
}

int
telltap_engine_resume(struct telltap_engine *e, const struct telltap_gap *gap)
{
	if (e->begun || gap->size != sizeof(*gap))
		return -EINVAL;
	e->begun = true;
	e->sequence = gap->sequence;
	e->totals.restarts = gap->restarts;
	return telltap_engine_gap(e, gap);
}

int
telltap_engine_unattributed(struct telltap_engine *e, uint64_t packets)
{
	e->totals.unattributed += packets;
	return 0;
}

int
telltap_engine_unread(struct telltap_engine *e,
    const struct telltap_unread *in)
{
	if (in->size != sizeof(*in))
		return -EINVAL;
	e->totals.processes_unread += in->processes;
	e->totals.files_unanswered += in->files_unanswered;
	e->totals.files_gone += in->files_gone;
	e->totals.readers_lost += in->readers_lost;
	return 0;
}

static bool
is_v4(const uint8_t *address)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(address, mapped, sizeof(mapped)) == 0;
}

int
telltap_engine_socket(struct telltap_engine *e,
    const struct telltap_socket_count *in)
{
	struct event_flow flow = {
		.local_port = in->local_port,
		.remote_port = in->remote_port,
		.proto = in->proto,
		.ip_version = is_v4(in->local) ? 4 : 6,
		.owner = in->owner,
	};
	struct event_kernel_count count = {
		.payload_out = in->payload_out,
		.pending_out = in->pending_out,
		.payload_in = in->payload_in,
		.live = in->live,
	};
	struct event ev = { .action = EVENT_COVERAGE, .flow = &flow,
		.kernel = &count };
	struct socket_sums sums = { e->totals.kernel_out, e->totals.kernel_in };

	if (in->size != sizeof(*in))
		return -EINVAL;
	memcpy(flow.local.b, in->local, 16);
	memcpy(flow.remote.b, in->remote, 16);
	ev.process = engine_owners_find(&e->owners, in->owner);
	e->totals.kernel_sockets++;
	socket_pairs_add(e->socket_pairs, in, ev.process && ev.process->accepted,
	    &sums);
	e->totals.kernel_out = sums.out;
	e->totals.kernel_in = sums.in;
	return emit_input(e, &ev, in->ts_ns);
}

int
telltap_engine_unwatched(struct telltap_engine *e,
    const struct telltap_unwatched *in)
{
	struct event_unwatched u = {
		.bytes = in->bytes,
		.packets = in->packets,
		.connections = in->connections,
		.first_ns = in->first_ns,
		.last_ns = in->last_ns,
		.pid = in->pid,
		.name = span_str(in->name),
		.ip_version = is_v4(in->address) ? 4 : 6,
	};
	struct event ev = { .action = EVENT_COVERAGE, .unwatched = &u };
	enum names_source source;
	int r;

	if (in->size != sizeof(*in))
		return -EINVAL;
	memcpy(u.address.b, in->address, 16);
	r = engine_settle(e);
	u.domain = names_find(e->names, &u.address, &source);
	e->totals.unwatched_out += in->bytes;
	e->totals.unwatched_packets += in->packets;
	return r ? r : emit_input(e, &ev, in->last_ns);
}
