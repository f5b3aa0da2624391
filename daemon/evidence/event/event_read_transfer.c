// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "evidence/event/event_fields.h"

static enum grade
read_grade(struct event_fields *f, const struct json_node *o)
{
	const char *name = field_word(f, o, "grade");

	for (unsigned g = 0; name && g < GRADE_COUNT; g++)
		if (!strcmp(name, grade_name(g)))
			return (enum grade)g;
	field_bad(f, "grade");
	return GRADE_OPAQUE;
}

static enum visibility
read_visibility(struct event_fields *f, const struct json_node *o)
{
	const char *name = field_word(f, o, "visibility");

	for (unsigned v = 0; name && v < VISIBILITY_COUNT; v++)
		if (!strcmp(name, visibility_name(v)))
			return (enum visibility)v;
	field_bad(f, "visibility");
	return VISIBLE_ENCRYPTED;
}

static void
read_packets(struct event_fields *f, const struct json_node *o, uint64_t *ret_first,
    uint64_t *ret_last)
{
	const struct json_node *packets = field_object(f, o, "packets");

	*ret_first = field_u64(f, packets, "first");
	*ret_last = field_u64(f, packets, "last");
}

static void
read_ranges(struct event_fields *f, const struct json_node *o, struct event_file *file)
{
	const struct json_node *a = field_array(f, o, "ranges");
	size_t n = json_count(a);
	struct event_range *r = field_room(f, n, sizeof(*r));

	file->ranges = r;
	file->range_count = r ? n : 0;
	for (const struct json_node *v = json_first(a); r && v; v = v->next) {
		r->start = field_u64(f, v, "start");
		r->end = field_u64(f, v, "end");
		r++;
	}
}

static void
read_file(struct event_fields *f, const struct json_node *o, struct event_file *file)
{
	file->name = field_text(f, o, "name");
	file->has_sha256 = field_sha256(f, o, "sha256", file->sha256);
	file->size = UINT64_MAX;
	if (json_member(o, "size"))
		file->size = field_u64(f, o, "size");
	file->sent_bytes = field_u64(f, o, "sent_bytes");
	file->coverage = field_real(f, o, "coverage");
	if (!(file->coverage >= 0 && file->coverage <= 1))
		field_bad(f, "coverage");
	read_ranges(f, o, file);
	file->encodings = field_words(f, o, "encodings",
	    &file->encoding_count);
	file->mime_type = field_text(f, o, "mime_type");
	file->known = field_bool(f, o, "known");
	file->ambiguous = field_bool(f, o, "ambiguous");
	file->declared = field_bool(f, o, "declared");
	file->origin = field_word(f, o, "origin");
	file->also = field_texts(f, o, "also", &file->also_count);
	file->known_index = -1;
	if (json_member(o, "kept"))
		file->kept = field_bool(f, o, "kept") ? EVENT_KEPT
						      : EVENT_LEFT_OUT;
}

static void
read_files(struct event_fields *f, const struct json_node *data, struct event_transfer *t)
{
	const struct json_node *a = field_array(f, data, "files");
	size_t n = json_count(a);
	struct event_file *files = field_room(f, n, sizeof(*files));

	t->files = files;
	t->file_count = files ? n : 0;
	for (const struct json_node *v = json_first(a); files && v; v = v->next)
		read_file(f, v, files++);
}

static void
read_hashes(struct event_fields *f, const struct json_node *data, struct event_transfer *t)
{
	const struct json_node *a = field_array(f, data, "hashes");
	size_t n = json_count(a);
	struct event_hash *h = field_room(f, n, sizeof(*h));

	t->hashes = h;
	t->hash_count = h ? n : 0;
	for (const struct json_node *o = json_first(a); h && o; o = o->next) {
		h->algorithm = field_word(f, o, "algorithm");
		h->value = field_text(f, o, "value");
		h->encoding = field_word(f, o, "encoding");
		h->known = field_bool(f, o, "known");
		h->has_file_sha256 = field_sha256(f, o, "file",
		    h->file_sha256);
		h->file_name = field_text(f, o, "file_name");
		h->near = json_member(o, "distance") != NULL;
		if (h->near)
			h->distance = (unsigned)field_u64(f, o, "distance");
		h->path = field_text(f, o, "path");
		h++;
	}
}

static void
read_categories(struct event_fields *f, const struct json_node *data,
    struct event_transfer *t)
{
	const struct json_node *a = field_array(f, data, "findings");
	size_t n = json_count(a);
	struct event_category *c = field_room(f, n, sizeof(*c));

	t->categories = c;
	t->category_count = c ? n : 0;
	for (const struct json_node *o = json_first(a); c && o; o = o->next) {
		const struct json_node *id = field_object(f, o, "identifier");

		if (!id)
			id = field_object(f, o, "pattern");
		c->category = field_word(f, o, "category");
		c->path = field_text(f, o, "path");
		c->offset = json_member(o, "offset") ? field_u64(f, o, "offset") :
						    UINT64_MAX;
		c->why = field_word(f, o, "why");
		c->kind = field_word(f, id, "kind");
		c->form = field_word(f, id, "form");
		c->encoding = field_word(f, id, "encoding");
		c->value = field_text(f, id, "value");
		if (!c->category) {
			c->category = "undetermined";
			field_bad(f, "category");
		}
		c++;
	}
}

static const struct event_read_before *
read_read_before(struct event_fields *f, const struct json_node *inference)
{
	const struct json_node *o = field_object(f, inference, "read");
	struct event_read_before *r = o ? field_room(f, 1, sizeof(*r)) : NULL;
	uint64_t ms;

	if (!r)
		return NULL;
	r->name = field_text(f, o, "name");
	r->pid = field_u64(f, o, "pid");
	ms = field_u64(f, o, "before_ms");
	r->before_ns = ms < UINT64_MAX / 1000000 ? ms * 1000000 : UINT64_MAX;
	r->same_process = field_bool(f, o, "same_process");
	return r;
}

static void
read_inference(struct event_fields *f, const struct json_node *transfer,
    struct event_transfer *t)
{
	const struct json_node *o = field_object(f, transfer, "inference");
	const struct json_node *a = field_array(f, o, "candidates");
	size_t n = json_count(a);
	struct event_inference *e;
	struct event_candidate *c;

	if (!o)
		return;
	e = field_room(f, 1, sizeof(*e));
	c = field_room(f, n, sizeof(*c));
	if (!e)
		return;
	e->candidates = c;
	e->candidate_count = c ? n : 0;
	for (const struct json_node *v = json_first(a); c && v; v = v->next) {
		c->name = field_text(f, v, "name");
		c->has_sha256 = field_sha256(f, v, "sha256", c->sha256);
		c->size = field_u64(f, v, "size");
		c->encoding = field_word(f, v, "encoding");
		c->score = field_real(f, v, "score");
		c++;
	}
	e->read = read_read_before(f, o);
	e->p_false = field_real(f, o, "p_false");
	if (!(e->p_false >= 0 && e->p_false <= 1))
		field_bad(f, "telltap.transfer.inference.p_false");
	t->inference = e;
}

static void
read_sizes(struct event_fields *f, const struct json_node *o, struct event_transfer *t)
{
	t->payload_out = field_u64(f, o, "payload_out");
	t->payload_in = field_u64(f, o, "payload_in");
	t->understood_out = field_u64(f, o, "understood_out");
	t->undeciphered_out = field_u64(f, o, "undeciphered_out");
	t->encrypted_out = field_u64(f, o, "encrypted_out");
	t->records_out = field_u64(f, o, "records_out");
	t->plain_min_out = field_u64(f, o, "plain_min_out");
	t->plain_max_out = field_u64(f, o, "plain_max_out");
	t->plain_min_in = field_u64(f, o, "plain_min_in");
	t->plain_max_in = field_u64(f, o, "plain_max_in");
}

static void
read_verdict(struct event_fields *f, const struct json_node *o, struct event_transfer *t)
{
	const char *kind = field_word(f, o, "kind");
	const char *id = field_word(f, o, "id"), *dot;

	t->kind = kind ? kind_by_name(kind) : KIND_COUNT;
	if (t->kind == KIND_COUNT) {
		t->kind = KIND_OPAQUE;
		field_bad(f, "telltap.transfer.kind");
	}
	dot = id ? strchr(id, '.') : NULL;
	if (dot && dot[1] >= '0' && dot[1] <= '9')
		t->number = strtoull(dot + 1, NULL, 10);
	else
		field_bad(f, "telltap.transfer.id");
	t->grade = read_grade(f, o);
	t->visibility = read_visibility(f, o);
	t->tied_to = field_text(f, o, "tied_to");
	t->complete = field_bool(f, o, "complete");
	t->reasons = field_texts(f, o, "reasons", &t->reason_count);
	t->limits = field_words(f, o, "limits", &t->limit_count);
}

void
event_read_transfer(struct event_fields *f, struct event *e)
{
	const struct json_node *telltap = field_object(f, f->root, "telltap");
	const struct json_node *event = field_object(f, f->root, "event");
	const struct json_node *o = field_object(f, telltap, "transfer");
	const struct json_node *data = field_object(f, telltap, "data");
	const struct json_node *coverage = field_object(f, telltap, "coverage");
	struct event_transfer *t = field_room(f, 1, sizeof(*t));

	if (!t)
		return;
	t->start_ns = field_time(f, event, "start");
	t->end_ns = field_time(f, event, "end");
	read_verdict(f, o, t);
	read_sizes(f, o, t);
	read_inference(f, o, t);
	read_packets(f, o, &t->packet_first, &t->packet_last);
	t->missing_out = field_u64(f, coverage, "missing_out");
	t->missing_in = field_u64(f, coverage, "missing_in");
	read_categories(f, data, t);
	read_files(f, data, t);
	read_hashes(f, data, t);
	t->urls = field_texts(f, data, "urls", &t->url_count);
	event_read_application(f, t);
	e->transfer = t;
}

void
event_read_file(struct event_fields *f, struct event *e)
{
	const struct json_node *telltap = field_object(f, f->root, "telltap");
	const struct json_node *o = field_object(f, telltap, "file");
	const struct json_node *data = field_object(f, telltap, "data");
	const struct json_node *files = field_array(f, data, "files");
	struct event_file_total *t = field_room(f, 1, sizeof(*t));

	if (!t)
		return;
	if (json_count(files) != 1)
		field_bad(f, "telltap.data.files");
	read_file(f, json_first(files), &t->file);
	t->grade = read_grade(f, o);
	t->transfers = field_texts(f, o, "transfers", &t->transfer_count);
	t->transfers_more = field_u64(f, o, "transfers_more");
	read_packets(f, o, &t->packet_first, &t->packet_last);
	e->file = t;
}
