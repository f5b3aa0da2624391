// SPDX-License-Identifier: Apache-2.0
#include "report/format.h"
#include "report/render.h"

void
render_inputs(const struct model *m, struct buf *out)
{
	if (m->input_count == 1 && !m->inputs_more) {
		buf_append(out, m->inputs[0].name.p, m->inputs[0].name.len);
		return;
	}
	if (!m->input_count)
		buf_str(out, m->version.len ? "live" : "no capture named");
	else
		format_number_of(out, m->input_count + m->inputs_more,
		    "capture");
}

/* Names that people are told before they are told to look further down. */
#define NAMES_MAX 3

static void
put_programs(const struct model *m, struct buf *out)
{
	size_t named = 0, senders = 0;

	for (size_t i = 0; i < m->processes.count; i++) {
		const struct model_process *p =
		    (const struct model_process *)m->processes.rows[i];

		if (!p->transfers || senders++ >= NAMES_MAX)
			continue;
		buf_str(out, named++ ? ", " : "Sent by ");
		render_process(p, out);
	}
	if (!senders) {
		buf_str(out, "Which program sent it is not known.");
		return;
	}
	if (senders > named) {
		buf_str(out, " and ");
		format_number_of(out, senders - named, "other process");
	}
	buf_str(out, m->unattributed ? "; not all of it has a known sender." :
				       ".");
}

static bool
said_before(const struct model *m, size_t i, struct span vendor)
{
	for (size_t k = 0; k < i; k++)
		if (span_eq(((const struct model_dest *)m->dests.rows[k])
				->vendor, vendor))
			return true;
	return false;
}

void
render_who(const struct model *m, struct buf *out)
{
	size_t vendors = 0;

	put_programs(m, out);
	for (size_t i = 0; i < m->dests.count; i++) {
		const struct model_dest *d =
		    (const struct model_dest *)m->dests.rows[i];

		if (!d->vendor.len || said_before(m, i, d->vendor))
			continue;
		if (vendors < NAMES_MAX) {
			buf_str(out, vendors ? ", " : " Clouds recognised: ");
			buf_append(out, d->vendor.p, d->vendor.len);
		}
		vendors++;
	}
	if (vendors > NAMES_MAX) {
		buf_str(out, " and ");
		format_count(out, vendors - NAMES_MAX);
		buf_str(out, " more");
	}
	if (vendors)
		buf_u8(out, '.');
}

void
render_seen(const struct model *m, struct buf *out)
{
	static const char *const ways[VISIBILITY_COUNT] = {
		[VISIBLE_CLEAR] = "in clear text",
		[VISIBLE_DECRYPTED] = "opened with keys",
		[VISIBLE_HOOKED] = "taken at a TLS library of the machine",
		[VISIBLE_ENCRYPTED] = ("encrypted, of which sizes and times "
			"alone were seen"),
	};
	bool any = false;

	for (unsigned v = 0; v < VISIBILITY_COUNT; v++) {
		if (!m->by_visibility[v])
			continue;
		if (any)
			buf_str(out, ", ");
		else
			format_number_of(out, m->by_visibility[v], "transfer");
		if (any)
			format_count(out, m->by_visibility[v]);
		any = true;
		buf_u8(out, ' ');
		buf_str(out, ways[v]);
	}
}

static uint64_t
sent_of(const struct event_totals *t)
{
	return t->understood_out + t->undeciphered_out + t->encrypted_out +
	       t->missing_out;
}

bool
render_is_blind(const struct model *m)
{
	const struct event_totals *t = &m->totals;

	return m->has_totals && t->understood_out <
		   (sent_of(t) + t->kernel_unseen_out) / 10 &&
	       !model_whole_files(m) && !m->files.more &&
	       !model_files_apart(m);
}

/* What was captured, or looked at, may not be all that there was. */
static void
put_unseen(const struct model *m, struct buf *out)
{
	const struct event_totals *t = &m->totals;

	if (m->filter.len) {
		buf_str(out, " Only packets that fit the filter \"");
		format_safe(out, m->filter);
		buf_str(out, "\" were looked at.");
	}
	if (t->kernel_unseen_out) {
		buf_str(out, " Another ");
		format_number_of(out, t->kernel_unseen_out, "byte");
		buf_str(out, " went out that no capture saw.");
	} else if (t->dropped_kernel || t->dropped_ring || t->events_lost ||
		   t->restarts || t->unattributed || t->file_errors ||
		   m->interrupted) {
		buf_str(out, " Not all of the traffic was captured.");
	}
	if (m->sequence_holes || m->parts_missing)
		buf_str(out, " Not all of the log is here.");
}

/* A file that went to several destinations has a row for each. */
static void
put_several(const struct model *m, size_t seen, struct buf *out)
{
	size_t rows = model_seen_rows(m);

	if (rows > seen && seen == 1)
		buf_printf(out, ", to %zu destinations", rows);
	else if (rows > seen)
		buf_str(out, ", some of them to several destinations");
}

/* A sentence: "Under 0.1 %" as well as "68.2 %". */
static void
put_readable(const struct event_totals *t, uint64_t sent, struct buf *out)
{
	size_t at = out->len;

	format_share(out, t->understood_out, sent);
	if (at < out->len && out->data[at] >= 'a' && out->data[at] <= 'z')
		out->data[at] -= 'a' - 'A';
	buf_str(out, " of the outbound payload could be read; nothing is said "
		     "about what the rest held.");
}

void
render_verdict(const struct model *m, struct buf *out)
{
	const struct event_totals *t = &m->totals;
	uint64_t sent = sent_of(t);
	size_t whole = model_whole_files(m);
	size_t inferred = model_inferred_files(m);
	size_t apart = model_files_apart(m);

	if (render_is_blind(m)) {
		buf_str(out, "Whether whole files left can't be told: ");
		format_share(out, t->understood_out, sent);
		buf_str(out, " of the outbound payload could be read.");
		put_unseen(m, out);
		return;
	}
	if (whole > inferred || m->files.more) {
		format_number_of(out, whole - inferred, "whole file");
		buf_str(out, m->files.more ? " or more left" : " left");
		put_several(m, whole - inferred, out);
		if (inferred)
			buf_printf(out, ", and %zu more by inference from sizes "
			    "alone", inferred);
	} else if (inferred) {
		buf_str(out, "No whole file was seen leaving; that ");
		format_number_of(out, inferred, "file");
		buf_str(out, " left is inferred from sizes alone");
	} else {
		buf_str(out, apart ? "No whole file of a user was seen leaving"
				   : "No whole file was seen leaving");
	}
	if (apart) {
		buf_str(out, whole ? ", and " : ", but ");
		format_number_of(out, apart, "file");
		buf_str(out, " listed apart as the product's own or another "
			     "program's");
	}
	buf_str(out, ". ");
	if (!m->has_totals) {
		buf_str(out, "The log has no summary, so how much of the "
			     "traffic was seen is not known.");
	} else if (!sent) {
		buf_str(out, "Nothing was seen leaving at all.");
	} else if (t->understood_out == sent) {
		buf_str(out, "All of the outbound payload that was captured "
			     "could be read.");
	} else {
		put_readable(t, sent, out);
	}
	put_unseen(m, out);
}

const char *
render_file_label(const struct model_file *f)
{
	if (!f->own && f->outside)
		return f->whole ? "FILE OF A DESCENDANT"
				: "PART OF FILE OF A DESCENDANT";
	if (!f->own)
		return f->whole ? "FILE OF ANOTHER PROGRAM"
				: "PART OF FILE OF ANOTHER PROGRAM";
	if (!model_file_counts(f))
		return f->whole ? "PRODUCT'S OWN FILE"
				: "PART OF PRODUCT'S OWN FILE";
	if (f->whole && f->grade == GRADE_INFERRED)
		return "WHOLE FILE BY SIZE";
	return f->whole ? "WHOLE FILE" : "FRAGMENT";
}

void
render_file_name(const struct model_file *f, struct buf *out)
{
	if (f->ambiguous && f->also.len) {
		buf_str(out, "one of ");
		buf_append(out, f->name.p, f->name.len);
		buf_str(out, ", ");
		buf_append(out, f->also.p, f->also.len);
	} else if (f->name.len) {
		buf_append(out, f->name.p, f->name.len);
	} else if (f->mime_type.len) {
		buf_str(out, "unnamed ");
		buf_append(out, f->mime_type.p, f->mime_type.len);
	} else {
		buf_str(out, "unnamed");
	}
}

void
render_file_why(const struct model_file *f, struct buf *out)
{
	buf_str(out, grade_name(f->grade));
	if (f->reasons.len) {
		buf_str(out, ": ");
		buf_append(out, f->reasons.p, f->reasons.len);
	}
}
