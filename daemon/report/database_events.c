// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "base/buf.h"
#include "evidence/event/event_totals.h"
#include "flow/address.h"
#include "report/database_row.h"

/* Columns in the order of database_schema.c. */

static const struct event_cloud no_cloud;
static const struct event_process no_process = { .user = UINT64_MAX };
static const struct event_tls no_tls;

static void
put_end(struct database *d, const struct packet_addr *a, uint16_t port,
    uint8_t ip_version)
{
	char text[ADDRESS_TEXT_MAX];

	address_format(a, ip_version, text);
	if (!d->failed && sqlite3_bind_text(d->row, ++d->column, text, -1,
			      SQLITE_TRANSIENT))
		d->failed = -ENOMEM;
	database_u64(d, port);
}

static void
put_no_end(struct database *d)
{
	database_null(d);
	database_null(d);
}

static void
put_process(struct database *d, const struct event *e)
{
	const struct event_process *p = e->process;

	database_u64(d, p ? p->pid : UINT64_MAX);
	database_text(d, p ? p->executable : (struct span){ 0 });
	database_word(d, p ? p->certainty : NULL);
}

static void
put_tls(struct database *d, const struct event_tls *t)
{
	database_word(d, t->version);
	database_word(d, t->cipher);
	database_text(d, t->server_name);
	database_text(d, t->ja3);
	database_text(d, t->ja4);
	database_sha256(d, t->has_cert, t->cert_sha256);
}

void
database_put_flow(struct database *d, const struct event *e)
{
	const struct event_flow *f = e->flow;

	if (!f)
		return;
	database_row(d, DATABASE_FLOW);
	database_u64(d, f->id);
	database_u64(d, e->sequence);
	database_u64(d, f->start_ns);
	database_u64(d, f->end_ns);
	database_word(d, f->end_reason);
	database_u64(d, f->proto);
	put_end(d, &f->local, f->local_port, f->ip_version);
	put_end(d, &f->remote, f->remote_port, f->ip_version);
	database_text(d, f->domain);
	database_word(d, f->domain_source);
	database_word(d, f->protocol);
	database_word(d, f->application);
	database_text(d, f->community_id);
	database_word(d, f->endpoint_by);
	put_tls(d, f->tls ? f->tls : &no_tls);
	database_u64(d, f->packets_out);
	database_u64(d, f->packets_in);
	database_u64(d, f->payload_out);
	database_u64(d, f->payload_in);
	database_u64(d, f->missing_out);
	database_u64(d, f->missing_in);
	database_u64(d, f->gaps_out);
	database_u64(d, f->gaps_in);
	database_u64(d, f->understood_out);
	database_u64(d, f->undeciphered_out);
	database_u64(d, f->encrypted_out);
	put_process(d, e);
	database_put(d);
}

static void
put_file_event(struct database *d, const struct event *e)
{
	const struct event_file_total *t = e->file;
	const struct event_cloud *c = e->cloud ? e->cloud : &no_cloud;

	database_row(d, DATABASE_FILE_EVENT);
	database_u64(d, e->sequence);
	database_word(d, grade_name(t->grade));
	database_text(d, c->vendor);
	database_text(d, c->network);
	database_u64(d, t->packet_first);
	database_u64(d, t->packet_last);
	database_u64(d, t->transfers_more);
	database_put_file(d, &t->file);
	database_put(d);
	for (size_t i = 0; i < t->transfer_count; i++) {
		database_row(d, DATABASE_FILE_EVENT_TRANSFER);
		database_u64(d, e->sequence);
		database_text(d, t->transfers[i]);
		database_put(d);
	}
}

static void
put_process_event(struct database *d, const struct event *e)
{
	const struct event_process *p = e->process ? e->process : &no_process;

	database_row(d, DATABASE_PROCESS);
	database_u64(d, e->sequence);
	database_u64(d, p->pid);
	database_u64(d, p->parent_pid);
	database_u64(d, p->user);
	database_u64(d, p->start_ns ? p->start_ns : UINT64_MAX);
	database_u64(d, p->ended ? p->end_ns : UINT64_MAX);
	database_u64(d, p->ended ? p->exit_code : UINT64_MAX);
	database_text(d, p->executable);
	database_text(d, p->name);
	database_sha256(d, p->has_sha256, p->sha256);
	database_text(d, p->unit);
	database_text(d, p->container);
	database_put(d);
}

static void
put_file_read(struct database *d, const struct event *e)
{
	const struct event_file_read *r = e->read;

	database_row(d, DATABASE_FILE_READ);
	database_u64(d, e->sequence);
	database_u64(d, e->process ? e->process->pid : UINT64_MAX);
	database_text(d, r->path);
	database_u64(d, r->size);
	database_u64(d, r->bytes);
	database_bool(d, r->mapped);
	database_u64(d, r->first_ns);
	database_u64(d, r->last_ns);
	database_put(d);
}

static void
put_socket(struct database *d, const struct event *e)
{
	const struct event_kernel_count *k = e->kernel;
	const struct event_flow *f = e->flow;

	database_row(d, DATABASE_SOCKET);
	database_u64(d, e->sequence);
	if (f) {
		put_end(d, &f->local, f->local_port, f->ip_version);
		put_end(d, &f->remote, f->remote_port, f->ip_version);
	} else {
		put_no_end(d);
		put_no_end(d);
	}
	database_u64(d, e->process ? e->process->pid : UINT64_MAX);
	database_u64(d, k->payload_out);
	database_u64(d, k->pending_out);
	database_u64(d, k->payload_in);
	database_bool(d, k->live);
	database_put(d);
}

static void
put_anomaly(struct database *d, const struct event *e)
{
	const struct event_anomaly *a = e->anomaly;

	database_row(d, DATABASE_ANOMALY);
	database_u64(d, e->sequence);
	database_u64(d, e->flow ? e->flow->id : UINT64_MAX);
	database_word(d, a->what);
	database_text(d, a->detail);
	database_word(d, a->direction);
	database_u64(d, a->packet);
	database_u64(d, a->offset);
	database_u64(d, a->len);
	database_put(d);
}

static void
put_counter(struct database *d, const char *object, const char *name,
    uint64_t value)
{
	database_row(d, DATABASE_COUNTER);
	database_word(d, object);
	database_word(d, name);
	database_u64(d, value);
	database_put(d);
}

static void
put_counters(struct database *d, const char *object,
    const struct event_totals *t, const struct event_total_field *field)
{
	for (; field->name; field++)
		put_counter(d, object, field->name,
		    *(const uint64_t *)((const char *)t + field->offset));
}

static void
put_inputs(struct database *d, const struct event_input_list *in)
{
	database_row(d, DATABASE_META);
	database_word(d, "version");
	database_word(d, in->version);
	database_put(d);
	for (size_t i = 0; i < in->file_count; i++) {
		const struct event_input *f = &in->files[i];

		database_row(d, DATABASE_INPUT);
		database_text(d, f->name);
		database_u64(d, f->size);
		database_sha256(d, f->has_sha256, f->sha256);
		database_put(d);
	}
}

static void
put_said(struct database *d, enum database_table table,
    const struct event_vendor *v, struct span text)
{
	database_row(d, table);
	database_text(d, v->profile);
	database_text(d, v->vendor);
	database_text(d, text);
	database_put(d);
}

static void
put_vendors(struct database *d, const struct event *e)
{
	for (size_t i = 0; i < e->vendor_count; i++) {
		const struct event_vendor *v = &e->vendors[i];

		for (size_t k = 0; k < v->says_count; k++)
			put_said(d, DATABASE_VENDOR_SAYS, v, v->says[k]);
		for (size_t k = 0; k < v->mention_count; k++)
			put_said(d, DATABASE_VENDOR_MENTIONS, v,
			    v->mentions[k]);
	}
}

static void
put_mark(struct database *d, const struct event *e)
{
	database_row(d, DATABASE_MARK);
	database_u64(d, e->sequence);
	database_u64(d, e->ts_ns);
	database_text(d, e->mark->text);
	database_u64(d, e->mark->pid);
	database_u64(d, e->mark->user);
	database_put(d);
}

static void
put_gap(struct database *d, const struct event *e)
{
	database_row(d, DATABASE_GAP);
	database_u64(d, e->sequence);
	database_u64(d, e->gap->start_ns);
	database_u64(d, e->gap->end_ns);
	database_text(d, e->gap->reason);
	database_put(d);
}

/* Files that became known while it was recorded. */
static void
put_joined(struct database *d, const struct event *e)
{
	for (size_t i = 0; i < e->inputs->joined_count; i++) {
		const struct event_input *f = &e->inputs->joined[i];

		database_row(d, DATABASE_KNOWN_FILE);
		database_u64(d, e->sequence);
		database_text(d, f->name);
		database_u64(d, f->size);
		database_sha256(d, f->has_sha256, f->sha256);
		database_put(d);
	}
}

static void
put_unwatched(struct database *d, const struct event *e)
{
	const struct event_unwatched *w = e->unwatched;
	char text[ADDRESS_TEXT_MAX];

	address_format(&w->address, w->ip_version, text);
	database_row(d, DATABASE_UNWATCHED);
	database_u64(d, e->sequence);
	database_text(d, span_str(text));
	database_text(d, w->domain);
	database_u64(d, w->bytes);
	database_u64(d, w->packets);
	database_u64(d, w->connections);
	database_u64(d, w->first_ns);
	database_u64(d, w->last_ns);
	database_u64(d, w->pid ? w->pid : UINT64_MAX);
	database_text(d, w->name);
	database_put(d);
}

/* What the machine says beside its traffic. */
static void
put_logged(struct database *d, const struct event *e)
{
	if (e->action == EVENT_INPUT && e->inputs)
		put_joined(d, e);
	else if (e->action == EVENT_PROCESS)
		put_process_event(d, e);
	else if (e->action == EVENT_FILE_READ && e->read)
		put_file_read(d, e);
	else if (e->action == EVENT_MARK && e->mark)
		put_mark(d, e);
	else if (e->gap)
		put_gap(d, e);
	else if (e->unwatched)
		put_unwatched(d, e);
	else if (e->kernel)
		put_socket(d, e);
}

void
database_put_other(struct database *d, const struct event *e)
{
	if (e->action == EVENT_INPUT && e->inputs && e->sequence == 0)
		put_inputs(d, e->inputs);
	else if (e->action == EVENT_FILE && e->file)
		put_file_event(d, e);
	else if (e->action == EVENT_ANOMALY && e->anomaly)
		put_anomaly(d, e);
	else if (e->action == EVENT_SUMMARY && e->totals) {
		put_counters(d, "coverage", e->totals, event_coverage_fields);
		put_counters(d, "summary", e->totals, event_summary_fields);
		put_vendors(d, e);
	} else
		put_logged(d, e);
}
