// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "evidence/event/event_totals.h"
#include "report/format.h"
#include "report/html.h"

struct html_rows
html_begin_table(struct buf *b, const char *caption,
    const char *const *headings)
{
	/* What scrolls has to be reachable by key. */
	buf_str(b, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
		   "aria-label=\"");
	buf_str(b, caption);
	buf_str(b, "\"><table><caption>");
	buf_str(b, caption);
	buf_str(b, "</caption>\n<thead><tr>");
	for (; *headings; headings++) {
		bool n = **headings == '#';

		buf_str(b, n ? "<th scope=\"col\" class=\"n\">"
			     : "<th scope=\"col\">");
		buf_str(b, *headings + n);
		buf_str(b, "</th>");
	}
	buf_str(b, "</tr></thead>\n<tbody>\n");
	return (struct html_rows){ .start = b->len };
}

bool
html_row(struct html_rows *rows, const struct buf *b)
{
	size_t room = rows->start < HTML_PAGE_MAX
			  ? (HTML_PAGE_MAX - rows->start) / 3
			  : 0;

	if (room < HTML_TABLE_MIN)
		room = HTML_TABLE_MIN;
	if (rows->listed >= HTML_ROWS_MAX || b->len - rows->start >= room)
		return false;
	rows->listed++;
	return true;
}

void
html_end_table(struct buf *b, const struct html_rows *rows, uint64_t all)
{
	buf_str(b, "</tbody></table></div>\n");
	html_more(b, all - rows->listed, "report.json and events.jsonl");
}

static void
put_dest(struct buf *b, const struct model_dest *d)
{
	buf_str(b, "<tr><th scope=\"row\" class=\"name\">");
	html_host(b, d->name);
	if (d->address.len && !memmem(d->name.p, d->name.len, d->address.p,
				  d->address.len)) {
		buf_str(b, " <span class=\"soft\">");
		format_html(b, d->address);
		buf_str(b, d->several_addresses ? " and others</span>"
						: "</span>");
	}
	buf_str(b, "</th>");
	html_number(b, model_dest_sent(d));
	html_number(b, model_dest_received(d));
	html_number(b, d->transfers);
	html_number(b, d->by_kind[KIND_HASH_LOOKUP]);
	html_number(b, d->by_kind[KIND_URL_LOOKUP]);
	html_number(b, d->by_kind[KIND_NAME_LOOKUP]);
	html_number(b, d->whole_files);
	html_number(b, d->by_kind[KIND_FILE_FRAGMENT]);
	html_number(b, d->by_kind[KIND_OPAQUE]);
	html_number(b, d->missing_out);
	buf_str(b, "</tr>\n");
}

void
html_destinations(const struct model *m, struct buf *b)
{
	static const char *const headings[] = {
		"Destination", "#Sent (B)", "#Received (B)", "#Transfers",
		"#Hash look-ups", "#URL look-ups", "#Name look-ups",
		"#Whole files", "#Fragments", "#Not readable",
		"#Missing out (B)", NULL
	};
	const struct model_dest **list = model_sorted_dests(m);
	struct html_rows rows;

	b->failed |= m->dests.count && !list;
	buf_str(b, "<section>\n<h2>Where it went</h2>\n");
	if (!list) {
		buf_str(b, "<p>No traffic to any destination was "
			   "seen.</p>\n</section>\n");
		return;
	}
	rows = html_begin_table(b, "Those that got whole files first, then by "
				   "bytes sent.", headings);
	for (size_t i = 0; i < m->dests.count && html_row(&rows, b); i++)
		put_dest(b, list[i]);
	if (m->dests.more)
		put_dest(b, &m->other);
	html_end_table(b, &rows, m->dests.count);
	buf_str(b, "</section>\n");
	free(list);
}

static void
put_hash(struct buf *b, const struct model_hash *h)
{
	buf_str(b, "<tr><td><code>");
	format_html(b, h->value);
	buf_str(b, "</code></td>");
	html_cell(b, h->algorithm);
	html_cell(b, h->known ? h->file_name : SPAN_LITERAL("not known"));
	buf_str(b, "<td>");
	html_host(b, h->dest->name);
	buf_str(b, "</td>");
	html_cell(b, h->path);
	html_number(b, h->count);
	buf_str(b, "<td class=\"t\">");
	format_date_time(b, h->first_ns);
	buf_str(b, "</td></tr>\n");
}

static void
put_url(struct buf *b, const struct model_url *u)
{
	buf_str(b, "<tr><td><code>");
	format_html(b, u->url);
	buf_str(b, "</code></td>");
	buf_str(b, "<td>");
	html_host(b, u->dest->name);
	buf_str(b, "</td>");
	html_number(b, u->count);
	buf_str(b, "<td class=\"t\">");
	format_date_time(b, u->first_ns);
	buf_str(b, "</td></tr>\n");
}

void
html_lookups(const struct model *m, struct buf *b)
{
	static const char *const hash_headings[] = {
		"Hash", "Algorithm", "Of the file", "To", "Where in the request",
		"#Times", "First (UTC)", NULL
	};
	static const char *const url_headings[] = { "URL", "To", "#Times",
						    "First (UTC)", NULL };
	struct html_rows rows;

	buf_str(b, "<section>\n<h2>Hashes and URLs that left</h2>\n");
	if (!m->hashes.count && !m->urls.count)
		buf_str(b, "<p>None was seen in what could be read.</p>\n");
	if (m->hashes.count) {
		rows = html_begin_table(b, "Hashes, by time.", hash_headings);
		for (size_t i = 0; i < m->hashes.count && html_row(&rows, b);
		     i++)
			put_hash(b,
			    (const struct model_hash *)m->hashes.rows[i]);
		html_end_table(b, &rows, m->hashes.count + m->hashes.more);
	}
	if (m->urls.count) {
		rows = html_begin_table(b, "URLs, by time.", url_headings);
		for (size_t i = 0; i < m->urls.count && html_row(&rows, b);
		     i++)
			put_url(b, (const struct model_url *)m->urls.rows[i]);
		html_end_table(b, &rows, m->urls.count + m->urls.more);
	}
	buf_str(b, "</section>\n");
}

void
html_anomalies(const struct model *m, struct buf *b)
{
	static const char *const headings[] = { "What", "Detail", "#Flow",
						"#Packet", "#Times", NULL };
	struct html_rows rows;

	if (!m->anomalies.count)
		return;
	buf_str(b, "<section>\n<h2>What looked wrong on the wire</h2>\n");
	rows = html_begin_table(b, "Such as overlaps that differ, which can "
				   "hide data.", headings);
	for (size_t i = 0; i < m->anomalies.count && html_row(&rows, b); i++) {
		const struct model_anomaly *a =
		    (const struct model_anomaly *)m->anomalies.rows[i];

		buf_str(b, "<tr>");
		html_cell(b, a->what);
		html_cell(b, a->detail);
		html_number(b, a->flow);
		html_number(b, a->packet);
		html_number(b, a->count);
		buf_str(b, "</tr>\n");
	}
	html_end_table(b, &rows, m->anomalies.count + m->anomalies.more);
	buf_str(b, "</section>\n");
}

void
html_coverage(const struct model *m, struct buf *b)
{
	static const char *const headings[] = { "Capture", "#Size (B)",
						"SHA-256", NULL };
	struct html_rows rows;

	buf_str(b, "<section>\n<h2>What was captured, and what was not</h2>\n"
		   "<p>How complete the capture is: ");
	html_words(b, m, render_missing);
	buf_str(b, ".</p>\n");
	html_kernel(m, b);
	buf_str(b, "<details><summary>All counters</summary>\n<table>\n"
		   "<thead><tr><th scope=\"col\">Counter</th>"
		   "<th scope=\"col\" class=\"n\">Value</th></tr></thead>\n"
		   "<tbody>\n");
	for (const struct event_total_field *f = event_coverage_fields;
	     f->name; f++) {
		buf_printf(b, "<tr><th scope=\"row\">%s</th>", f->name);
		html_number(b, *(const uint64_t *)
			((const char *)&m->totals + f->offset));
		buf_str(b, "</tr>\n");
	}
	buf_str(b, "</tbody></table></details>\n");
	rows = html_begin_table(b, "Captures.", headings);
	for (size_t i = 0; i < m->input_count && html_row(&rows, b); i++) {
		const struct model_input *in = &m->inputs[i];

		buf_str(b, "<tr>");
		html_cell(b, in->name);
		html_number(b, in->size);
		buf_str(b, "<td><code>");
		if (in->has_sha256)
			format_hex(b, in->sha256, 32);
		buf_str(b, "</code></td></tr>\n");
	}
	html_end_table(b, &rows, m->input_count + m->inputs_more);
	buf_str(b, "</section>\n");
}
