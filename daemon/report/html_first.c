// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "report/format.h"
#include "report/html.h"

/*
 * The first screen, on a phone too, holds the answer: who sent, how long, how
 * much to whom, which whole files, what could not be read, what was not seen.
 */

/* Whole files, and destinations, named before the tables. */
#define FIRST_FILES	4
#define FIRST_DESTS	3

static uint64_t
sum_dests(const struct model *m, uint64_t (*value)(const struct model_dest *))
{
	uint64_t n = value(&m->other);

	for (size_t i = 0; i < m->dests.count; i++)
		n += value((const struct model_dest *)m->dests.rows[i]);
	return n;
}

static uint64_t
unread(const struct model_dest *d)
{
	return d->by_kind[KIND_OPAQUE];
}

static void
card(struct buf *b, const char *title)
{
	buf_str(b, "</b>");
	buf_str(b, title);
	buf_str(b, "</li>\n");
}

static void
put_lookup_card(struct buf *b, const struct model *m)
{
	uint64_t n = sum_dests(m, model_dest_lookups);
	bool blind = !n && render_is_blind(m);

	buf_str(b, "<li><b>");
	if (blind)
		buf_str(b, "?");
	else
		format_count(b, n);
	card(b, blind	 ? "look-ups: can&#39;t be told"
		: n == 1 ? "look-up (hash, URL, name)"
			 : "look-ups (hash, URL, name)");
}

static void
put_cards(struct buf *b, const struct model *m)
{
	size_t whole = model_whole_files(m);
	size_t inferred = model_inferred_files(m);
	uint64_t hidden = m->totals.encrypted_out + m->totals.undeciphered_out;
	char text[80];

	buf_str(b, "<ul class=\"cards\">\n<li><b>");
	format_bytes(b, sum_dests(m, model_dest_sent));
	buf_str(b, "</b>left the machine");
	if (m->totals.missing_out) {
		buf_str(b, ", and ");
		format_bytes(b, m->totals.missing_out);
		buf_str(b, " that no packet shows");
	}
	buf_str(b, "</li>\n");
	buf_str(b, whole ? "<li><b class=\"hot\">" : "<li><b>");
	if (render_is_blind(m))
		buf_str(b, "?");
	else
		format_count(b, whole);
	if (render_is_blind(m))
		snprintf(text, sizeof(text), "whole files: can't be told");
	else if (inferred == whole)
		snprintf(text, sizeof(text), "whole file%s, inferred from sizes "
		    "alone", whole == 1 ? "" : "s");
	else
		snprintf(text, sizeof(text), "whole files, %zu of them inferred "
		    "from sizes alone", inferred);
	card(b, inferred || render_is_blind(m) ? text
		: whole == 1 ? "whole file seen leaving"
			     : "whole files seen leaving");
	put_lookup_card(b, m);
	buf_str(b, "<li><b>");
	format_count(b, sum_dests(m, unread));
	buf_str(b, sum_dests(m, unread) == 1
		       ? "</b>transfer that could not be read"
		       : "</b>transfers that could not be read");
	if (m->has_totals && hidden) {
		buf_str(b, "; ");
		format_bytes(b, hidden);
		buf_str(b, " not understood");
	}
	buf_str(b, "</li>\n");
	buf_str(b, "<li><b>");
	format_count(b, m->dests.count);
	buf_str(b, m->dests.more ? " or more" : "");
	card(b, m->dests.count == 1 ? "destination" : "destinations");
	buf_str(b, "</ul>\n");
}

/* The whole files of the user, the first ones in the order of the table. */
static void
put_whole_files(struct buf *b, const struct model *m)
{
	const struct model_file **list = model_sorted_files(m);
	size_t whole = model_whole_rows(m), shown = 0;
	struct buf name;

	b->failed |= m->files.count && !list;
	buf_init(&name, 0);
	if (whole)
		buf_str(b, "<ul class=\"first\">\n");
	for (size_t i = 0; list && i < m->files.count; i++) {
		const struct model_file *f = list[i];

		if (!f->whole || !model_file_counts(f) ||
		    shown++ >= FIRST_FILES)
			continue;
		buf_reset(&name);
		render_file_name(f, &name);
		buf_str(b, "<li><b>");
		format_html(b, (struct span){ name.data, name.len });
		buf_str(b, "</b>, ");
		format_bytes(b, f->sent_bytes);
		buf_str(b, ", to ");
		format_html(b, f->dest->name);
		buf_printf(b, " <span class=\"soft\">%s</span></li>\n",
		    grade_name(f->grade));
	}
	if (whole > FIRST_FILES) {
		buf_str(b, "<li>and ");
		format_count(b, whole - FIRST_FILES);
		buf_str(b, " more, in the table below</li>\n");
	}
	if (whole)
		buf_str(b, "</ul>\n");
	b->failed |= name.failed;
	buf_clear(&name);
	free(list);
}

/* Of these the tables tell more; that they are is part of the answer. */
static void
put_parts_of_files(struct buf *b, const struct model *m)
{
	size_t parts = 0;

	for (size_t i = 0; i < m->files.count; i++) {
		const struct model_file *f =
		    (const struct model_file *)m->files.rows[i];

		parts += !f->whole && model_file_counts(f);
	}
	if (!parts)
		return;
	buf_str(b, "<p>Parts of files: of ");
	format_number_of(b, parts, "file");
	buf_str(b, ", see below.</p>\n");
}

static uint64_t
by_hash(const struct model_dest *d)
{
	return d->by_kind[KIND_HASH_LOOKUP];
}

static uint64_t
by_url(const struct model_dest *d)
{
	return d->by_kind[KIND_URL_LOOKUP];
}

static uint64_t
by_name(const struct model_dest *d)
{
	return d->by_kind[KIND_NAME_LOOKUP];
}

/* What was asked about, where the file itself need not have gone. */
static void
put_lookups(struct buf *b, const struct model *m)
{
	static const struct {
		uint64_t (*value)(const struct model_dest *);
		const char *with;
	} ways[] = {
		{ by_hash, " with the hash of a file" },
		{ by_url, " with a URL" },
		{ by_name, " with a host name" },
	};
	bool any = false;

	if (!sum_dests(m, model_dest_lookups))
		return;
	buf_str(b, "<p>Look-ups that left: ");
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		uint64_t n = sum_dests(m, ways[i].value);

		if (!n)
			continue;
		buf_str(b, any ? ", " : "");
		format_count(b, n);
		buf_str(b, ways[i].with);
		any = true;
	}
	buf_str(b, ".</p>\n");
}

/* Where most of it went. */
static void
put_where(struct buf *b, const struct model *m)
{
	const struct model_dest **list = model_sorted_dests(m);
	size_t n = m->dests.count < FIRST_DESTS ? m->dests.count : FIRST_DESTS;

	if (!list) {
		b->failed |= m->dests.count > 0;
		return;
	}
	buf_str(b, "<p>Where it went: ");
	for (size_t i = 0; i < n; i++) {
		buf_str(b, i ? ", " : "");
		format_html(b, list[i]->name);
		buf_str(b, " (");
		format_bytes(b, model_dest_sent(list[i]));
		buf_str(b, ")");
	}
	if (m->dests.count + m->dests.more > n) {
		buf_str(b, " and ");
		format_count(b, m->dests.count + m->dests.more - n);
		buf_str(b, " more");
	}
	buf_str(b, ".</p>\n");
	free(list);
}

/* Of how much it is known what it was, and by what. */
static void
put_seen(struct buf *b, const struct model *m)
{
	bool any = false;

	for (unsigned v = 0; v < VISIBILITY_COUNT; v++)
		any |= m->by_visibility[v] > 0;
	if (!any)
		return;
	buf_str(b, "<p>How it was seen: ");
	html_words(b, m, render_seen);
	buf_str(b, ".</p>\n");
}

void
html_first_screen(const struct model *m, struct buf *b)
{
	buf_str(b, "<header>\n<h1>What left this machine</h1>\n"
		   "<p class=\"soft\">");
	html_words(b, m, render_inputs);
	if (m->last_ns) {
		buf_str(b, ", ");
		format_period(b, m->first_ns, m->last_ns);
		buf_str(b, " (");
		format_length(b, m->last_ns - m->first_ns);
		buf_str(b, ")");
	}
	buf_str(b, ", ");
	format_number_of(b, m->totals.packets, "packet");
	buf_str(b, ", ");
	format_bytes(b, m->totals.bytes);
	buf_str(b, "</p>\n<p>");
	html_words(b, m, render_who);
	buf_str(b, "</p>\n</header>\n<main>\n<p class=\"answer");
	buf_str(b, model_whole_files(m) ? " hot\">" : "\">");
	html_words(b, m, render_verdict);
	buf_str(b, "</p>\n");
	put_whole_files(b, m);
	put_parts_of_files(b, m);
	put_lookups(b, m);
	put_seen(b, m);
	buf_str(b, "<p>How complete the capture is: ");
	html_words(b, m, render_missing_first);
	buf_str(b, ".</p>\n");
	put_where(b, m);
	put_cards(b, m);
}
