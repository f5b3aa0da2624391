// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "base/json.h"
#include "evidence/event/event_totals.h"
#include "report/json.h"
#include "report/render.h"

#define REPORT_FORMAT_VERSION 1

static void
text(struct json *j, const char *key, struct span s)
{
	if (s.len)
		json_text(j, key, s);
}

static void
put_inputs(struct json *j, const struct model *m)
{
	json_array(j, "captures");
	for (size_t i = 0; i < m->input_count; i++) {
		const struct model_input *in = &m->inputs[i];

		json_object(j, NULL);
		json_text(j, "name", in->name);
		json_u64(j, "size", in->size);
		if (in->has_sha256)
			json_hex(j, "sha256",
			    (struct span){ in->sha256, 32 });
		json_close_object(j);
	}
	json_close_array(j);
	json_u64(j, "captures_more", m->inputs_more);
	text(j, "options", m->options);
	json_u64(j, "known_files", m->known_files);
}

static void
put_fields(struct json *j, const struct model *m, const char *key,
    const struct event_total_field *f)
{
	json_object(j, key);
	for (; f->name; f++)
		json_u64(j, f->name,
		    *(const uint64_t *)((const char *)&m->totals + f->offset));
	json_close_object(j);
}

static void
put_kinds(struct json *j, const struct model *m)
{
	json_object(j, "kinds");
	for (unsigned k = 0; k < KIND_COUNT; k++) {
		json_object(j, kind_name(k));
		for (unsigned g = 0; g < GRADE_COUNT; g++)
			json_u64(j, grade_name(g), m->by_kind_grade[k][g]);
		json_close_object(j);
	}
	json_close_object(j);
}

/* How the transfers were seen. */
static void
put_visibility(struct json *j, const struct model *m)
{
	json_object(j, "visibility");
	for (unsigned v = 0; v < VISIBILITY_COUNT; v++) {
		json_object(j, visibility_name(v));
		json_u64(j, "transfers", m->by_visibility[v]);
		json_u64(j, "payload_out", m->visibility_out[v]);
		json_close_object(j);
	}
	json_close_object(j);
}

static void
put_dest(struct json *j, const struct model_dest *d)
{
	json_object(j, NULL);
	json_text(j, "name", d->name);
	text(j, "address", d->address);
	json_bool(j, "several_addresses", d->several_addresses);
	text(j, "vendor", d->vendor);
	text(j, "network", d->network);
	text(j, "purpose", d->purpose);
	if (d->last_ns) {
		json_time(j, "first", d->first_ns);
		json_time(j, "last", d->last_ns);
	}
	json_u64(j, "flows", d->flows);
	json_u64(j, "transfers", d->transfers);
	json_u64(j, "sent", model_dest_sent(d));
	json_u64(j, "received", model_dest_received(d));
	json_u64(j, "understood_out", d->understood_out);
	json_u64(j, "undeciphered_out", d->undeciphered_out);
	json_u64(j, "encrypted_out", d->encrypted_out);
	json_u64(j, "missing_out", d->missing_out);
	json_u64(j, "lookups", model_dest_lookups(d));
	json_u64(j, "files", d->whole_files);
	json_u64(j, "unread", d->by_kind[KIND_OPAQUE]);
	json_object(j, "kinds");
	for (unsigned k = 0; k < KIND_COUNT; k++)
		if (d->by_kind[k])
			json_u64(j, kind_name(k), d->by_kind[k]);
	json_close_object(j);
	json_close_object(j);
}

static void
put_dests(struct json *j, const struct model *m, bool *ret_failed)
{
	const struct model_dest **list = model_sorted_dests(m);

	*ret_failed |= m->dests.count && !list;
	json_array(j, "destinations");
	for (size_t i = 0; list && i < m->dests.count; i++)
		put_dest(j, list[i]);
	if (m->dests.more)
		put_dest(j, &m->other);
	json_close_array(j);
	free(list);
}

static void
put_words(struct json *j, const char *key, const struct buf *b)
{
	if (b->failed)
		j->out->failed = true;
	else
		json_text(j, key, (struct span){ b->data, b->len });
}

/* What else could explain it. */
static void
put_explanations(struct json *j, const struct model_file *f)
{
	static const struct {
		const char *key;
		void (*put)(const struct model_file *f, struct buf *out);
	} list[] = {
		{ "on_behalf_of_another", render_behalf },
		{ "products_own", render_own },
		{ "shared_fragment", render_shared },
		{ "earlier_upload", render_earlier },
	};
	struct buf b;

	buf_init(&b, 0);
	json_object(j, "explanations");
	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++) {
		buf_reset(&b);
		list[i].put(f, &b);
		put_words(j, list[i].key, &b);
	}
	json_close_object(j);
	buf_clear(&b);
}

static void
put_file(struct json *j, const struct model_file *f)
{
	json_object(j, NULL);
	json_bool(j, "counts", model_file_counts(f));
	text(j, "name", f->name);
	json_text(j, "destination", f->dest->name);
	json_bool(j, "whole", f->whole);
	json_str(j, "grade", grade_name(f->grade));
	if (f->has_sha256)
		json_hex(j, "sha256", (struct span){ f->sha256, 32 });
	if (f->size != UINT64_MAX)
		json_u64(j, "size", f->size);
	json_u64(j, "sent_bytes", f->sent_bytes);
	json_real(j, "coverage", f->coverage);
	json_bool(j, "known", f->known);
	json_bool(j, "ambiguous", f->ambiguous);
	json_bool(j, "declared", f->declared);
	if (f->kept)
		json_bool(j, "kept", true);
	text(j, "also", f->also);
	text(j, "origin", f->origin);
	text(j, "mime_type", f->mime_type);
	text(j, "encodings", f->encodings);
	text(j, "reasons", f->reasons);
	json_time(j, "first", f->first_ns);
	text(j, "first_transfer", f->first_transfer);
	json_u64(j, "transfers", f->transfers);
	json_u64(j, "packet_first", f->packet_first);
	json_u64(j, "packet_last", f->packet_last);
	text(j, "community_id", f->community_id);
	if (f->process)
		json_u64(j, "pid", f->process->pid);
	put_explanations(j, f);
	json_close_object(j);
}

static void
put_files(struct json *j, const struct model *m, bool *ret_failed)
{
	const struct model_file **list = model_sorted_files(m);

	*ret_failed |= m->files.count && !list;
	json_array(j, "files");
	for (size_t i = 0; list && i < m->files.count; i++)
		put_file(j, list[i]);
	json_close_array(j);
	json_u64(j, "files_more", m->files.more);
	free(list);
}

static void
put_hashes(struct json *j, const struct model *m)
{
	json_array(j, "hashes");
	for (size_t i = 0; i < m->hashes.count; i++) {
		const struct model_hash *h =
		    (const struct model_hash *)m->hashes.rows[i];

		json_object(j, NULL);
		text(j, "algorithm", h->algorithm);
		json_text(j, "value", h->value);
		text(j, "encoding", h->encoding);
		text(j, "path", h->path);
		json_bool(j, "known", h->known);
		text(j, "file_name", h->file_name);
		json_text(j, "destination", h->dest->name);
		json_u64(j, "count", h->count);
		json_time(j, "first", h->first_ns);
		text(j, "first_transfer", h->first_transfer);
		json_close_object(j);
	}
	json_close_array(j);
	json_u64(j, "hashes_more", m->hashes.more);
}

static void
put_urls(struct json *j, const struct model *m)
{
	json_array(j, "urls");
	for (size_t i = 0; i < m->urls.count; i++) {
		const struct model_url *u =
		    (const struct model_url *)m->urls.rows[i];

		json_object(j, NULL);
		json_text(j, "url", u->url);
		json_text(j, "destination", u->dest->name);
		json_u64(j, "count", u->count);
		json_time(j, "first", u->first_ns);
		text(j, "first_transfer", u->first_transfer);
		json_close_object(j);
	}
	json_close_array(j);
	json_u64(j, "urls_more", m->urls.more);
}

static void
put_anomalies(struct json *j, const struct model *m)
{
	json_array(j, "anomalies");
	for (size_t i = 0; i < m->anomalies.count; i++) {
		const struct model_anomaly *a =
		    (const struct model_anomaly *)m->anomalies.rows[i];

		json_object(j, NULL);
		text(j, "what", a->what);
		text(j, "detail", a->detail);
		text(j, "destination", a->dest);
		json_u64(j, "flow", a->flow);
		json_u64(j, "packet", a->packet);
		json_u64(j, "count", a->count);
		json_time(j, "first", a->first_ns);
		json_close_object(j);
	}
	json_close_array(j);
	json_u64(j, "anomalies_more", m->anomalies.more);
}

static void
put_sentence(struct json *j, const char *key, const struct model *m,
    void (*words)(const struct model *m, struct buf *out))
{
	struct buf b;

	buf_init(&b, 0);
	words(m, &b);
	put_words(j, key, &b);
	buf_clear(&b);
}

void
render_json(const struct model *m, struct buf *out)
{
	bool failed = false;
	struct json j;

	json_init(&j, out);
	json_object(&j, NULL);
	json_u64(&j, "format", REPORT_FORMAT_VERSION);
	text(&j, "telltap_version", m->version);
	put_sentence(&j, "verdict", m, render_verdict);
	put_sentence(&j, "missing", m, render_missing);
	put_inputs(&j, m);
	if (m->last_ns) {
		json_time(&j, "first", m->first_ns);
		json_time(&j, "last", m->last_ns);
	}
	if (m->has_log) {
		json_object(&j, "log");
		json_u64(&j, "lines", m->log_lines);
		json_hex(&j, "root", (struct span){ m->log_root, 32 });
		json_close_object(&j);
	}
	json_u64(&j, "events", m->events);
	json_u64(&j, "events_missing", m->sequence_holes);
	json_u64(&j, "events_not_understood", m->unknown_events);
	json_bool(&j, "has_summary", m->has_totals);
	put_fields(&j, m, "coverage", event_coverage_fields);
	put_fields(&j, m, "summary", event_summary_fields);
	put_kinds(&j, m);
	put_visibility(&j, m);
	put_dests(&j, m, &failed);
	put_files(&j, m, &failed);
	put_hashes(&j, m);
	put_urls(&j, m);
	put_anomalies(&j, m);
	json_put_tables(&j, m);
	json_close_object(&j);
	buf_u8(out, '\n');
	out->failed |= failed;
}
