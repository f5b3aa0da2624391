// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "report/csv.h"
#include "report/render.h"

void
csv_cell(struct buf *b, struct span text)
{
	format_csv(b, text);
	buf_u8(b, ',');
}

void
csv_number(struct buf *b, uint64_t n)
{
	buf_printf(b, "%llu,", (unsigned long long)n);
}

void
csv_flag(struct buf *b, bool v)
{
	buf_str(b, v ? "true," : "false,");
}

/* RFC 3339 in whole seconds; empty for a time that is not known. */
void
csv_when(struct buf *b, uint64_t ns)
{
	size_t start = b->len;

	if (ns)
		format_date_time(b, ns);
	if (b->len - start == 19) {
		b->data[start + 10] = 'T';
		buf_u8(b, 'Z');
	}
	buf_u8(b, ',');
}

/* The comma behind the last cell becomes the line's end. */
void
csv_end_row(struct buf *b)
{
	if (b->len && !b->failed)
		b->len--;
	buf_str(b, "\r\n");
}

static void
put_dest(struct buf *b, const struct model_dest *d)
{
	csv_cell(b, d->name);
	csv_cell(b, d->address);
	csv_cell(b, d->vendor);
	csv_cell(b, d->network);
	csv_cell(b, d->purpose);
	csv_when(b, d->first_ns);
	csv_when(b, d->last_ns);
	csv_number(b, d->flows);
	csv_number(b, d->transfers);
	csv_number(b, model_dest_sent(d));
	csv_number(b, model_dest_received(d));
	csv_number(b, d->understood_out);
	csv_number(b, d->undeciphered_out);
	csv_number(b, d->encrypted_out);
	csv_number(b, d->missing_out);
	csv_number(b, model_dest_lookups(d));
	csv_number(b, d->whole_files);
	csv_number(b, d->by_kind[KIND_OPAQUE]);
	csv_end_row(b);
}

static void
put_dests(const struct model *m, struct buf *b)
{
	const struct model_dest **list = model_sorted_dests(m);

	buf_str(b, "destination,address,vendor,network,purpose,first,last,"
		   "flows,transfers,sent,received,understood_out,"
		   "undeciphered_out,encrypted_out,missing_out,lookups,files,"
		   "unread\r\n");
	b->failed |= m->dests.count && !list;
	for (size_t i = 0; list && i < m->dests.count; i++)
		put_dest(b, list[i]);
	if (m->dests.more)
		put_dest(b, &m->other);
	free(list);
}

static void
put_file(struct buf *b, const struct model_file *f)
{
	csv_cell(b, f->dest->name);
	csv_cell(b, f->name);
	csv_flag(b, f->whole);
	csv_cell(b, span_str(grade_name(f->grade)));
	if (f->has_sha256)
		format_hex(b, f->sha256, 32);
	buf_u8(b, ',');
	if (f->size != UINT64_MAX)
		buf_printf(b, "%llu", (unsigned long long)f->size);
	buf_u8(b, ',');
	csv_number(b, f->sent_bytes);
	csv_flag(b, f->known);
	csv_flag(b, f->ambiguous);
	csv_cell(b, f->also);
	csv_cell(b, f->origin);
	csv_cell(b, f->mime_type);
	csv_cell(b, f->encodings);
	csv_cell(b, f->reasons);
	csv_when(b, f->first_ns);
	csv_number(b, f->transfers);
	csv_cell(b, f->first_transfer);
	csv_number(b, f->packet_first);
	csv_number(b, f->packet_last);
	csv_end_row(b);
}

static void
put_files(const struct model *m, struct buf *b)
{
	const struct model_file **list = model_sorted_files(m);

	buf_str(b, "destination,name,whole,grade,sha256,size,sent_bytes,known,"
		   "ambiguous,also,origin,mime_type,encodings,reasons,first,"
		   "transfers,first_transfer,packet_first,packet_last\r\n");
	b->failed |= m->files.count && !list;
	for (size_t i = 0; list && i < m->files.count; i++)
		put_file(b, list[i]);
	free(list);
}

static void
put_hashes(const struct model *m, struct buf *b)
{
	buf_str(b, "destination,algorithm,value,encoding,path,known,file_name,"
		   "count,first,first_transfer\r\n");
	for (size_t i = 0; i < m->hashes.count; i++) {
		const struct model_hash *h =
		    (const struct model_hash *)m->hashes.rows[i];

		csv_cell(b, h->dest->name);
		csv_cell(b, h->algorithm);
		csv_cell(b, h->value);
		csv_cell(b, h->encoding);
		csv_cell(b, h->path);
		csv_flag(b, h->known);
		csv_cell(b, h->file_name);
		csv_number(b, h->count);
		csv_when(b, h->first_ns);
		csv_cell(b, h->first_transfer);
		csv_end_row(b);
	}
}

static void
put_urls(const struct model *m, struct buf *b)
{
	buf_str(b, "destination,url,count,first,first_transfer\r\n");
	for (size_t i = 0; i < m->urls.count; i++) {
		const struct model_url *u =
		    (const struct model_url *)m->urls.rows[i];

		csv_cell(b, u->dest->name);
		csv_cell(b, u->url);
		csv_number(b, u->count);
		csv_when(b, u->first_ns);
		csv_cell(b, u->first_transfer);
		csv_end_row(b);
	}
}

static void
put_anomalies(const struct model *m, struct buf *b)
{
	buf_str(b, "what,detail,destination,flow,packet,count,first\r\n");
	for (size_t i = 0; i < m->anomalies.count; i++) {
		const struct model_anomaly *a =
		    (const struct model_anomaly *)m->anomalies.rows[i];

		csv_cell(b, a->what);
		csv_cell(b, a->detail);
		csv_cell(b, a->dest);
		csv_number(b, a->flow);
		csv_number(b, a->packet);
		csv_number(b, a->count);
		csv_when(b, a->first_ns);
		csv_end_row(b);
	}
}

void
render_csv(const struct model *m, enum render_table table, struct buf *out)
{
	static const struct {
		void (*put)(const struct model *m, struct buf *b);
		size_t more;	/* offset of its table in the model */
	} tables[RENDER_TABLE_COUNT] = {
		[RENDER_DESTINATIONS] = { put_dests, 0 },
		[RENDER_FILES] = { put_files,
				   offsetof(struct model, files) },
		[RENDER_HASHES] = { put_hashes,
				    offsetof(struct model, hashes) },
		[RENDER_URLS] = { put_urls, offsetof(struct model, urls) },
		[RENDER_ANOMALIES] = { put_anomalies,
				       offsetof(struct model, anomalies) },
		[RENDER_CATEGORIES] = { csv_categories,
					offsetof(struct model, categories) },
		[RENDER_PROCESSES] = { csv_processes,
				       offsetof(struct model, processes) },
		[RENDER_READS] = { csv_reads, offsetof(struct model, reads) },
		[RENDER_TIMELINE] = { csv_timeline, 0 },
		[RENDER_PHASES] = { csv_phases, 0 },
		[RENDER_VENDORS] = { csv_vendors,
				     offsetof(struct model, vendors) },
	};
	const struct table *t;

	tables[table].put(m, out);
	if (!tables[table].more)
		return;
	t = (const struct table *)((const char *)m + tables[table].more);
	if (t->more)
		buf_printf(out,
		    "\"and %llu more findings, see events.jsonl\"\r\n",
		    (unsigned long long)t->more);
}
