// SPDX-License-Identifier: Apache-2.0
#include "report/json.h"

static void
text(struct json *j, const char *key, struct span s)
{
	if (s.len)
		json_text(j, key, s);
}

static void
put_categories(struct json *j, const struct model *m)
{
	json_array(j, "categories");
	for (size_t i = 0; i < m->categories.count; i++) {
		const struct model_category *c =
		    (const struct model_category *)m->categories.rows[i];

		json_object(j, NULL);
		json_text(j, "category", c->category);
		json_text(j, "destination", c->dest->name);
		json_u64(j, "transfers", c->transfers);
		json_u64(j, "places", c->places);
		text(j, "path", c->path);
		text(j, "why", c->why);
		json_time(j, "first", c->first_ns);
		text(j, "first_transfer", c->first_transfer);
		json_close_object(j);
	}
	json_close_array(j);
	json_u64(j, "categories_more", m->categories.more);
}

static void
put_vendor(struct json *j, const struct model_vendor *v)
{
	json_object(j, NULL);
	json_text(j, "vendor", v->vendor);
	json_text(j, "profile", v->profile);
	json_array(j, "says");
	for (size_t i = 0; i < v->says_count; i++)
		json_text(j, NULL, v->says[i]);
	json_close_array(j);
	json_u64(j, "says_more", v->says_more);
	json_array(j, "categories");
	for (unsigned i = 0; category_names[i]; i++) {
		if (!v->named[i] && !v->found[i])
			continue;
		json_object(j, NULL);
		json_str(j, "category", category_names[i]);
		json_u64(j, "transfers", v->found[i]);
		if (v->names_any)
			json_bool(j, "named", v->named[i]);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

static void
put_vendors(struct json *j, const struct model *m)
{
	json_array(j, "vendors");
	for (size_t i = 0; i < m->vendors.count; i++)
		put_vendor(j, (const struct model_vendor *)m->vendors.rows[i]);
	json_close_array(j);
	json_u64(j, "vendors_more", m->vendors.more);
}

static void
put_processes(struct json *j, const struct model *m)
{
	json_array(j, "processes");
	for (size_t i = 0; i < m->processes.count; i++) {
		const struct model_process *p =
		    (const struct model_process *)m->processes.rows[i];

		json_object(j, NULL);
		json_u64(j, "pid", p->pid);
		json_u64(j, "parent_pid", p->parent_pid);
		text(j, "executable", p->executable);
		if (p->has_sha256)
			json_hex(j, "sha256",
			    (struct span){ p->sha256, 32 });
		text(j, "args", p->args);
		text(j, "unit", p->unit);
		text(j, "container", p->container);
		text(j, "source", p->source);
		text(j, "certainty", p->certainty);
		if (p->outside)
			json_bool(j, "outside", true);
		text(j, "shared_with", p->shared_with);
		json_u64(j, "flows", p->flows);
		json_u64(j, "transfers", p->transfers);
		json_u64(j, "sent", p->transfer_out);
		json_close_object(j);
	}
	json_close_array(j);
	json_u64(j, "processes_more", m->processes.more);
	json_u64(j, "transfers_without_process", m->unattributed);
}

static void
put_reads(struct json *j, const struct model *m)
{
	json_array(j, "files_read");
	for (size_t i = 0; i < m->reads.count; i++) {
		const struct model_read *f =
		    (const struct model_read *)m->reads.rows[i];

		json_object(j, NULL);
		json_text(j, "path", f->path);
		if (f->process)
			json_u64(j, "pid", f->process->pid);
		json_u64(j, "size", f->size);
		json_u64(j, "read_bytes", f->bytes);
		json_bool(j, "whole", f->whole);
		json_bool(j, "mapped", f->mapped);
		json_bool(j, "name_seen_leaving", f->name_left);
		json_close_object(j);
	}
	json_close_array(j);
	json_u64(j, "files_read_more", m->reads.more);
}

static void
put_groups(struct json *j, const uint64_t out[GROUP_COUNT])
{
	static const char *const keys[GROUP_COUNT] = {
		"files_out", "lookups_out", "telemetry_out", "other_out",
		"opaque_out"
	};

	for (int g = 0; g < GROUP_COUNT; g++)
		json_u64(j, keys[g], out[g]);
}

static void
put_timeline(struct json *j, const struct model *m)
{
	const struct model_time *t = &m->time;

	json_object(j, "timeline");
	json_u64(j, "slot_seconds", t->width_s);
	json_array(j, "slots");
	for (size_t i = 0; i < t->count; i++) {
		json_object(j, NULL);
		json_time(j, "from",
		    (t->first + i) * t->width_s * 1000000000);
		put_groups(j, t->out[i]);
		json_close_object(j);
	}
	json_close_array(j);
	json_close_object(j);
}

static void
put_phases(struct json *j, const struct model *m)
{
	if (!m->phase_count)
		return;
	json_array(j, "phases");
	for (size_t i = 0; i < m->phase_count; i++) {
		const struct model_phase *p = &m->phases[i];

		json_object(j, NULL);
		json_text(j, "name", p->text);
		if (p->start_ns)
			json_time(j, "from", p->start_ns);
		json_u64(j, "transfers", p->transfers);
		json_u64(j, "payload_out", p->payload_out);
		json_object(j, "kinds");
		for (int k = 0; k < KIND_COUNT; k++)
			if (p->kinds[k])
				json_u64(j, kind_name((enum kind)k),
				    p->kinds[k]);
		json_close_object(j);
		put_groups(j, p->out);
		json_close_object(j);
	}
	json_close_array(j);
	json_u64(j, "marks_more", m->marks_more);
}

static void
put_volumes(struct json *j, const struct model *m)
{
	json_array(j, "volumes");
	for (size_t i = 0; i < m->volumes.count; i++) {
		const struct model_volume *v =
		    (const struct model_volume *)m->volumes.rows[i];

		json_object(j, NULL);
		json_text(j, "destination", v->dest->name);
		text(j, "purpose", v->purpose);
		json_u64(j, "transfers", v->transfers);
		put_groups(j, v->out);
		json_close_object(j);
	}
	json_close_array(j);
	json_u64(j, "volumes_more", m->volumes.more);
}

void
json_put_tables(struct json *j, const struct model *m)
{
	json_u64(j, "ignored_out", m->ignored_out);
	json_u64(j, "ignored_in", m->ignored_in);
	put_categories(j, m);
	put_vendors(j, m);
	put_processes(j, m);
	put_reads(j, m);
	put_timeline(j, m);
	put_phases(j, m);
	put_volumes(j, m);
}
