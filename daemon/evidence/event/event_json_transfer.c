// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "evidence/event/event_writer.h"

static char *
put_number(char *end, uint64_t v)
{
	do {
		*--end = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	return end;
}

/* "17.2": the flow's id and the transfer's number in it. */
static void
write_ids(struct json *j, uint64_t flow, uint64_t number)
{
	char s[41], *end = s + sizeof(s), *p, *id_end;

	p = put_number(end, number);
	*--p = '.';
	id_end = p;
	p = put_number(p, flow);
	json_text(j, "id", (struct span){ (uint8_t *)p, (size_t)(end - p) });
	json_text(j, "flow",
	    (struct span){ (uint8_t *)p, (size_t)(id_end - p) });
}

static void
write_packets(struct json *j, uint64_t first, uint64_t last)
{
	json_object(j, "packets");
	json_u64(j, "first", first);
	json_u64(j, "last", last);
	json_close_object(j);
}

static void
write_sizes(struct json *j, const struct event_transfer *t)
{
	json_u64(j, "payload_out", t->payload_out);
	json_u64(j, "payload_in", t->payload_in);
	json_u64(j, "understood_out", t->understood_out);
	json_u64(j, "undeciphered_out", t->undeciphered_out);
	json_u64(j, "encrypted_out", t->encrypted_out);
	if (t->visibility == VISIBLE_ENCRYPTED) {
		json_u64(j, "records_out", t->records_out);
		json_u64(j, "plain_min_out", t->plain_min_out);
		if (t->plain_max_out != UINT64_MAX)
			json_u64(j, "plain_max_out", t->plain_max_out);
		json_u64(j, "plain_min_in", t->plain_min_in);
		if (t->plain_max_in != UINT64_MAX)
			json_u64(j, "plain_max_in", t->plain_max_in);
	}
}

static void
write_inference(struct event_writer *w, const struct event_inference *e)
{
	size_t n = event_list(w, LEFT_CANDIDATES, e->candidate_count);
	struct json *j = &w->j;

	json_object(j, "inference");
	json_real(j, "p_false", e->p_false);
	json_array(j, "candidates");
	for (size_t i = 0; i < n && !event_writer_full(w); i++) {
		const struct event_candidate *c = &e->candidates[i];

		json_object(j, NULL);
		event_text(w, "name", c->name);
		if (c->has_sha256)
			event_digest(w, "sha256", c->sha256);
		json_u64(j, "size", c->size);
		event_word(w, "encoding", c->encoding);
		json_real(j, "score", c->score);
		json_close_object(j);
	}
	json_close_array(j);
	if (e->read) {
		json_object(j, "read");
		event_text(w, "name", e->read->name);
		json_u64(j, "pid", e->read->pid);
		json_u64(j, "before_ms", e->read->before_ns / 1000000);
		json_bool(j, "same_process", e->read->same_process);
		json_close_object(j);
	}
	json_close_object(j);
}

/* A file event has no transfer of its own: its totals stand here. */
static void
write_file_total(struct event_writer *w, const struct event_file_total *f)
{
	struct json *j = &w->j;

	json_object(j, "file");
	json_str(j, "grade", grade_name(f->grade));
	event_texts(w, "transfers", LEFT_TRANSFERS, f->transfers,
	    f->transfer_count);
	json_u64(j, "transfers_more", f->transfers_more);
	write_packets(j, f->packet_first, f->packet_last);
	json_close_object(j);
}

void
event_write_transfer(struct event_writer *w, const struct event *e)
{
	const struct event_transfer *t = e->transfer;
	struct json *j = &w->j;

	if (e->file)
		write_file_total(w, e->file);
	if (!t)
		return;
	json_object(j, "transfer");
	write_ids(j, e->flow ? e->flow->id : 0, t->number);
	json_str(j, "kind", kind_name(t->kind));
	json_str(j, "grade", grade_name(t->grade));
	json_str(j, "visibility", visibility_name(t->visibility));
	write_sizes(j, t);
	event_text(w, "tied_to", t->tied_to);
	if (t->inference)
		write_inference(w, t->inference);
	json_bool(j, "complete", t->complete);
	write_packets(j, t->packet_first, t->packet_last);
	event_texts(w, "reasons", LEFT_REASONS, t->reasons, t->reason_count);
	event_words(w, "limits", LEFT_LIMITS, t->limits, t->limit_count);
	json_close_object(j);
	json_object(j, "coverage");
	json_u64(j, "missing_out", t->missing_out);
	json_u64(j, "missing_in", t->missing_in);
	json_close_object(j);
}

static void
write_ranges(struct event_writer *w, const struct event_file *f)
{
	size_t n = event_list(w, LEFT_RANGES, f->range_count);
	struct json *j = &w->j;

	json_array(j, "ranges");
	for (size_t i = 0; i < n && !event_writer_full(w); i++) {
		json_object(j, NULL);
		json_u64(j, "start", f->ranges[i].start);
		json_u64(j, "end", f->ranges[i].end);
		json_close_object(j);
	}
	json_close_array(j);
}

/* Like ranges, a list that is there also where it is empty. */
static void
write_encodings(struct event_writer *w, const struct event_file *f)
{
	if (f->encoding_count) {
		event_words(w, "encodings", LEFT_ENCODINGS, f->encodings,
		    f->encoding_count);
		return;
	}
	json_array(&w->j, "encodings");
	json_close_array(&w->j);
}

static void
write_file(struct event_writer *w, const struct event_file *f)
{
	struct json *j = &w->j;

	json_object(j, NULL);
	event_text(w, "name", f->name);
	if (f->has_sha256)
		event_digest(w, "sha256", f->sha256);
	if (f->size != UINT64_MAX)
		json_u64(j, "size", f->size);
	json_u64(j, "sent_bytes", f->sent_bytes);
	json_real(j, "coverage", f->coverage);
	write_ranges(w, f);
	write_encodings(w, f);
	event_text(w, "mime_type", f->mime_type);
	json_bool(j, "known", f->known);
	json_bool(j, "ambiguous", f->ambiguous);
	json_bool(j, "declared", f->declared);
	event_word(w, "origin", f->origin);
	event_texts(w, "also", LEFT_ALSO, f->also, f->also_count);
	if (f->kept != EVENT_NOT_ASKED)
		json_bool(j, "kept", f->kept == EVENT_KEPT);
	json_close_object(j);
}

static void
write_hash(struct event_writer *w, const struct event_hash *h)
{
	struct json *j = &w->j;

	json_object(j, NULL);
	event_word(w, "algorithm", h->algorithm);
	event_text(w, "value", h->value);
	event_word(w, "encoding", h->encoding);
	json_bool(j, "known", h->known);
	if (h->has_file_sha256)
		event_digest(w, "file", h->file_sha256);
	event_text(w, "file_name", h->file_name);
	if (h->near)
		json_u64(j, "distance", h->distance);
	event_text(w, "path", h->path);
	json_close_object(j);
}

static void
write_identifier(struct event_writer *w, const struct event_category *c)
{
	json_object(&w->j, c->form ? "identifier" : "pattern");
	json_str(&w->j, "kind", c->kind);
	if (c->form)
		event_word(w, "form", c->form);
	event_word(w, "encoding", c->encoding);
	event_text(w, "value", c->value);
	json_close_object(&w->j);
}

/* The categories by name, each once, and where each was found. */
static void
write_categories(struct event_writer *w, const struct event_transfer *t)
{
	size_t n = event_list(w, LEFT_CATEGORIES, t->category_count);
	struct json *j = &w->j;

	if (!t->category_count)
		return;
	json_array(j, "categories");
	for (size_t i = 0; i < n && !event_writer_full(w); i++) {
		size_t k = 0;

		while (k < i && strcmp(t->categories[k].category,
				    t->categories[i].category))
			k++;
		if (k == i)
			json_str(j, NULL, t->categories[i].category);
	}
	json_close_array(j);
	json_array(j, "findings");
	for (size_t i = 0; i < n && !event_writer_full(w); i++) {
		json_object(j, NULL);
		json_str(j, "category", t->categories[i].category);
		event_text(w, "path", t->categories[i].path);
		if (t->categories[i].offset != UINT64_MAX)
			json_u64(j, "offset", t->categories[i].offset);
		event_word(w, "why", t->categories[i].why);
		if (t->categories[i].kind)
			write_identifier(w, &t->categories[i]);
		json_close_object(j);
	}
	json_close_array(j);
}

static void
write_files(struct event_writer *w, const struct event_file *files,
    size_t count)
{
	size_t n = event_list(w, LEFT_FILES, count);

	if (!count)
		return;
	json_array(&w->j, "files");
	for (size_t i = 0; i < n && !event_writer_full(w); i++)
		write_file(w, &files[i]);
	json_close_array(&w->j);
}

static void
write_hashes(struct event_writer *w, const struct event_transfer *t)
{
	size_t n = event_list(w, LEFT_HASHES, t->hash_count);

	if (!t->hash_count)
		return;
	json_array(&w->j, "hashes");
	for (size_t i = 0; i < n && !event_writer_full(w); i++)
		write_hash(w, &t->hashes[i]);
	json_close_array(&w->j);
}

void
event_write_data(struct event_writer *w, const struct event *e)
{
	const struct event_transfer *t = e->transfer;

	if (t && !t->category_count && !t->file_count && !t->hash_count &&
	    !t->url_count)
		return;
	json_object(&w->j, "data");
	if (t) {
		write_categories(w, t);
		write_files(w, t->files, t->file_count);
		write_hashes(w, t);
		event_texts(w, "urls", LEFT_URLS, t->urls, t->url_count);
	} else {
		write_files(w, &e->file->file, 1);
	}
	json_close_object(&w->j);
}
