// SPDX-License-Identifier: Apache-2.0
#include "report/format.h"
#include "report/html.h"

static void
put_when(struct buf *b, uint64_t ns)
{
	buf_str(b, "<td class=\"t\">");
	if (ns)
		format_date_time(b, ns);
	buf_str(b, "</td>");
}

static void
put_process_cell(struct buf *b, const struct model_process *p)
{
	struct buf text;

	buf_init(&text, 0);
	if (p)
		render_process(p, &text);
	else
		buf_str(&text, "not known");
	b->failed |= text.failed;
	html_cell(b, (struct span){ text.data, text.len });
	buf_clear(&text);
}

void
html_categories(const struct model *m, struct buf *b)
{
	static const char *const headings[] = {
		"To", "What", "#Transfers", "#Places", "First found at", "Why",
		"First (UTC)", "Transfer", NULL
	};
	struct html_rows rows;

	buf_str(b, "<section>\n<h2>What is sent</h2>\n");
	if (!m->categories.count)
		buf_str(b, "<p>No category of data was recognised in what could "
			   "be read.</p>\n");
	else
		rows = html_begin_table(b, "Categories of data in what could "
					   "be read, by destination.",
		    headings);
	for (size_t i = 0; i < m->categories.count && html_row(&rows, b); i++) {
		const struct model_category *c =
		    (const struct model_category *)m->categories.rows[i];

		buf_str(b, "<tr>");
		buf_str(b, "<td>");
		html_host(b, c->dest->name);
		buf_str(b, "</td>");
		buf_str(b, "<th scope=\"row\">");
		format_html(b, c->category);
		buf_str(b, "</th>");
		html_number(b, c->transfers);
		html_number(b, c->places);
		html_cell(b, c->path);
		html_cell(b, c->why.len ? c->why : SPAN_LITERAL("not said"));
		put_when(b, c->first_ns);
		html_cell(b, c->first_transfer);
		buf_str(b, "</tr>\n");
	}
	if (m->categories.count)
		html_end_table(b, &rows,
		    m->categories.count + m->categories.more);
	buf_str(b, "</section>\n");
}

void
html_reads(const struct model *m, struct buf *b)
{
	static const char *const headings[] = { "File", "Read by", "#Size (B)",
						"#Read (B)", "All of it",
						"First (UTC)", NULL };
	uint64_t left = 0;
	struct html_rows rows;

	if (!m->reads.count)
		return;
	for (size_t i = 0; i < m->reads.count; i++)
		left += ((const struct model_read *)m->reads.rows[i])
			    ->name_left;
	buf_str(b, "<section>\n<h2>Files read but not seen leaving</h2>\n<p>");
	format_number_of(b, m->reads.count, "file");
	buf_str(b, " read; a file of the name of ");
	format_count(b, left);
	buf_str(b, " of them was seen leaving. That the others are not among "
		   "what could be read does not mean that they did not "
		   "leave.</p>\n");
	rows = html_begin_table(b, "Files that watched processes read, and of "
				   "whose name none was seen leaving.",
	    headings);
	for (size_t i = 0; i < m->reads.count; i++) {
		const struct model_read *f =
		    (const struct model_read *)m->reads.rows[i];

		if (f->name_left || !html_row(&rows, b))
			continue;
		buf_str(b, "<tr><th scope=\"row\" class=\"name\">");
		format_html(b, f->path);
		buf_str(b, "</th>");
		put_process_cell(b, f->process);
		html_number(b, f->size);
		html_number(b, f->bytes);
		html_cell(b, span_str(f->whole	  ? "yes"
				      : f->mapped ? "not known: mapped"
						  : "no"));
		put_when(b, f->first_ns);
		buf_str(b, "</tr>\n");
	}
	html_end_table(b, &rows, m->reads.count - left + m->reads.more);
	buf_str(b, "</section>\n");
}

static void
put_process(struct buf *b, const struct model_process *p)
{
	buf_str(b, "<tr><th scope=\"row\" class=\"name\">");
	format_html(b, p->executable);
	if (p->has_sha256) {
		buf_str(b, "<br><code>");
		format_hex(b, p->sha256, 32);
		buf_str(b, "</code>");
	}
	buf_str(b, "</th>");
	html_number(b, p->pid);
	if (p->user != UINT64_MAX)
		html_number(b, p->user);
	else
		buf_str(b, "<td class=\"n\">not known</td>");
	html_cell(b, p->unit);
	html_cell(b, p->certainty.len ? p->certainty : SPAN_LITERAL("none"));
	html_cell(b, p->source);
	html_cell(b, p->shared_with);
	html_number(b, p->flows);
	html_number(b, p->transfers);
	html_number(b, p->transfer_out);
	buf_str(b, "</tr>\n");
}

static void
put_processes(struct buf *b, const struct model *m, struct html_rows *rows)
{

	for (int silent = 0; silent < 2; silent++)
		for (size_t i = 0; i < m->processes.count; i++) {
			const struct model_process *p =
			    (const struct model_process *)m->processes.rows[i];

			if (model_process_sent(p) == !silent &&
			    html_row(rows, b))
				put_process(b, p);
		}
}

void
html_processes(const struct model *m, struct buf *b)
{
	static const char *const headings[] = {
		"Program", "#Pid", "#User", "Unit or control group",
		"Certainty", "Known by", "Socket shared with", "#Flows",
		"#Transfers", "#Sent (B)", NULL
	};
	struct html_rows rows;

	buf_str(b, "<section>\n<h2>Who sent it</h2>\n");
	if (!m->processes.count)
		buf_str(b, "<p>The events name no process: a capture alone "
			   "does not hold whose the traffic is.</p>\n");
	if (m->processes.count) {
		rows = html_begin_table(b, "Processes, first those that sent, "
					   "in the order they were seen; a "
					   "certainty is the least one that "
					   "occurred.", headings);
		put_processes(b, m, &rows);
		html_end_table(b, &rows,
		    m->processes.count + m->processes.more);
	}
	if (m->processes.count && m->unattributed) {
		buf_str(b, "<p>And ");
		format_number_of(b, m->unattributed, "transfer");
		buf_str(b, " of no known process.</p>\n");
	}
	buf_str(b, "</section>\n");
}

/* The kernel's numbers beside ours. */
void
html_kernel(const struct model *m, struct buf *b)
{
	static const char *const headings[] = { "Count", "#Out (B)", "#In (B)",
						NULL };
	const struct event_totals *t = &m->totals;
	const struct {
		const char *name;
		uint64_t out, in;
	} rows[] = {
		{ "the kernel, on sockets of watched processes", t->kernel_out,
		    t->kernel_in },
		{ "captured payload, each byte once", t->payload_out,
		    t->payload_in },
		{ "of TCP, counted by the kernel but not captured",
		    t->kernel_unseen_out, t->kernel_unseen_in },
		{ "missing inside of captured streams", t->missing_out,
		    t->missing_in },
		{ "captured, but fits in no stream", m->ignored_out,
		    m->ignored_in },
	};
	size_t i = t->kernel_sockets ? 0 : 3;

	(void)html_begin_table(b, "Bytes, counted in more than one way.",
	    headings);
	for (; i < sizeof(rows) / sizeof(*rows); i++) {
		buf_str(b, "<tr><th scope=\"row\">");
		buf_str(b, rows[i].name);
		buf_str(b, "</th>");
		html_number(b, rows[i].out);
		html_number(b, rows[i].in);
		buf_str(b, "</tr>\n");
	}
	buf_str(b, "</tbody></table></div>\n");
}

/* Each to be pasted into a shell in the folder of the case. */
static void
put_checks(const struct model *m, struct buf *b)
{
	struct buf names;

	buf_str(b, "</section>\n<section>\n<h2>How to check it</h2>\n"
		   "<p>In a shell in the folder of the case, where ");
	buf_str(b, m->in_parts ? "its parts lie, 000001 and so on"
			       : "bagit.txt lies");
	buf_str(b, ":</p>\n<ul>\n"
		   "<li>That the case is whole and signed: <code>telltap verify "
		   "--vkey ../lab.vkey .</code>, where lab.vkey is the key of "
		   "whoever made it, which must not come from the case; without "
		   "telltap: docs/verify-by-hand.md</li>\n<li>That the findings "
		   "follow from the packets in the case: <code>telltap verify "
		   "--replay .</code>; it names what does not, and what "
		   "is taken on trust</li>\n<li>That its files are those of its "
		   "list: <code>");
	buf_str(b, m->in_parts ? "for part in 0*; do (cd $part &amp;&amp; sha256sum "
				 "-c manifest-sha256.txt); done"
			       : "sha256sum -c manifest-sha256.txt");
	buf_str(b, "</code></li>\n"
		   "<li>That this page says what the events say: <code>telltap "
		   "report --format html . | cmp - ");
	buf_str(b, m->in_parts ? "$(ls 0*/data/report.html | tail -n 1)"
			       : "data/report.html");
	buf_str(b, "</code> prints nothing, with the build of telltap that made "
		   "it</li>\n");
	if (m->input_count) {
		buf_init(&names, 0);
		render_captures(m, &names);
		b->failed |= names.failed;
		buf_str(b, "<li>That the events come of the captures: run <code>"
			   "telltap replay --case ../again");
		format_html(b, (struct span){ names.data, names.len });
		buf_str(b, "</code>, with known files and options as above, on "
			   "the captures whose SHA-256 are listed here, and "
			   "compare</li>\n");
		buf_clear(&names);
	}
	buf_str(b, "</ul>\n</section>\n");
}

void
html_method(const struct model *m, struct buf *b)
{
	struct buf text;
	size_t at = 0;

	buf_str(b, "<section>\n<h2>What this report can&#39;t tell</h2>\n"
		   "<ul>\n");
	buf_init(&text, 0);
	render_limits(m, &text);
	b->failed |= text.failed;
	while (at < text.len) {
		const uint8_t *end = memchr(text.data + at, '\n',
		    text.len - at);
		size_t n = end ? (size_t)(end - text.data) - at
			       : text.len - at;

		buf_str(b, "<li>");
		format_html(b, (struct span){ text.data + at, n });
		buf_str(b, "</li>\n");
		at += n + 1;
	}
	buf_clear(&text);
	buf_str(b, "</ul>\n</section>\n<section>\n<h2>How it was made</h2>\n"
		   "<p>Packets are put together to streams, streams are cut "
		   "into transfers, one act of sending each, and each transfer "
		   "gets a kind by what went out and a grade by how that is "
		   "known. A file is proven only where its bytes were compared "
		   "one by one or by SHA-256. How often each grade was "
		   "wrong in the project&#39;s own labs, and what these do "
		   "not cover, is in docs/validation.md of telltap. The same "
		   "events give the same bytes of this page.</p>\n");
	if (m->options.len) {
		buf_str(b, "<p>Options: <code>");
		format_html(b, m->options);
		buf_str(b, "</code></p>\n");
	}
	put_checks(m, b);
}
