// SPDX-License-Identifier: Apache-2.0
#include "report/format.h"
#include "report/html.h"

static void
put_row(struct buf *b, const struct model_vendor *v, unsigned i)
{
	const char *state = v->named[i] && v->found[i]
				? "found, and named there"
			    : v->found[i] ? "found, not named there"
					  : "named there, not found here";

	buf_str(b, "<tr><th scope=\"row\">");
	buf_str(b, category_names[i]);
	buf_str(b, "</th>");
	html_number(b, v->found[i]);
	html_cell(b, span_str(v->named[i] ? "yes" : "no"));
	html_cell(b, span_str(state));
	buf_str(b, "</tr>\n");
}

static void
put_comparison(struct buf *b, const struct model_vendor *v)
{
	static const char *const headings[] = { "What", "#Transfers found",
						"Named above", "So", NULL };

	if (!v->names_any) {
		buf_str(b, "<p>None of it is a text of the vendor that names "
			   "categories of data: there is nothing to compare "
			   "with.</p>\n");
		return;
	}
	(void)html_begin_table(b, "Categories found in what could be read, beside "
			    "those that the sentences name.", headings);
	for (unsigned i = 0; category_names[i]; i++)
		if (v->named[i] || v->found[i])
			put_row(b, v, i);
	buf_str(b, "</tbody></table></div>\n");
}

static void
put_vendor(struct buf *b, const struct model_vendor *v)
{
	buf_str(b, "<h3>");
	format_html(b, v->vendor);
	buf_str(b, " <span class=\"soft\">profile ");
	format_html(b, v->profile);
	buf_str(b, "</span></h3>\n");
	if (v->says_count)
		buf_str(b, "<ul>\n");
	for (size_t i = 0; i < v->says_count; i++) {
		buf_str(b, "<li>");
		format_html(b, v->says[i]);
		buf_str(b, "</li>\n");
	}
	if (v->says_count)
		buf_str(b, "</ul>\n");
	html_more(b, v->says_more, "telltap profile show");
	put_comparison(b, v);
}

void
html_vendors(const struct model *m, struct buf *b)
{
	if (!m->vendors.count)
		return;
	buf_str(b, "<section>\n<h2>Beside what is published about it</h2>\n"
		   "<p>What vendors, or others about them, have published of "
		   "what the products send, as telltap&#39;s profiles have it "
		   "(<code>telltap profile show</code> names the sources). It "
		   "speaks of all settings of a product; what was found holds "
		   "for this capture, and for what of it could be read. Which "
		   "categories the sentences name is the reading of the "
		   "profile&#39;s author. &ldquo;Not named there&rdquo; is no "
		   "accusation: another text may name it.</p>\n");
	for (size_t i = 0; i < m->vendors.count; i++)
		put_vendor(b, (const struct model_vendor *)m->vendors.rows[i]);
	html_more(b, m->vendors.more, "events.jsonl");
	buf_str(b, "</section>\n");
}
