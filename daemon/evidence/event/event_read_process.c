// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "evidence/event/event_fields.h"
#include "flow/address.h"

static uint64_t
read_user(struct event_fields *f, const struct json_node *process)
{
	const struct json_node *user = field_object(f, process, "user");
	const char *id = user ? field_word(f, user, "id") : NULL;

	return id ? strtoull(id, NULL, 10) : UINT64_MAX;
}

static void
read_attribution(struct event_fields *f, const struct json_node *telltap,
    struct event_process *p)
{
	const struct json_node *o = field_object(f, telltap, "attribution");
	const struct json_node *other = field_object(f, o, "shared_with");

	p->source = field_word(f, o, "source");
	p->certainty = field_word(f, o, "certainty");
	p->accepted = field_bool(f, o, "accepted");
	p->outside = field_bool(f, o, "outside");
	p->cgroup = field_text(f, o, "cgroup");
	p->unit = field_text(f, o, "unit");
	p->other_pid = field_u64(f, other, "pid");
	p->other_executable = field_text(f, other, "executable");
}

/* What is said of it with the carrier; its source is the carrier's, or its own
 * where no carrier is known. */
static void
read_behalf(struct event_fields *f, struct event *e)
{
	const struct json_node *attribution = field_object(f, field_object(f, f->root,
	    "telltap"), "attribution");
	const struct json_node *o = field_object(f, attribution, "on_behalf_of");
	struct event_process *p = o ? field_room(f, 1, sizeof(*p)) : NULL;

	if (!p)
		return;
	p->user = UINT64_MAX;
	p->pid = field_u64(f, o, "pid");
	p->executable = field_text(f, o, "executable");
	p->name = field_text(f, o, "name");
	p->source = field_word(f, attribution, "source");
	e->on_behalf_of = p;
	e->behalf_asked = field_bool(f, o, "asked");
}

void
event_read_process(struct event_fields *f, struct event *e)
{
	const struct json_node *o = field_object(f, f->root, "process"), *hash;
	struct event_process *p = o ? field_room(f, 1, sizeof(*p)) : NULL;

	read_behalf(f, e);
	if (!p)
		return;
	hash = field_object(f, o, "hash");
	p->pid = field_u64(f, o, "pid");
	p->parent_pid = field_u64(f, field_object(f, o, "parent"), "pid");
	p->user = read_user(f, o);
	p->start_ns = field_time(f, o, "start");
	p->end_ns = field_time(f, o, "end");
	p->executable = field_text(f, o, "executable");
	p->name = field_text(f, o, "name");
	p->args = field_texts(f, o, "args", &p->arg_count);
	p->has_sha256 = field_sha256(f, hash, "sha256", p->sha256);
	p->container = field_text(f,
	    field_object(f, f->root, "container"), "id");
	p->ended = json_member(o, "exit_code") != NULL;
	p->exit_code = field_u64(f, o, "exit_code");
	read_attribution(f, field_object(f, f->root, "telltap"), p);
	e->process = p;
}

void
event_read_file_read(struct event_fields *f, struct event *e)
{
	const struct json_node *telltap = field_object(f, f->root, "telltap");
	const struct json_node *event = field_object(f, f->root, "event");
	const struct json_node *file = field_object(f, f->root, "file");
	const struct json_node *o = field_object(f, telltap, "read");
	struct event_file_read *r = o ? field_room(f, 1, sizeof(*r)) : NULL;

	if (!r)
		return;
	r->path = field_text(f, file, "path");
	r->size = field_u64(f, file, "size");
	r->first_ns = field_time(f, event, "start");
	r->last_ns = field_time(f, event, "end");
	r->bytes = field_u64(f, o, "bytes");
	r->end = field_u64(f, o, "end");
	r->calls = field_u64(f, o, "calls");
	r->mapped = field_bool(f, o, "mapped");
	r->inode = field_u64(f, o, "inode");
	r->dev_major = (uint32_t)field_u64(f, o, "device_major");
	r->dev_minor = (uint32_t)field_u64(f, o, "device_minor");
	r->content = field_word(f, o, "content");
	e->read = r;
}

/* A coverage event of a time when nothing was seen. */
bool
event_read_gap(struct event_fields *f, struct event *e)
{
	const struct json_node *telltap = field_object(f, f->root, "telltap");
	const struct json_node *o = field_object(f, field_object(f, telltap, "coverage"),
	    "gap");
	struct event_gap *g = o ? field_room(f, 1, sizeof(*g)) : NULL;

	if (!g)
		return o != NULL;
	g->start_ns = field_time(f, o, "start");
	g->end_ns = field_time(f, o, "end");
	g->reason = field_text(f, o, "reason");
	e->gap = g;
	return true;
}

/* A coverage event of one address. */
bool
event_read_unwatched(struct event_fields *f, struct event *e)
{
	const struct json_node *telltap = field_object(f, f->root, "telltap");
	const struct json_node *o = field_object(f,
	    field_object(f, telltap, "coverage"), "unwatched");
	struct event_unwatched *u = o ? field_room(f, 1, sizeof(*u)) : NULL;

	if (!u)
		return o != NULL;
	u->ip_version = address_parse(field_text(f, o, "address"),
	    &u->address);
	u->domain = field_text(f, o, "domain");
	u->bytes = field_u64(f, o, "bytes");
	u->packets = field_u64(f, o, "packets");
	u->connections = field_u64(f, o, "connections");
	u->first_ns = field_time(f, o, "start");
	u->last_ns = field_time(f, o, "end");
	u->pid = field_u64(f, o, "pid");
	u->name = field_text(f, o, "name");
	e->unwatched = u;
	return true;
}

/* A coverage event of one socket, as opposed to one of the whole run. */
bool
event_read_kernel_count(struct event_fields *f, struct event *e)
{
	const struct json_node *telltap = field_object(f, f->root, "telltap");
	const struct json_node *o = field_object(f, telltap, "coverage");
	struct event_kernel_count *k;

	if (!o || !json_member(o, "kernel_pending_out"))
		return false;
	k = field_room(f, 1, sizeof(*k));
	if (!k)
		return true;
	k->payload_out = field_u64(f, o, "kernel_out");
	k->pending_out = field_u64(f, o, "kernel_pending_out");
	k->payload_in = field_u64(f, o, "kernel_in");
	k->live = field_bool(f, o, "live");
	e->kernel = k;
	return true;
}
