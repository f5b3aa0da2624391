// SPDX-License-Identifier: Apache-2.0
#include "evidence/event/event_writer.h"
#include "flow/address.h"

static void
write_user(struct json *j, uint64_t user)
{
	char s[20];
	int i = 20;

	do {
		s[--i] = (char)('0' + user % 10);
		user /= 10;
	} while (user);
	json_object(j, "user");
	json_text(j, "id", (struct span){ (uint8_t *)s + i, (size_t)(20 - i) });
	json_close_object(j);
}

void
event_write_process(struct event_writer *w, const struct event_process *p)
{
	struct json *j = &w->j;

	json_object(j, "process");
	json_u64(j, "pid", p->pid);
	event_text(w, "executable", p->executable);
	event_text(w, "name", p->name);
	event_texts(w, "args", LEFT_ARGS, p->args, p->arg_count);
	if (p->start_ns)
		json_time(j, "start", p->start_ns);
	if (p->ended) {
		if (p->end_ns)
			json_time(j, "end", p->end_ns);
		json_u64(j, "exit_code", p->exit_code);
	}
	if (p->has_sha256) {
		json_object(j, "hash");
		event_digest(w, "sha256", p->sha256);
		json_close_object(j);
	}
	if (p->parent_pid) {
		json_object(j, "parent");
		json_u64(j, "pid", p->parent_pid);
		json_close_object(j);
	}
	if (p->user != UINT64_MAX)
		write_user(j, p->user);
	json_close_object(j);
	if (p->container.len) {
		json_object(j, "container");
		event_text(w, "id", p->container);
		json_close_object(j);
	}
}

static void
write_shared(struct event_writer *w, const struct event_process *p)
{
	event_word(w, "source", p->source);
	event_word(w, "certainty", p->certainty);
	if (p->accepted)
		json_bool(&w->j, "accepted", true);
	if (p->outside)
		json_bool(&w->j, "outside", true);
	event_text(w, "cgroup", p->cgroup);
	event_text(w, "unit", p->unit);
	if (p->other_pid) {
		json_object(&w->j, "shared_with");
		json_u64(&w->j, "pid", p->other_pid);
		event_text(w, "executable", p->other_executable);
		json_close_object(&w->j);
	}
}

void
event_write_attribution(struct event_writer *w, const struct event *e)
{
	const struct event_process *behalf = e->on_behalf_of;
	struct json *j = &w->j;

	json_object(j, "attribution");
	if (e->process && (e->process->certainty || !behalf)) {
		write_shared(w, e->process);
	} else {
		event_word(w, "source", behalf->source);
		event_word(w, "certainty", "none");
	}
	if (behalf) {
		json_object(j, "on_behalf_of");
		json_u64(j, "pid", behalf->pid);
		event_text(w, "executable", behalf->executable);
		event_text(w, "name", behalf->name);
		if (e->transfer && !e->transfer->dns)
			json_bool(j, "asked", e->behalf_asked);
		json_close_object(j);
	}
	json_close_object(j);
}

void
event_write_read(struct event_writer *w, const struct event_file_read *f)
{
	struct json *j = &w->j;

	json_object(j, "file");
	event_text(w, "path", f->path);
	json_u64(j, "size", f->size);
	json_close_object(j);
}

void
event_write_read_counts(struct event_writer *w,
    const struct event_file_read *f)
{
	struct json *j = &w->j;

	json_object(j, "read");
	json_u64(j, "bytes", f->bytes);
	json_u64(j, "end", f->end);
	json_u64(j, "calls", f->calls);
	json_bool(j, "mapped", f->mapped);
	/* Reading the same part again and again reaches the size, too; the
	 * furthest place read says whether the end was seen. */
	json_bool(j, "whole", f->size && f->bytes >= f->size &&
	    f->end >= f->size);
	json_u64(j, "inode", f->inode);
	json_u64(j, "device_major", f->dev_major);
	json_u64(j, "device_minor", f->dev_minor);
	if (f->content)
		event_word(w, "content", f->content);
	json_close_object(j);
}

void
event_write_kernel_count(struct event_writer *w,
    const struct event_kernel_count *k)
{
	struct json *j = &w->j;

	json_object(j, "coverage");
	json_u64(j, "kernel_out", k->payload_out);
	json_u64(j, "kernel_pending_out", k->pending_out);
	json_u64(j, "kernel_in", k->payload_in);
	json_bool(j, "live", k->live);
	json_close_object(j);
}

void
event_write_gap(struct event_writer *w, const struct event_gap *g)
{
	struct json *j = &w->j;

	json_object(j, "coverage");
	json_object(j, "gap");
	json_time(j, "start", g->start_ns);
	json_time(j, "end", g->end_ns);
	event_text(w, "reason", g->reason);
	json_close_object(j);
	json_close_object(j);
}

void
event_write_unwatched(struct event_writer *w, const struct event_unwatched *u)
{
	struct json *j = &w->j;
	char text[ADDRESS_TEXT_MAX];
	size_t len = address_format(&u->address, u->ip_version, text);

	json_object(j, "coverage");
	json_object(j, "unwatched");
	event_text(w, "address", (struct span){ (const uint8_t *)text, len });
	event_text(w, "domain", u->domain);
	json_u64(j, "bytes", u->bytes);
	json_u64(j, "packets", u->packets);
	json_u64(j, "connections", u->connections);
	json_time(j, "start", u->first_ns);
	json_time(j, "end", u->last_ns);
	if (u->pid) {
		json_u64(j, "pid", u->pid);
		event_text(w, "name", u->name);
	}
	json_close_object(j);
	json_close_object(j);
}
