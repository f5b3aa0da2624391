// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "report/format.h"
#include "report/render.h"

static void
cell(struct buf *b, struct span text)
{
	format_csv(b, text);
	buf_u8(b, ',');
}

static void
number(struct buf *b, uint64_t n)
{
	buf_printf(b, "%llu,", (unsigned long long)n);
}

static void
flag(struct buf *b, bool v)
{
	buf_str(b, v ? "true," : "false,");
}

/* RFC 3339 in whole seconds; empty for a time that is not known. */
static void
when(struct buf *b, uint64_t ns)
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
static void
end_row(struct buf *b)
{
	if (b->len && !b->failed)
		b->len--;
	buf_str(b, "\r\n");
}

static void
put_dest(struct buf *b, const struct model_dest *d)
{
	cell(b, d->name);
	cell(b, d->address);
	cell(b, d->vendor);
	cell(b, d->network);
	cell(b, d->purpose);
	when(b, d->first_ns);
	when(b, d->last_ns);
	number(b, d->flows);
	number(b, d->transfers);
	number(b, model_dest_sent(d));
	number(b, model_dest_received(d));
	number(b, d->understood_out);
	number(b, d->undeciphered_out);
	number(b, d->encrypted_out);
	number(b, d->missing_out);
	number(b, model_dest_lookups(d));
	number(b, d->whole_files);
	number(b, d->by_kind[KIND_OPAQUE]);
	end_row(b);
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
	cell(b, f->dest->name);
	cell(b, f->name);
	flag(b, f->whole);
	cell(b, span_str(grade_name(f->grade)));
	if (f->has_sha256)
		format_hex(b, f->sha256, 32);
	buf_u8(b, ',');
	if (f->size != UINT64_MAX)
		buf_printf(b, "%llu", (unsigned long long)f->size);
	buf_u8(b, ',');
	number(b, f->sent_bytes);
	flag(b, f->known);
	flag(b, f->ambiguous);
	cell(b, f->also);
	cell(b, f->origin);
	cell(b, f->mime_type);
	cell(b, f->encodings);
	cell(b, f->reasons);
	when(b, f->first_ns);
	number(b, f->transfers);
	cell(b, f->first_transfer);
	number(b, f->packet_first);
	number(b, f->packet_last);
	end_row(b);
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

		cell(b, h->dest->name);
		cell(b, h->algorithm);
		cell(b, h->value);
		cell(b, h->encoding);
		cell(b, h->path);
		flag(b, h->known);
		cell(b, h->file_name);
		number(b, h->count);
		when(b, h->first_ns);
		cell(b, h->first_transfer);
		end_row(b);
	}
}

static void
put_urls(const struct model *m, struct buf *b)
{
	buf_str(b, "destination,url,count,first,first_transfer\r\n");
	for (size_t i = 0; i < m->urls.count; i++) {
		const struct model_url *u =
		    (const struct model_url *)m->urls.rows[i];

		cell(b, u->dest->name);
		cell(b, u->url);
		number(b, u->count);
		when(b, u->first_ns);
		cell(b, u->first_transfer);
		end_row(b);
	}
}

static void
put_anomalies(const struct model *m, struct buf *b)
{
	buf_str(b, "what,detail,destination,flow,packet,count,first\r\n");
	for (size_t i = 0; i < m->anomalies.count; i++) {
		const struct model_anomaly *a =
		    (const struct model_anomaly *)m->anomalies.rows[i];

		cell(b, a->what);
		cell(b, a->detail);
		cell(b, a->dest);
		number(b, a->flow);
		number(b, a->packet);
		number(b, a->count);
		when(b, a->first_ns);
		end_row(b);
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
