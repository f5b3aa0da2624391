// SPDX-License-Identifier: Apache-2.0
#include "evidence/event/event_totals.h"

#include "evidence/event/event_writer.h"

#define FIELD(name, member) \
	{ name, offsetof(struct event_totals, member), false, false }
/* Only where a kernel counted: in a replay a zero would claim that one did. */
#define LIVE(name, member) \
	{ name, offsetof(struct event_totals, member), true, false }
/* Only where it occurred. */
#define RARE(name, member) \
	{ name, offsetof(struct event_totals, member), false, true }

const struct event_total_field event_coverage_fields[] = {
	FIELD("packets", packets),
	FIELD("bytes", bytes),
	FIELD("packets_dropped_kernel", dropped_kernel),
	FIELD("packets_dropped_ring", dropped_ring),
	FIELD("events_lost", events_lost),
	FIELD("missing_out", missing_out),
	FIELD("missing_in", missing_in),
	FIELD("gaps_out", gaps_out),
	FIELD("gaps_in", gaps_in),
	FIELD("conflicts", conflicts),
	FIELD("not_ip", not_ip),
	FIELD("unsupported", unsupported),
	FIELD("malformed", malformed),
	FIELD("truncated", truncated),
	FIELD("cut_by_snaplen", cut_by_snaplen),
	FIELD("fragments", fragments),
	FIELD("fragments_expired", fragments_expired),
	FIELD("fragments_overlapping", fragments_overlapping),
	FIELD("flows_evicted", flows_evicted),
	FIELD("streams_limited", streams_limited),
	FIELD("clock_backwards", clock_backwards),
	FIELD("file_errors", file_errors),
	LIVE("kernel_sockets", kernel_sockets),
	LIVE("kernel_out", kernel_out),
	LIVE("kernel_in", kernel_in),
	LIVE("kernel_unseen_out", kernel_unseen_out),
	LIVE("kernel_unseen_in", kernel_unseen_in),
	LIVE("packets_unattributed", unattributed),
	RARE("unwatched_out", unwatched_out),
	RARE("unwatched_packets", unwatched_packets),
	RARE("processes_unread", processes_unread),
	RARE("files_unanswered", files_unanswered),
	RARE("files_gone", files_gone),
	RARE("readers_lost", readers_lost),
	RARE("restarts", restarts),
	RARE("sizes_unjudged", sizes_unjudged),
	RARE("keys_not_awaited", keys_not_awaited),
	RARE("moves_not_awaited", moves_not_awaited),
	{ NULL, 0, false, false },
};

const struct event_total_field event_summary_fields[] = {
	FIELD("flows", flows),
	FIELD("transfers", transfers),
	FIELD("payload_out", payload_out),
	FIELD("payload_in", payload_in),
	FIELD("understood_out", understood_out),
	FIELD("undeciphered_out", undeciphered_out),
	FIELD("encrypted_out", encrypted_out),
	FIELD("missing_out", missing_out),
	{ NULL, 0, false, false },
};

static void
write_input_files(struct event_writer *w, const char *name,
    const struct event_input *files, size_t count)
{
	struct json *j = &w->j;

	json_array(j, name);
	for (size_t i = 0; i < count && !event_writer_full(w); i++) {
		json_object(j, NULL);
		event_text(w, "name", files[i].name);
		json_u64(j, "size", files[i].size);
		if (files[i].has_sha256)
			event_digest(w, "sha256", files[i].sha256);
		json_close_object(j);
	}
	json_close_array(j);
}

void
event_write_inputs(struct event_writer *w, const struct event_input_list *list)
{
	size_t n = event_list(w, LEFT_INPUTS, list->file_count);
	struct json *j = &w->j;

	json_object(j, "input");
	event_word(w, "version", list->version);
	write_input_files(w, "files", list->files, n);
	if (list->joined_count)
		write_input_files(w, "joined", list->joined,
		    list->joined_count);
	event_texts(w, "options", LEFT_OPTIONS, list->options,
	    list->option_count);
	json_u64(j, "known_files", list->known_files);
	if (list->known_files)
		event_digest(w, "known_sha256", list->known_sha256);
	json_close_object(j);
}

static void
write_fields(struct json *j, const struct event_totals *t,
    const struct event_total_field *f)
{
	for (; f->name; f++) {
		uint64_t n = *(const uint64_t *)((const char *)t + f->offset);

		if ((!f->live || t->kernel_sockets) && (!f->rare || n))
			json_u64(j, f->name, n);
	}
}

/* Only what occurred; every kind and grade not listed is none. */
static void
write_kinds(struct json *j, const struct event_totals *t)
{
	json_object(j, "kinds");
	for (unsigned k = 0; k < KIND_COUNT; k++) {
		bool any = false;

		for (unsigned g = 0; g < GRADE_COUNT; g++) {
			if (!t->by_kind_grade[k][g])
				continue;
			if (!any)
				json_object(j, kind_name(k));
			any = true;
			json_u64(j, grade_name(g), t->by_kind_grade[k][g]);
		}
		if (any)
			json_close_object(j);
	}
	json_close_object(j);
}

/* Whose clouds these are, and what is said of them elsewhere. */
static void
write_vendors(struct event_writer *w, const struct event *e)
{
	size_t n = event_list(w, LEFT_VENDORS, e->vendor_count);
	struct json *j = &w->j;

	if (!n)
		return;
	json_array(j, "vendors");
	for (size_t i = 0; i < n && !event_writer_full(w); i++) {
		const struct event_vendor *v = &e->vendors[i];

		json_object(j, NULL);
		event_text(w, "vendor", v->vendor);
		event_text(w, "profile", v->profile);
		event_texts(w, "says", LEFT_SAYS, v->says, v->says_count);
		event_texts(w, "mentions", LEFT_SAYS, v->mentions,
		    v->mention_count);
		json_close_object(j);
	}
	json_close_array(j);
}

void
event_write_totals(struct event_writer *w, const struct event *e)
{
	const struct event_totals *t = e->totals;
	struct json *j = &w->j;

	if (!t)
		return;
	json_object(j, "coverage");
	write_fields(j, t, event_coverage_fields);
	json_close_object(j);
	if (e->action != EVENT_SUMMARY)
		return;
	json_object(j, "summary");
	write_fields(j, t, event_summary_fields);
	write_kinds(j, t);
	write_vendors(w, e);
	json_close_object(j);
}
