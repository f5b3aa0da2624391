// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/community_id.h"
#include "report/model_dest.h"
#include "report/model_open.h"
#include "report/model_part.h"

struct buf *
model_begin_key(struct model *m, const struct model_dest *d)
{
	buf_reset(&m->scratch);
	buf_append(&m->scratch, d->row.key.p, d->row.key.len);
	buf_u8(&m->scratch, 0);
	return &m->scratch;
}

int
model_keep_id(struct model *m, struct span *dst, const struct event *e)
{
	char s[48];
	int n;

	n = snprintf(s, sizeof(s), "%llu.%llu",
	    (unsigned long long)(e->flow ? e->flow->id : 0),
	    (unsigned long long)e->transfer->number);
	return model_keep(m, dst, (struct span){ (uint8_t *)s, (size_t)n });
}

static int
add_hash(struct model *m, struct model_dest *d, const struct event *e,
    const struct event_hash *h)
{
	struct buf *b = model_begin_key(m, d);
	struct model_hash *row;
	struct table_row *r;
	int err;

	buf_str(b, h->algorithm ? h->algorithm : "");
	buf_u8(b, 0);
	buf_append(b, h->value.p, h->value.len);
	err = table_add(&m->hashes, &m->arena, model_scratch(m), sizeof(*row),
	    &r);
	if (err)
		return err < 0 ? err : 0;
	row = (struct model_hash *)r;
	if (row->count++)
		return 0;
	row->dest = d;
	row->first_ns = e->transfer->start_ns;
	row->known = h->known;
	if (model_keep_id(m, &row->first_transfer, e) ||
	    model_keep(m, &row->algorithm, span_str(h->algorithm)) ||
	    model_keep(m, &row->encoding, span_str(h->encoding)) ||
	    model_keep(m, &row->value, h->value) ||
	    model_keep(m, &row->path, h->path))
		return -ENOMEM;
	return model_keep(m, &row->file_name, h->file_name);
}

static int
add_url(struct model *m, struct model_dest *d, const struct event *e,
    struct span url)
{
	struct buf *b = model_begin_key(m, d);
	struct model_url *row;
	struct table_row *r;
	int err;

	buf_append(b, url.p, url.len);
	err = table_add(&m->urls, &m->arena, model_scratch(m), sizeof(*row),
	    &r);
	if (err)
		return err < 0 ? err : 0;
	row = (struct model_url *)r;
	if (row->count++)
		return 0;
	row->dest = d;
	row->first_ns = e->transfer->start_ns;
	if (model_keep_id(m, &row->first_transfer, e))
		return -ENOMEM;
	return model_keep(m, &row->url, url);
}

static int
add_data(struct model *m, struct model_dest *d, const struct event *e)
{
	const struct event_transfer *t = e->transfer;
	bool files = t->kind == KIND_FILE_UPLOAD ||
		     t->kind == KIND_FILE_FRAGMENT;

	if (model_add_volume(m, d, e) || model_add_categories(m, d, e))
		return -ENOMEM;
	for (size_t i = 0; files && i < t->file_count; i++)
		if (model_add_file(m, d, e, &t->files[i]))
			return -ENOMEM;
	for (size_t i = 0; i < t->hash_count; i++)
		if (add_hash(m, d, e, &t->hashes[i]))
			return -ENOMEM;
	for (size_t i = 0; i < t->url_count; i++)
		if (add_url(m, d, e, t->urls[i]))
			return -ENOMEM;
	return 0;
}

int
model_add_transfer(struct model *m, const struct event *e)
{
	const struct event_transfer *t = e->transfer;
	struct model_process *p;
	struct model_dest *d;

	if (t->kind >= KIND_COUNT || t->grade >= GRADE_COUNT ||
	    t->visibility >= VISIBILITY_COUNT)
		return 0;
	if (model_find_dest(m, e, &d) || model_find_process(m, e, &p))
		return -ENOMEM;
	if (p) {
		p->transfers++;
		p->transfer_out += t->payload_out;
	} else {
		m->unattributed++;
	}
	m->by_visibility[t->visibility]++;
	m->visibility_out[t->visibility] += t->payload_out;
	if (e->flow && model_add_host(m, d, e->flow))
		return -ENOMEM;
	model_add_time(&m->time, t);
	model_add_to_phase(m, t);
	m->by_kind_grade[t->kind][t->grade]++;
	model_dest_time(d, t->start_ns, t->end_ns);
	d->transfers++;
	d->by_kind[t->kind]++;
	d->inferred[t->kind] += t->grade == GRADE_INFERRED;
	d->limited += t->limit_count > 0;
	if (e->flow)
		model_open_transfer(m, e->flow->id, d, t);
	return add_data(m, d, e);
}

bool
model_file_counts(const struct model_file *f)
{
	return f->own && !span_eq(f->origin, SPAN_LITERAL("product"));
}

size_t
model_whole_files(const struct model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->files.count; i++) {
		const struct model_file *f =
		    (const struct model_file *)m->files.rows[i];

		n += f->whole && !f->again && model_file_counts(f);
	}
	return n;
}

size_t
model_seen_rows(const struct model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->files.count; i++) {
		const struct model_file *f =
		    (const struct model_file *)m->files.rows[i];

		n += f->whole && f->grade != GRADE_INFERRED &&
		    model_file_counts(f);
	}
	return n;
}

size_t
model_whole_rows(const struct model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->files.count; i++) {
		const struct model_file *f =
		    (const struct model_file *)m->files.rows[i];

		n += f->whole && model_file_counts(f);
	}
	return n;
}

size_t
model_files_apart(const struct model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->files.count; i++) {
		const struct model_file *f =
		    (const struct model_file *)m->files.rows[i];

		n += f->whole && !model_file_counts(f);
	}
	return n;
}

size_t
model_inferred_files(const struct model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->files.count; i++) {
		const struct model_file *f =
		    (const struct model_file *)m->files.rows[i];

		n += f->whole && !f->again && f->grade == GRADE_INFERRED &&
		    model_file_counts(f);
	}
	return n;
}

/* Whether the same bytes had gone to somebody else before. */
static void
find_earlier(const struct model *m, struct model_file *f)
{
	const struct model_file *best = NULL;

	for (size_t i = 0; f->has_sha256 && i < m->files.count; i++) {
		const struct model_file *o =
		    (const struct model_file *)m->files.rows[i];

		if (o == f || !o->has_sha256 || o->first_ns >= f->first_ns ||
		    memcmp(o->sha256, f->sha256, 32))
			continue;
		if (!best || o->first_ns < best->first_ns)
			best = o;
	}
	f->earlier = best ? best->dest->name : (struct span){ 0 };
}

/* One file that went to several destinations is one file: the row that knows most
 * stands for it. */
static void
find_again(const struct model *m, size_t at)
{
	struct model_file *f = (struct model_file *)m->files.rows[at];

	f->again = false;
	for (size_t i = 0; f->has_sha256 && i < m->files.count && !f->again; i++) {
		const struct model_file *o =
		    (const struct model_file *)m->files.rows[i];

		f->again = i != at && o->whole && model_file_counts(o) &&
			   o->has_sha256 && !memcmp(o->sha256, f->sha256, 32) &&
			   (o->grade < f->grade ||
			       (o->grade == f->grade && i < at));
	}
}

void
model_settle(struct model *m)
{
	for (size_t i = 0; i < m->dests.count; i++)
		((struct model_dest *)m->dests.rows[i])->whole_files = 0;
	m->other.whole_files = 0;
	for (size_t i = 0; i < m->files.count; i++) {
		struct model_file *f = (struct model_file *)m->files.rows[i];

		f->dest->whole_files += f->whole && model_file_counts(f);
		find_earlier(m, f);
		find_again(m, i);
	}
	model_settle_reads(m);
	model_settle_vendors(m);
}

static int
compare_files(const void *pa, const void *pb)
{
	const struct model_file *a = *(const struct model_file *const *)pa;
	const struct model_file *b = *(const struct model_file *const *)pb;

	if (a->whole != b->whole)
		return a->whole ? -1 : 1;
	if (model_file_counts(a) != model_file_counts(b))
		return model_file_counts(a) ? -1 : 1;
	if (a->first_ns != b->first_ns)
		return a->first_ns < b->first_ns ? -1 : 1;
	if (a->packet_first != b->packet_first)
		return a->packet_first < b->packet_first ? -1 : 1;
	return table_row_compare(&a->row, &b->row);
}

const struct model_file **
model_sorted_files(const struct model *m)
{
	const struct model_file **list;

	if (!m->files.count)
		return NULL;
	list = malloc(m->files.count * sizeof(*list));
	if (!list)
		return NULL;
	for (size_t i = 0; i < m->files.count; i++)
		list[i] = (const struct model_file *)m->files.rows[i];
	qsort(list, m->files.count, sizeof(*list), compare_files);
	return list;
}
