// SPDX-License-Identifier: Apache-2.0
#include "evidence/event/event_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/event/event_fields.h"
#include "evidence/event/event_totals.h"

static const char *const action_names[EVENT_ACTION_COUNT] = {
	[EVENT_INPUT] = "input",	[EVENT_TRANSFER] = "transfer",
	[EVENT_FLOW] = "flow",		[EVENT_FILE] = "file",
	[EVENT_ANOMALY] = "anomaly",	[EVENT_COVERAGE] = "coverage",
	[EVENT_SUMMARY] = "summary",	[EVENT_PROCESS] = "process",
	[EVENT_FILE_READ] = "file-read", [EVENT_MARK] = "mark",
};

struct event_reader {
	struct event_fields fields;
};

struct event_reader *
event_reader_new(void)
{
	struct event_reader *r = calloc(1, sizeof(*r));

	if (r) {
		arena_init(&r->fields.arena);
		json_tree_init(&r->fields.tree);
	}
	return r;
}

void
event_reader_free(struct event_reader *r)
{
	if (!r)
		return;
	json_tree_clear(&r->fields.tree);
	arena_clear(&r->fields.arena);
	free(r);
}

const char *
event_reader_error(const struct event_reader *r)
{
	return r->fields.error;
}

static void
read_cloud(struct event_fields *f, const struct json_node *telltap, struct event *e)
{
	const struct json_node *o = field_object(f, telltap, "cloud");
	struct event_cloud *c = o ? field_room(f, 1, sizeof(*c)) : NULL;

	if (!c)
		return;
	c->vendor = field_text(f, o, "vendor");
	c->network = field_text(f, o, "network");
	c->purpose = field_text(f, o, "purpose");
	c->source = field_text(f, o, "source");
	c->key = field_text(f, o, "key");
	e->cloud = c;
}

static void
read_anomaly(struct event_fields *f, const struct json_node *telltap, struct event *e)
{
	const struct json_node *o = field_object(f, telltap, "anomaly");
	struct event_anomaly *a = o ? field_room(f, 1, sizeof(*a)) : NULL;

	if (!a)
		return;
	a->what = field_word(f, o, "what");
	a->detail = field_text(f, o, "detail");
	a->direction = field_word(f, o, "direction");
	a->packet = field_u64(f, o, "packet");
	a->offset = field_u64(f, o, "offset");
	a->len = field_u64(f, o, "length");
	e->anomaly = a;
}

static void
read_mark(struct event_fields *f, const struct json_node *telltap,
    struct event *e)
{
	const struct json_node *o = field_object(f, telltap, "mark");
	struct event_mark *m = o ? field_room(f, 1, sizeof(*m)) : NULL;

	if (!m)
		return;
	m->text = field_text(f, o, "text");
	m->pid = field_u64(f, o, "pid");
	m->user = field_u64(f, o, "user");
	e->mark = m;
}

static const struct event_input *
read_input_files(struct event_fields *f, const struct json_node *o,
    const char *name, size_t *ret_count)
{
	const struct json_node *files = field_array(f, o, name), *v;
	size_t n = json_count(files);
	struct event_input *in = field_room(f, n, sizeof(*in)), *first = in;

	*ret_count = in ? n : 0;
	for (v = in ? files->child : NULL; v; v = v->next, in++) {
		in->name = field_text(f, v, "name");
		in->size = field_u64(f, v, "size");
		in->has_sha256 = field_sha256(f, v, "sha256", in->sha256);
	}
	return first;
}

static void
read_inputs(struct event_fields *f, const struct json_node *telltap,
    struct event *e)
{
	const struct json_node *o = field_object(f, telltap, "input");
	struct event_input_list *list = o ? field_room(f, 1, sizeof(*list))
					  : NULL;

	if (!list)
		return;
	list->files = read_input_files(f, o, "files", &list->file_count);
	list->joined = read_input_files(f, o, "joined", &list->joined_count);
	list->version = field_word(f, o, "version");
	list->options = field_texts(f, o, "options", &list->option_count);
	list->known_files = field_u64(f, o, "known_files");
	field_sha256(f, o, "known_sha256", list->known_sha256);
	e->inputs = list;
}

static void
read_fields(struct event_fields *f, const struct json_node *o, struct event_totals *t,
    const struct event_total_field *field)
{
	for (; field->name; field++)
		*(uint64_t *)((char *)t + field->offset) =
		    field_u64(f, o, field->name);
}

static void
read_vendors(struct event_fields *f, const struct json_node *summary,
    struct event *e)
{
	const struct json_node *list = field_array(f, summary, "vendors"), *o;
	size_t n = json_count(list);
	struct event_vendor *v = field_room(f, n, sizeof(*v));

	e->vendors = v;
	e->vendor_count = v ? n : 0;
	for (o = v ? list->child : NULL; o; o = o->next, v++) {
		v->vendor = field_text(f, o, "vendor");
		v->profile = field_text(f, o, "profile");
		v->says = field_texts(f, o, "says", &v->says_count);
		v->mentions = field_texts(f, o, "mentions", &v->mention_count);
	}
}

static void
read_totals(struct event_fields *f, const struct json_node *telltap, struct event *e)
{
	const struct json_node *summary = field_object(f, telltap, "summary");
	const struct json_node *event = field_object(f, f->root, "event"), *kinds;
	struct event_totals *t = field_room(f, 1, sizeof(*t));

	if (!t)
		return;
	t->first_ns = field_time(f, event, "start");
	t->last_ns = field_time(f, event, "end");
	read_fields(f, field_object(f, telltap, "coverage"), t,
	    event_coverage_fields);
	if (e->action == EVENT_SUMMARY) {
		read_fields(f, summary, t, event_summary_fields);
		read_vendors(f, summary, e);
	}
	kinds = field_object(f, summary, "kinds");
	for (unsigned k = 0; k < KIND_COUNT; k++) {
		const struct json_node *o = field_object(f, kinds, kind_name(k));

		for (unsigned g = 0; g < GRADE_COUNT; g++)
			t->by_kind_grade[k][g] = field_u64(f, o, grade_name(g));
	}
	e->totals = t;
}

/* Returns false for an action that this version does not know. */
static bool
read_action(struct event_fields *f, struct event *e)
{
	const struct json_node *event = field_object(f, f->root, "event");
	const char *action = field_word(f, event, "action");

	if (!action) {
		field_bad(f, "event.action");
		return true;
	}
	for (unsigned a = 0; a < EVENT_ACTION_COUNT; a++) {
		if (strcmp(action, action_names[a]))
			continue;
		e->action = (enum event_action)a;
		e->sequence = field_u64(f, event, "sequence");
		return true;
	}
	return false;
}

static bool
is_seal(struct event_fields *f)
{
	const char *action = field_word(f, field_object(f, f->root, "event"),
	    "action");

	return action && !strcmp(action, "seal");
}

static void
read_line(struct event_fields *f, struct event *e)
{
	const struct json_node *telltap = field_object(f, f->root, "telltap");
	const char *origin = field_word(f, telltap, "origin");

	e->ts_ns = field_time(f, f->root, "@timestamp");
	e->input = origin && !strcmp(origin, "input");
	event_read_flow(f, e);
	if (e->action == EVENT_TRANSFER)
		event_read_transfer(f, e);
	if (e->action == EVENT_FILE)
		event_read_file(f, e);
	event_read_process(f, e);
	if (e->action == EVENT_FILE_READ)
		event_read_file_read(f, e);
	if (e->action == EVENT_SUMMARY ||
	    (e->action == EVENT_COVERAGE && !event_read_kernel_count(f, e) &&
		!event_read_gap(f, e) && !event_read_unwatched(f, e)))
		read_totals(f, telltap, e);
	read_cloud(f, telltap, e);
	read_anomaly(f, telltap, e);
	if (e->action == EVENT_MARK)
		read_mark(f, telltap, e);
	read_inputs(f, telltap, e);
}

int
event_read_json(struct event_reader *r, const char *line, size_t len,
    struct event *ret_event)
{
	struct event_fields *f = &r->fields;
	struct event e = { 0 };
	int err;

	arena_reset(&f->arena, 1 << 16);
	f->failed = f->no_memory = false;
	f->error[0] = 0;
	err = json_tree_read(&f->tree, line, len, &f->root);
	if (err == -ENOMEM)
		return err;
	if (err) {
		snprintf(f->error, sizeof(f->error), "not JSON (byte %zu)",
		    f->tree.wrong_at);
		return ERR_MALFORMED;
	}
	if (f->root->type != JSON_OBJECT)
		field_bad(f, "at the top");
	/* A redacted copy keeps a line's hash only. */
	if (json_node_text(json_member(json_member(f->root, "telltap"),
		"withheld")).p)
		return ERR_UNSUPPORTED;
	if (!f->failed && !read_action(f, &e))
		return is_seal(f) ? ERR_END : ERR_UNSUPPORTED;
	if (!f->failed)
		read_line(f, &e);
	if (f->failed)
		return f->no_memory ? -ENOMEM : ERR_MALFORMED;
	*ret_event = e;
	return 0;
}
