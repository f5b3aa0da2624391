// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/json.h"
#include "flow/address.h"
#include "report/database_row.h"

/* Columns in the order of database_schema.c. */

static const struct event_cloud no_cloud;
static const struct event_http no_http;

/* A JSON array, outermost first; NULL if there are none. */
static void
put_encodings(struct database *d, const struct event_file *f)
{
	struct buf b;
	struct json j;

	if (!f->encoding_count) {
		database_null(d);
		return;
	}
	buf_init(&b, 0);
	json_init(&j, &b);
	json_array(&j, NULL);
	for (size_t i = 0; i < f->encoding_count; i++)
		json_str(&j, NULL, f->encodings[i]);
	json_close_array(&j);
	if (!d->failed && (b.failed ||
			      sqlite3_bind_text64(d->row, ++d->column,
				  (char *)b.data, b.len, SQLITE_TRANSIENT,
				  SQLITE_UTF8)))
		d->failed = -ENOMEM;
	buf_clear(&b);
}

void
database_put_file(struct database *d, const struct event_file *f)
{
	database_text(d, f->name);
	database_sha256(d, f->has_sha256, f->sha256);
	database_u64(d, f->size);
	database_u64(d, f->sent_bytes);
	database_real(d, f->coverage);
	database_bool(d, f->known);
	database_bool(d, f->ambiguous);
	database_bool(d, f->declared);
	database_word(d, f->origin);
	database_text(d, f->mime_type);
	put_encodings(d, f);
}

static void
put_files(struct database *d, struct span id, const struct event_transfer *t)
{
	for (size_t i = 0; i < t->file_count; i++) {
		const struct event_file *f = &t->files[i];

		database_row(d, DATABASE_TRANSFER_FILE);
		database_text(d, id);
		database_u64(d, i);
		database_put_file(d, f);
		database_put(d);
		for (size_t r = 0; r < f->range_count; r++) {
			database_row(d, DATABASE_TRANSFER_RANGE);
			database_text(d, id);
			database_u64(d, i);
			database_u64(d, f->ranges[r].start);
			database_u64(d, f->ranges[r].end);
			database_put(d);
		}
	}
}

static void
put_hashes(struct database *d, struct span id, const struct event_transfer *t)
{
	for (size_t i = 0; i < t->hash_count; i++) {
		const struct event_hash *h = &t->hashes[i];

		database_row(d, DATABASE_HASH);
		database_text(d, id);
		database_word(d, h->algorithm);
		database_text(d, h->value);
		database_word(d, h->encoding);
		database_bool(d, h->known);
		database_sha256(d, h->has_file_sha256, h->file_sha256);
		database_text(d, h->file_name);
		database_text(d, h->path);
		database_put(d);
	}
}

static void
put_lists(struct database *d, struct span id, const struct event_transfer *t)
{
	for (size_t i = 0; i < t->reason_count; i++) {
		database_row(d, DATABASE_REASON);
		database_text(d, id);
		database_u64(d, i);
		database_text(d, t->reasons[i]);
		database_put(d);
	}
	for (size_t i = 0; i < t->category_count; i++) {
		database_row(d, DATABASE_CATEGORY);
		database_text(d, id);
		database_word(d, t->categories[i].category);
		database_text(d, t->categories[i].path);
		database_word(d, t->categories[i].why);
		database_put(d);
	}
	for (size_t i = 0; i < t->url_count; i++) {
		database_row(d, DATABASE_URL);
		database_text(d, id);
		database_text(d, t->urls[i]);
		database_put(d);
	}
}

static void
put_verdict(struct database *d, const struct event_transfer *t)
{
	database_u64(d, t->start_ns);
	database_u64(d, t->end_ns);
	database_word(d, kind_name(t->kind));
	database_word(d, grade_name(t->grade));
	database_word(d, visibility_name(t->visibility));
	database_bool(d, t->complete);
	database_u64(d, t->payload_out);
	database_u64(d, t->payload_in);
	database_u64(d, t->missing_out);
	database_u64(d, t->missing_in);
	database_u64(d, t->understood_out);
	database_u64(d, t->undeciphered_out);
	database_u64(d, t->encrypted_out);
	database_u64(d, t->records_out ? t->plain_min_out : UINT64_MAX);
	database_u64(d, t->records_out ? t->plain_max_out : UINT64_MAX);
	database_u64(d, t->packet_first);
	database_u64(d, t->packet_last);
}

static void
put_peer(struct database *d, const struct event *e, const char *address)
{
	const struct event_cloud *c = e->cloud ? e->cloud : &no_cloud;

	database_word(d, address);
	database_u64(d, e->flow->remote_port);
	database_text(d, e->flow->domain);
	database_text(d, c->vendor);
	database_text(d, c->network);
	database_text(d, c->purpose);
}

static void
put_application(struct database *d, const struct event_transfer *t)
{
	const struct event_http *h = t->http ? t->http : &no_http;

	database_text(d, h->method);
	database_text(d, h->host);
	database_text(d, h->target);
	database_u64(d, h->status ? h->status : UINT64_MAX);
	database_text(d, h->user_agent);
	database_text(d, t->dns ? t->dns->question : (struct span){ 0 });
}

static void
put_owner(struct database *d, const struct event *e)
{
	const struct event_process *p = e->process, *b = e->on_behalf_of;

	database_u64(d, p ? p->pid : UINT64_MAX);
	database_text(d, p ? p->executable : (struct span){ 0 });
	database_word(d, p ? p->certainty : NULL);
	database_text(d, b ? b->executable : (struct span){ 0 });
}

void
database_put_transfer(struct database *d, const struct event *e)
{
	const struct event_transfer *t = e->transfer;
	char address[ADDRESS_TEXT_MAX], id[48];
	struct span id_text;

	if (!t || !e->flow)
		return;
	address_format(&e->flow->remote, e->flow->ip_version, address);
	snprintf(id, sizeof(id), "%" PRIu64 ".%" PRIu64, e->flow->id,
	    t->number);
	id_text = span_str(id);
	database_row(d, DATABASE_TRANSFER);
	database_text(d, id_text);
	database_u64(d, e->flow->id);
	database_u64(d, e->sequence);
	put_verdict(d, t);
	put_peer(d, e, address);
	put_application(d, t);
	put_owner(d, e);
	database_put(d);
	put_lists(d, id_text, t);
	put_files(d, id_text, t);
	put_hashes(d, id_text, t);
}
