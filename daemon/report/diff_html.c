// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "report/diff.h"
#include "report/format.h"
#include "report/html.h"

static void
put_rate(struct buf *b, const struct diff_rate *r)
{
	html_number(b, r->count);
	if (r->known) {
		buf_str(b, "<td class=\"n\">");
		diff_put_rate(b, r->rate);
		buf_str(b, " <span class=\"soft\">");
		diff_put_rate(b, r->low);
		buf_str(b, "&ndash;");
		diff_put_rate(b, r->high);
		buf_str(b, "</span></td>");
	} else {
		buf_str(b, "<td class=\"n\">not known</td>");
	}
}

/* Counts, rates and what follows: five cells. */
static void
put_counts(struct buf *b, const struct model *ma, const struct model *mb,
    uint64_t na, uint64_t nb, const char *status)
{
	struct diff_rate a = diff_rate_of(ma, na), c = diff_rate_of(mb, nb);
	bool differs = diff_rates_differ(&a, &c);

	put_rate(b, &a);
	put_rate(b, &c);
	buf_str(b, differs ? "<td class=\"tag\"><b>" : "<td class=\"tag\">");
	buf_str(b, status);
	buf_str(b, differs ? ", differs</b></td>" : "</td>");
}

static void
put_case(struct buf *b, const char *letter, const char *name,
    const struct model *m)
{
	buf_str(b, "<h2>");
	buf_str(b, letter);
	buf_str(b, ": ");
	format_html(b, span_str(name));
	buf_str(b, "</h2>\n<p class=\"soft\">");
	if (m->last_ns) {
		format_period(b, m->first_ns, m->last_ns);
		buf_str(b, ". ");
	}
	html_words(b, m, render_who);
	buf_str(b, " How complete the capture is: ");
	html_words(b, m, render_missing);
	buf_str(b, ".</p>\n<p class=\"answer");
	buf_str(b, model_whole_files(m) ? " hot\">" : "\">");
	html_words(b, m, render_verdict);
	buf_str(b, "</p>\n");
}

static void
put_kinds(struct buf *b, const struct model *ma, const struct model *mb)
{
	static const char *const headings[] = { "Kind", "#A", "#A per hour",
						"#B", "#B per hour", "In",
						NULL };
	struct html_rows rows;
	uint64_t listed = 0;

	buf_str(b, "<section>\n<h2>Kinds of transfers</h2>\n");
	rows = html_begin_table(b, "Transfers by kind, with their rates and "
				   "intervals.", headings);
	for (unsigned k = 0; k < KIND_COUNT; k++) {
		uint64_t na = diff_kind_count(ma, (enum kind)k);
		uint64_t nb = diff_kind_count(mb, (enum kind)k);

		if (!na && !nb)
			continue;
		listed += html_row(&rows, b);
		buf_printf(b, "<tr><th scope=\"row\">%s</th>",
		    kind_name((enum kind)k));
		put_counts(b, ma, mb, na, nb,
		    !na ? "new" : !nb ? "gone" : "both");
		buf_str(b, "</tr>\n");
	}
	html_end_table(b, &rows, listed);
	buf_str(b, "</section>\n");
}

static void
put_row(struct buf *b, const struct model *ma, const struct model *mb,
    const struct diff_table *t, const struct diff_row *r)
{
	struct buf name;

	buf_init(&name, 0);
	diff_describe(t, r, &name);
	b->failed |= name.failed;
	buf_str(b, "<tr><th scope=\"row\" class=\"name\">");
	format_html(b, (struct span){ name.data, name.len });
	buf_str(b, "</th>");
	buf_clear(&name);
	if (t->bytes) {
		html_number(b, r->a ? t->bytes(r->a) : 0);
		html_number(b, r->b ? t->bytes(r->b) : 0);
	}
	put_counts(b, ma, mb, r->a ? t->count(r->a) : 0,
	    r->b ? t->count(r->b) : 0, diff_status(r));
	buf_str(b, "</tr>\n");
}

static void
put_table(struct buf *b, const struct model *ma, const struct model *mb,
    const struct diff_table *t)
{
	static const char *const with_bytes[] = {
		"What", "#A sent (B)", "#B sent (B)", "#A", "#A per hour", "#B",
		"#B per hour", "In", NULL
	};
	static const char *const without[] = { "What", "#A", "#A per hour",
					       "#B", "#B per hour", "In",
					       NULL };
	const struct table *ta = diff_table_of(ma, t);
	const struct table *tb = diff_table_of(mb, t);
	struct html_rows rows;
	char caption[96];
	size_t n;
	struct diff_row *list = diff_rows(ta, tb, &n);

	b->failed |= !list && ta->count + tb->count;
	buf_printf(b, "<section>\n<h2>%s</h2>\n", t->title);
	if (!n)
		buf_str(b, "<p>None was seen in either.</p>\n");
	if (n) {
		snprintf(caption, sizeof(caption), "%s: those of A in its "
		    "order, then those of B alone.", t->title);
		rows = html_begin_table(b, caption,
		    t->bytes ? with_bytes : without);
		for (size_t i = 0; i < n && html_row(&rows, b); i++)
			put_row(b, ma, mb, t, &list[i]);
		html_end_table(b, &rows, n);
	}
	if (ta->more || tb->more)
		buf_str(b, "<p>A case has more than its report holds: what is "
			   "new or gone here may not be.</p>\n");
	buf_str(b, "</section>\n");
	free(list);
}

void
diff_html(const struct model *a, const struct model *b, const char *name_a,
    const char *name_b, struct buf *out)
{
	html_begin_page(out, SPAN_LITERAL("diff"));
	buf_str(out, "<header>\n<h1>Two cases beside each other</h1>\n"
		     "<p>Not seen in a case does not mean not sent.</p>\n"
		     "</header>\n<main>\n");
	put_case(out, "A", name_a, a);
	put_case(out, "B", name_b, b);
	put_kinds(out, a, b);
	for (const struct diff_table *t = diff_tables; t->name; t++)
		put_table(out, a, b, t);
	buf_str(out, "</main>\n<footer>\n<p>");
	format_html(out, span_str(diff_caution));
	buf_str(out, "</p>\n</footer>\n");
	html_end_page(out);
}
