// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "report/format.h"
#include "report/render.h"
#include "report/text.h"

/* How many rows a terminal gets; the rest is counted. */
#define TEXT_FILES	50
#define TEXT_HASHES	10
#define TEXT_URLS	10
#define TEXT_ANOMALIES	10

static void
put_head(struct buf *b, const struct model *m)
{
	struct buf inputs;

	buf_init(&inputs, 0);
	render_inputs(m, &inputs);
	format_safe(b, (struct span){ inputs.data, inputs.len });
	buf_clear(&inputs);
	buf_str(b, "   ");
	if (m->last_ns) {
		format_period(b, m->first_ns, m->last_ns);
		buf_str(b, "   ");
	}
	format_number_of(b, m->totals.packets, "packet");
	buf_str(b, ", ");
	format_bytes(b, m->totals.bytes);
	buf_str(b, ", ");
	render_missing(m, b);
	buf_str(b, "\n\n");
}

static void
put_file(struct buf *b, const struct model_file *f)
{
	struct buf words;

	buf_str(b, "  ");
	buf_str(b, render_file_label(f));
	buf_str(b, f->whole ? "  " : "    ");
	buf_init(&words, 0);
	render_file_name(f, &words);
	format_safe(b, (struct span){ words.data, words.len });
	buf_str(b, "  ");
	if (!f->whole && f->size != UINT64_MAX) {
		format_count(b, f->sent_bytes);
		buf_str(b, " of ");
		format_exact_bytes(b, f->size);
	} else {
		format_exact_bytes(b, f->sent_bytes);
	}
	buf_str(b, " -> ");
	format_safe(b, f->dest->name);
	buf_str(b, "  ");
	format_time(b, f->first_ns);
	buf_str(b, "  ");
	buf_reset(&words);
	render_file_why(f, &words);
	format_safe(b, (struct span){ words.data, words.len });
	buf_clear(&words);
	if (f->transfers > 1) {
		buf_str(b, "  in ");
		format_number_of(b, f->transfers, "transfer");
	}
	buf_u8(b, '\n');
}

static void
put_more(struct buf *b, uint64_t more, const char *noun)
{
	if (!more)
		return;
	buf_str(b, "  and ");
	format_number_of(b, more, noun);
	buf_str(b, " more\n");
}

void
text_files(const struct model *m, struct buf *b)
{
	const struct model_file **list = model_sorted_files(m);
	size_t shown = m->files.count < TEXT_FILES ? m->files.count
						   : TEXT_FILES;

	if (!list)
		return;
	for (size_t i = 0; i < shown; i++)
		put_file(b, list[i]);
	put_more(b, m->files.count - shown + m->files.more, "file finding");
	buf_u8(b, '\n');
	free(list);
}

/* Known files' hashes; all others are in the table of the report. */
static void
put_hashes(struct buf *b, const struct model *m)
{
	uint64_t shown = 0, unknown = 0, known_more = 0;

	for (size_t i = 0; i < m->hashes.count; i++) {
		const struct model_hash *h =
		    (const struct model_hash *)m->hashes.rows[i];

		unknown += !h->known;
		known_more += h->known && shown == TEXT_HASHES;
		if (!h->known || shown == TEXT_HASHES)
			continue;
		shown++;
		buf_str(b, "  HASH        ");
		format_safe(b, h->algorithm);
		buf_str(b, " of ");
		format_safe(b, h->file_name.len ? h->file_name : h->value);
		buf_str(b, " -> ");
		format_safe(b, h->dest->name);
		buf_str(b, "  ");
		format_time(b, h->first_ns);
		if (h->count > 1) {
			buf_str(b, "  ");
			format_number_of(b, h->count, "time");
		}
		buf_u8(b, '\n');
	}
	put_more(b, known_more, "hash finding");
	if (unknown + m->hashes.more) {
		buf_str(b, "  ");
		format_count(b, unknown + m->hashes.more);
		buf_str(b, unknown + m->hashes.more == 1
			       ? " hash of no known file\n"
			       : " hashes of no known file\n");
	}
	if (m->hashes.count)
		buf_u8(b, '\n');
}

static void
put_urls(struct buf *b, const struct model *m)
{
	size_t shown = m->urls.count < TEXT_URLS ? m->urls.count : TEXT_URLS;

	for (size_t i = 0; i < shown; i++) {
		const struct model_url *u =
		    (const struct model_url *)m->urls.rows[i];

		buf_str(b, "  URL         ");
		format_safe(b, u->url);
		buf_str(b, " -> ");
		format_safe(b, u->dest->name);
		buf_str(b, "  ");
		format_time(b, u->first_ns);
		buf_u8(b, '\n');
	}
	put_more(b, m->urls.count - shown + m->urls.more, "URL");
	if (shown)
		buf_u8(b, '\n');
}

static void
put_anomalies(struct buf *b, const struct model *m)
{
	size_t shown = m->anomalies.count < TEXT_ANOMALIES
			   ? m->anomalies.count
			   : TEXT_ANOMALIES;

	for (size_t i = 0; i < shown; i++) {
		const struct model_anomaly *a =
		    (const struct model_anomaly *)m->anomalies.rows[i];

		buf_str(b, "  ANOMALY     ");
		format_safe(b, a->what);
		buf_str(b, "  ");
		format_safe(b, a->detail);
		buf_printf(b, "  packet %llu", (unsigned long long)a->packet);
		if (a->count > 1) {
			buf_str(b, "  ");
			format_number_of(b, a->count, "time");
		}
		buf_u8(b, '\n');
	}
	put_more(b, m->anomalies.count - shown + m->anomalies.more, "finding");
	if (shown)
		buf_u8(b, '\n');
}

static void
put_phases(struct buf *b, const struct model *m)
{
	for (size_t i = 0; i < m->phase_count; i++) {
		const struct model_phase *p = &m->phases[i];

		buf_str(b, "  PHASE       ");
		format_safe(b, p->text);
		buf_str(b, "  ");
		if (p->start_ns) {
			buf_str(b, "from ");
			format_time(b, p->start_ns);
			buf_str(b, "  ");
		}
		format_number_of(b, p->transfers, "transfer");
		buf_str(b, ", ");
		format_exact_bytes(b, p->payload_out);
		buf_str(b, " out, ");
		format_number_of(b, p->kinds[KIND_HASH_LOOKUP] +
			p->kinds[KIND_URL_LOOKUP], "look-up");
		buf_str(b, ", ");
		format_number_of(b, p->kinds[KIND_FILE_UPLOAD] +
			p->kinds[KIND_FILE_FRAGMENT], "file transfer");
		buf_u8(b, '\n');
	}
	put_more(b, m->marks_more, "mark");
	if (m->phase_count)
		buf_u8(b, '\n');
}

/* All outbound payload, in the four parts it falls into. */
static void
put_account(struct buf *b, const struct model *m)
{
	const struct event_totals *t = &m->totals;
	const struct {
		const char *name;
		uint64_t n;
	} parts[] = {
		{ "understood", t->understood_out },
		{ "undeciphered", t->undeciphered_out },
		{ "encrypted", t->encrypted_out },
		{ "missing", t->missing_out },
	};
	uint64_t sum = 0;

	for (size_t i = 0; i < 4; i++)
		sum += parts[i].n;
	if (m->has_totals) {
		buf_str(b, "  payload out ");
		format_exact_bytes(b, sum);
		for (size_t i = 0; i < 4; i++) {
			buf_str(b, i ? " + " : " = ");
			buf_str(b, parts[i].name);
			buf_u8(b, ' ');
			format_count(b, parts[i].n);
		}
		buf_u8(b, '\n');
		if (sum != t->payload_out + t->missing_out) {
			buf_str(b, "  payload captured does not add up: ");
			format_exact_bytes(b, t->payload_out);
			buf_u8(b, '\n');
		}
	}
	buf_str(b, "  ");
	render_verdict(m, b);
	buf_u8(b, '\n');
}

void
render_text(const struct model *m, struct buf *out)
{
	put_head(out, m);
	text_dests(m, 0, out);
	text_files(m, out);
	put_hashes(out, m);
	put_urls(out, m);
	text_categories(m, out);
	text_vendors(m, out);
	text_reads(m, out);
	text_processes(m, out);
	put_phases(out, m);
	put_anomalies(out, m);
	put_account(out, m);
}
