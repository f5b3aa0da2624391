// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "evidence/event_fields.h"

static enum grade
read_grade(struct event_fields *f, json_t *o)
{
	const char *name = field_word(f, o, "grade");

	for (unsigned g = 0; name && g < GRADE_COUNT; g++)
		if (!strcmp(name, grade_name(g)))
			return (enum grade)g;
	field_bad(f, "grade");
	return GRADE_OPAQUE;
}

static enum visibility
read_visibility(struct event_fields *f, json_t *o)
{
	const char *name = field_word(f, o, "visibility");

	for (unsigned v = 0; name && v < VISIBILITY_COUNT; v++)
		if (!strcmp(name, visibility_name(v)))
			return (enum visibility)v;
	field_bad(f, "visibility");
	return VISIBLE_ENCRYPTED;
}

static void
read_packets(struct event_fields *f, json_t *o, uint64_t *ret_first,
    uint64_t *ret_last)
{
	json_t *packets = field_object(f, o, "packets");

	*ret_first = field_u64(f, packets, "first");
	*ret_last = field_u64(f, packets, "last");
}

static void
read_ranges(struct event_fields *f, json_t *o, struct event_file *file)
{
	json_t *a = field_array(f, o, "ranges");
	size_t n = json_array_size(a);
	struct event_range *ranges = field_room(f, n, sizeof(*ranges));

	for (size_t i = 0; ranges && i < n; i++) {
		ranges[i].start = field_u64(f, json_array_get(a, i), "start");
		ranges[i].end = field_u64(f, json_array_get(a, i), "end");
	}
	file->ranges = ranges;
	file->range_count = ranges ? n : 0;
}

static void
read_file(struct event_fields *f, json_t *o, struct event_file *file)
{
	file->name = field_text(f, o, "name");
	file->has_sha256 = field_sha256(f, o, "sha256", file->sha256);
	file->size = UINT64_MAX;
	if (json_object_get(o, "size"))
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
}

static void
read_files(struct event_fields *f, json_t *data, struct event_transfer *t)
{
	json_t *a = field_array(f, data, "files");
	size_t n = json_array_size(a);
	struct event_file *files = field_room(f, n, sizeof(*files));

	for (size_t i = 0; files && i < n; i++)
		read_file(f, json_array_get(a, i), &files[i]);
	t->files = files;
	t->file_count = files ? n : 0;
}

static void
read_hashes(struct event_fields *f, json_t *data, struct event_transfer *t)
{
	json_t *a = field_array(f, data, "hashes");
	size_t n = json_array_size(a);
	struct event_hash *h = field_room(f, n, sizeof(*h));

	for (size_t i = 0; h && i < n; i++) {
		json_t *o = json_array_get(a, i);

		h[i].algorithm = field_word(f, o, "algorithm");
		h[i].value = field_text(f, o, "value");
		h[i].encoding = field_word(f, o, "encoding");
		h[i].known = field_bool(f, o, "known");
		h[i].has_file_sha256 = field_sha256(f, o, "file",
		    h[i].file_sha256);
		h[i].file_name = field_text(f, o, "file_name");
		h[i].path = field_text(f, o, "path");
	}
	t->hashes = h;
	t->hash_count = h ? n : 0;
}

static void
read_categories(struct event_fields *f, json_t *data,
    struct event_transfer *t)
{
	json_t *a = field_array(f, data, "findings");
	size_t n = json_array_size(a);
	struct event_category *c = field_room(f, n, sizeof(*c));

	for (size_t i = 0; c && i < n; i++) {
		json_t *o = json_array_get(a, i);

		c[i].category = field_word(f, o, "category");
		c[i].path = field_text(f, o, "path");
		c[i].why = field_word(f, o, "why");
		if (!c[i].category) {
			c[i].category = "undetermined";
			field_bad(f, "category");
		}
	}
	t->categories = c;
	t->category_count = c ? n : 0;
}

static void
read_sizes(struct event_fields *f, json_t *o, struct event_transfer *t)
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
read_verdict(struct event_fields *f, json_t *o, struct event_transfer *t)
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
	t->complete = field_bool(f, o, "complete");
	t->reasons = field_texts(f, o, "reasons", &t->reason_count);
	t->limits = field_words(f, o, "limits", &t->limit_count);
}

void
event_read_transfer(struct event_fields *f, struct event *e)
{
	json_t *telltap = field_object(f, f->root, "telltap");
	json_t *event = field_object(f, f->root, "event");
	json_t *o = field_object(f, telltap, "transfer");
	json_t *data = field_object(f, telltap, "data");
	json_t *coverage = field_object(f, telltap, "coverage");
	struct event_transfer *t = field_room(f, 1, sizeof(*t));

	if (!t)
		return;
	t->start_ns = field_time(f, event, "start");
	t->end_ns = field_time(f, event, "end");
	read_verdict(f, o, t);
	read_sizes(f, o, t);
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
	json_t *telltap = field_object(f, f->root, "telltap");
	json_t *o = field_object(f, telltap, "file");
	json_t *data = field_object(f, telltap, "data");
	json_t *files = field_array(f, data, "files");
	struct event_file_total *t = field_room(f, 1, sizeof(*t));

	if (!t)
		return;
	if (json_array_size(files) != 1)
		field_bad(f, "telltap.data.files");
	read_file(f, json_array_get(files, 0), &t->file);
	t->grade = read_grade(f, o);
	t->transfers = field_texts(f, o, "transfers", &t->transfer_count);
	t->transfers_more = field_u64(f, o, "transfers_more");
	read_packets(f, o, &t->packet_first, &t->packet_last);
	e->file = t;
}
