// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "report/format.h"
#include "report/html.h"

static void
put_file_name(struct buf *b, const struct model_file *f)
{
	struct buf words;

	buf_init(&words, 0);
	render_file_name(f, &words);
	b->failed |= words.failed;
	buf_str(b, "<th scope=\"row\" class=\"name\">");
	format_html(b, (struct span){ words.data, words.len });
	/* A hash would name one of the files that share these bytes. */
	if (f->has_sha256 && !f->ambiguous) {
		buf_str(b, "<br><code>");
		format_hex(b, f->sha256, 32);
		buf_str(b, "</code>");
	}
	if (f->kept && f->has_sha256) {
		buf_str(b, "<br>kept in the case: <code>data/objects/");
		format_hex(b, f->sha256, 32);
		buf_str(b, "</code>");
	}
	buf_str(b, "</th><td>");
	html_host(b, f->dest->name);
	buf_str(b, "</td>");
	buf_clear(&words);
}

static void
put_file_why(struct buf *b, const struct model_file *f)
{
	struct buf words;

	buf_init(&words, 0);
	render_file_why(f, &words);
	b->failed |= words.failed;
	html_cell(b, (struct span){ words.data, words.len });
	buf_clear(&words);
}

static void
put_file(struct buf *b, const struct model_file *f)
{
	buf_str(b, "<tr><td class=\"tag");
	buf_str(b, f->whole && model_file_counts(f) ? " hot\">" : "\">");
	format_html(b, span_str(render_file_label(f)));
	buf_str(b, "</td>");
	put_file_name(b, f);
	html_number(b, f->sent_bytes);
	if (f->size != UINT64_MAX)
		html_number(b, f->size);
	else
		buf_str(b, "<td class=\"n\">not known</td>");
	put_file_why(b, f);
	buf_str(b, "<td class=\"t\">");
	format_date_time(b, f->first_ns);
	buf_str(b, "</td>");
	html_number(b, f->transfers);
	buf_printf(b, "<td class=\"n\">%llu&ndash;%llu</td></tr>\n",
	    (unsigned long long)f->packet_first,
	    (unsigned long long)f->packet_last);
}

static void
item(struct buf *b, const char *title, void (*words)(const struct model_file *,
    struct buf *), const struct model_file *f)
{
	struct buf text;

	buf_init(&text, 0);
	words(f, &text);
	b->failed |= text.failed;
	buf_str(b, "<li><b>");
	buf_str(b, title);
	buf_str(b, "</b> ");
	format_html(b, (struct span){ text.data, text.len });
	buf_str(b, "</li>\n");
	buf_clear(&text);
}

static void
put_command(struct buf *b, const char *what, struct buf *command)
{
	b->failed |= command->failed;
	buf_str(b, "<p>");
	buf_str(b, what);
	buf_str(b, " <code>");
	format_html(b, (struct span){ command->data, command->len });
	buf_str(b, "</code></p>\n");
	buf_clear(command);
}

static void
put_packets(const struct model *m, struct buf *b, const struct model_file *f)
{
	struct buf text;

	buf_init(&text, 0);
	render_kept_packets(f, &text);
	put_command(b, f->transfers > 1 && f->community_id.len ?
	    "See the packets of the first of these transfers, if the case keeps "
	    "them, in its folder:" :
	    "See the packets, if the case keeps them, in its folder:", &text);
	if (!m->input_count)
		return;
	buf_init(&text, 0);
	render_packets(m, f, &text);
	put_command(b, m->input_count == 1 ? "Or in the capture:" :
	    "Or in the captures, where packets are numbered in the order of time "
	    "over all of them:", &text);
}

static void
put_explanations(const struct model *m, struct buf *b,
    const struct model_file **list)
{
	struct html_rows rows = { .start = b->len };
	struct buf name;

	buf_str(b, "<h3>What else could explain each of them</h3>\n");
	buf_init(&name, 0);
	for (size_t i = 0; i < m->files.count && html_row(&rows, b); i++) {
		const struct model_file *f = list[i];

		buf_reset(&name);
		render_file_name(f, &name);
		buf_str(b, "<details><summary>");
		buf_str(b, render_file_label(f));
		buf_str(b, ": ");
		format_html(b, (struct span){ name.data, name.len });
		buf_str(b, " to ");
		format_html(b, f->dest->name);
		buf_str(b, "</summary>\n<ul>\n");
		item(b, "On behalf of another program?", render_behalf, f);
		item(b, "The product&#39;s own file?", render_own, f);
		item(b, "A shared fragment?", render_shared, f);
		item(b, "An earlier upload?", render_earlier, f);
		buf_str(b, "</ul>\n");
		put_packets(m, b, f);
		buf_str(b, "</details>\n");
	}
	b->failed |= name.failed;
	buf_clear(&name);
	html_more(b, m->files.count - rows.listed, "report.json");
}

void
html_files(const struct model *m, struct buf *b)
{
	static const char *const headings[] = {
		"What", "File", "To", "#Sent (B)", "#Size (B)",
		"How it is known", "First (UTC)", "#Transfers", "#Packets",
		NULL
	};
	const struct model_file **list = model_sorted_files(m);
	struct html_rows rows;

	b->failed |= m->files.count && !list;
	buf_str(b, "<section>\n<h2>Files and parts of files</h2>\n");
	if (!list) {
		buf_str(b, "<p>None was seen in what could be read");
		buf_str(b, render_is_blind(m) ? ", which is next to nothing."
					      : ".");
		buf_str(b, "</p>\n</section>\n");
		return;
	}
	rows = html_begin_table(b, "Whole files first, then by time.",
	    headings);
	for (size_t i = 0; i < m->files.count && html_row(&rows, b); i++)
		put_file(b, list[i]);
	html_end_table(b, &rows, m->files.count + m->files.more);
	put_explanations(m, b, list);
	buf_str(b, "</section>\n");
	free(list);
}

