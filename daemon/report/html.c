// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include <openssl/evp.h>

#include "report/format.h"
#include "report/html.h"

void
html_host(struct buf *b, struct span name)
{
	while (name.len) {
		const uint8_t *dot = memchr(name.p, '.', name.len);
		size_t n = dot ? (size_t)(dot - name.p) + 1 : name.len;

		format_html(b, (struct span){ name.p, n });
		name = (struct span){ name.p + n, name.len - n };
		if (name.len)
			buf_str(b, "<wbr>");
	}
}

void
html_cell(struct buf *b, struct span text)
{
	buf_str(b, "<td>");
	format_html(b, text);
	buf_str(b, "</td>");
}

void
html_number(struct buf *b, uint64_t n)
{
	buf_str(b, "<td class=\"n\">");
	format_count(b, n);
	buf_str(b, "</td>");
}

void
html_more(struct buf *b, uint64_t more, const char *where)
{
	if (!more)
		return;
	buf_str(b, "<p>And ");
	format_count(b, more);
	buf_str(b, " more, not listed here: see ");
	buf_str(b, where);
	buf_str(b, ".</p>\n");
}

/* A number and its percent sign stay in one line. */
static void
html_unbroken(struct buf *b, const struct buf *text)
{
	const uint8_t *from = text->data, *end = from + text->len, *at;

	b->failed |= text->failed;
	for (; text->len && (at = memmem(from, (size_t)(end - from), " %", 2));
	     from = at + 1) {
		format_html(b, (struct span){ from, (size_t)(at - from) });
		buf_str(b, "&nbsp;");
	}
	format_html(b, (struct span){ from, (size_t)(end - from) });
}

static void
put_share(struct buf *b, uint64_t part, uint64_t whole)
{
	struct buf text;

	buf_init(&text, 0);
	format_share(&text, part, whole);
	html_unbroken(b, &text);
	buf_clear(&text);
}

void
html_words(struct buf *b, const struct model *m,
    void (*write)(const struct model *m, struct buf *out))
{
	struct buf text;

	buf_init(&text, 0);
	write(m, &text);
	html_unbroken(b, &text);
	buf_clear(&text);
}

/* "'sha256-...'", of what the policy lets in. */
static void
put_digest(struct buf *b, const char *text)
{
	uint8_t digest[32], base64[48];
	unsigned len = sizeof(digest);

	if (!EVP_Digest(text, strlen(text), digest, &len, EVP_sha256(),
		NULL)) {
		b->failed = true;
		return;
	}
	EVP_EncodeBlock(base64, digest, sizeof(digest));
	buf_str(b, "'sha256-");
	buf_str(b, (char *)base64);
	buf_u8(b, '\'');
}

static void
put_policy(struct buf *b)
{
	buf_str(b, "<meta http-equiv=\"Content-Security-Policy\" "
		   "content=\"default-src 'none'; style-src ");
	put_digest(b, html_style);
	buf_str(b, "; script-src ");
	put_digest(b, html_script);
	buf_str(b, "; base-uri 'none'; form-action 'none'\">\n");
}

void
html_begin_page(struct buf *b, struct span title)
{
	buf_str(b, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
		   "<meta charset=\"utf-8\">\n");
	put_policy(b);
	buf_str(b, "<meta name=\"viewport\" content=\"width=device-width, "
		   "initial-scale=1\">\n"
		   "<meta name=\"referrer\" content=\"no-referrer\">\n"
		   "<title>telltap ");
	format_html(b, title);
	buf_str(b, "</title>\n<style>");
	buf_str(b, html_style);
	buf_str(b, "</style>\n</head>\n<body>\n");
}

static void
put_bar(struct buf *b, const uint64_t n[4], uint64_t sum)
{
	static const char *const fills[4] = { "fa", "fb", "fc", "fd" };
	uint64_t at = 0;

	buf_str(b, "<svg role=\"img\" aria-labelledby=\"bt bd\" "
		   "viewBox=\"0 0 1000 28\" preserveAspectRatio=\"none\">"
		   "<title id=\"bt\">Outbound payload by what could be said of "
		   "it</title><desc id=\"bd\">The numbers are in the table "
		   "below.</desc>");
	for (int i = 0; i < 4; i++) {
		uint64_t end = at + n[i];
		unsigned x = (unsigned)((unsigned __int128)at * 1000 / sum);
		unsigned w = (unsigned)((unsigned __int128)end * 1000 / sum) -
			     x;

		/* What is there is seen, however little. */
		if (n[i])
			buf_printf(b, "<rect class=\"%s\" x=\"%u\" y=\"0\" "
				      "width=\"%u\" height=\"28\"/>",
			    fills[i], x < 998 ? x : 998, w > 2 ? w : 2);
		at = end;
	}
	buf_str(b, "</svg>\n");
}

static void
put_account(struct buf *b, const struct model *m)
{
	static const char *const rows[4][3] = {
		{ "ka", "understood", "read, and its structure known" },
		{ "kb", "undeciphered",
		    "readable bytes in no format that is known here" },
		{ "kc", "encrypted", "sealed; only its volume is known" },
		{ "kd", "missing", "sent, but never captured" },
	};
	const struct event_totals *t = &m->totals;
	const uint64_t n[4] = { t->understood_out, t->undeciphered_out,
				t->encrypted_out, t->missing_out };
	uint64_t sum = n[0] + n[1] + n[2] + n[3];

	buf_str(b, "<section>\n<h2>How much of it could be read</h2>\n");
	if (sum)
		put_bar(b, n, sum);
	buf_str(b, "<table><caption>All outbound payload falls into four "
		   "parts.</caption>\n<thead><tr><th scope=\"col\">Part</th>"
		   "<th scope=\"col\" class=\"n\">Bytes</th><th scope=\"col\" "
		   "class=\"n\">Share</th><th scope=\"col\">Meaning</th></tr>"
		   "</thead>\n<tbody>\n");
	for (int i = 0; i < 4; i++) {
		buf_printf(b, "<tr><th scope=\"row\"><span class=\"key %s\">"
			      "</span>%s</th>", rows[i][0], rows[i][1]);
		html_number(b, n[i]);
		buf_str(b, "<td class=\"n\">");
		put_share(b, n[i], sum);
		buf_str(b, "</td>");
		html_cell(b, span_str(rows[i][2]));
		buf_str(b, "</tr>\n");
	}
	buf_str(b, "</tbody></table>\n</section>\n");
}

void
html_end_page(struct buf *b)
{
	buf_str(b, "<script>");
	buf_str(b, html_script);
	buf_str(b, "</script>\n</body>\n</html>\n");
}

static void
put_footer(struct buf *b, const struct model *m)
{
	buf_str(b, "</main>\n<footer>\n<p>Grades: <b>proven</b> means that "
		   "bytes were seen and are those of a known file, or the hash "
		   "of one; <b>observed</b> that their structure says so; "
		   "<b>inferred</b> that sizes and timing say so; "
		   "<b>opaque</b> that only the volume is known. A grade is "
		   "never rounded up. &ldquo;Not seen&rdquo; does not mean "
		   "&ldquo;not sent&rdquo;.</p>\n<p>Made by telltap ");
	format_html(b, m->version);
	buf_str(b, " from ");
	format_number_of(b, m->events, "event");
	if (m->known_files) {
		buf_str(b, ", compared with ");
		format_number_of(b, m->known_files, "known file");
	} else {
		buf_str(b, ", with no known files to compare with");
	}
	buf_str(b, ".</p>\n");
	if (m->has_log) {
		buf_str(b, "<p>Its log has ");
		format_number_of(b, m->log_lines, "line");
		buf_str(b, " before the seal; the root of the tree over them "
			   "(RFC 6962) is <code>");
		format_hex(b, m->log_root, 32);
		buf_str(b, "</code>. <code>telltap verify</code> checks the "
			   "case against it.</p>\n");
	} else if (m->in_parts) {
		buf_str(b, "<p>The case is in parts, each with a log and a root of "
			   "its own. This report is of all of them; the last part "
			   "holds it.</p>\n");
	}
	buf_str(b, "</footer>\n");
	html_end_page(b);
}

void
render_html(const struct model *m, struct buf *out)
{
	struct buf title;

	buf_init(&title, 0);
	buf_str(&title, "report: ");
	render_inputs(m, &title);
	out->failed |= title.failed;
	html_begin_page(out, (struct span){ title.data, title.len });
	buf_clear(&title);
	html_first_screen(m, out);
	html_files(m, out);
	html_destinations(m, out);
	put_account(out, m);
	html_timeline(m, out);
	html_volumes(m, out);
	html_categories(m, out);
	html_vendors(m, out);
	html_lookups(m, out);
	html_reads(m, out);
	html_processes(m, out);
	html_anomalies(m, out);
	html_coverage(m, out);
	html_method(m, out);
	put_footer(out, m);
}
