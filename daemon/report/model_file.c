// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "flow/community_id.h"
#include "report/model_dest.h"
#include "report/model_part.h"

/* The rows of files: one for each file and destination, from the transfers that
 * carried parts of it and from what the engine adds them up to. */

/* The row of that file to that destination, NULL if the table is full. What
 * has neither hash nor name is a row for each size. */
static int
find_file(struct model *m, struct model_dest *d, const struct event_file *f,
    struct model_file **ret_row)
{
	struct buf *b = model_begin_key(m, d);
	struct table_row *r;
	int err;

	if (f->has_sha256) {
		buf_append(b, f->sha256, 32);
	} else {
		buf_append(b, f->name.p, f->name.len);
		buf_u8(b, 0);
		buf_append(b, &f->size, sizeof(f->size));
	}
	err = table_add(&m->files, &m->arena, model_scratch(m),
	    sizeof(struct model_file), &r);
	*ret_row = err ? NULL : (struct model_file *)r;
	return err < 0 ? err : 0;
}

static int
keep_list(struct model *m, struct span *dst, const char *const *words,
    const struct span *texts, size_t count, const char *between)
{
	buf_reset(&m->scratch);
	for (size_t i = 0; i < count && m->scratch.len < MODEL_TEXT_MAX; i++) {
		struct span s = words ? span_str(words[i]) : texts[i];

		if (i)
			buf_str(&m->scratch, between);
		buf_append(&m->scratch, s.p, s.len);
	}
	return model_keep(m, dst, model_scratch(m));
}

static bool
is_whole(const struct event_file *f)
{
	return f->size != UINT64_MAX && f->size && f->sent_bytes >= f->size;
}

static int
describe_file(struct model *m, struct model_file *row,
    const struct event_file *f)
{
	row->has_sha256 = f->has_sha256;
	memcpy(row->sha256, f->sha256, 32);
	row->size = f->size;
	row->known = f->known;
	row->ambiguous = f->ambiguous;
	row->declared = f->declared;
	if (model_keep(m, &row->name, f->name) ||
	    model_keep(m, &row->mime_type, f->mime_type) ||
	    model_keep(m, &row->origin, span_str(f->origin)) ||
	    keep_list(m, &row->encodings, f->encodings, NULL,
		f->encoding_count, ", "))
		return -ENOMEM;
	return keep_list(m, &row->also, NULL, f->also, f->also_count, ", ");
}

/* What is known best of a file stands in its row: the whole before a part,
 * then the better grade. */
static bool
is_better(const struct model_file *row, bool whole, enum grade grade)
{
	if (row->whole != whole)
		return whole;
	return grade < row->grade;
}

/* A file may join the known ones, and get a name, between two transfers. */
static int
learn_file(struct model *m, struct model_file *row, const struct event_file *f)
{
	return f->known && !row->known ? describe_file(m, row, f) : 0;
}

/* Where the first transfer of a file is found, and whose it was. */
static int
place_file(struct model *m, struct model_file *row, const struct event *e)
{
	const struct event_flow *f = e->flow;
	char id[COMMUNITY_ID_SIZE];

	row->first_ns = e->transfer->start_ns;
	row->packet_first = e->transfer->packet_first;
	row->one_last_ns = e->transfer->end_ns;
	row->one_packet_last = e->transfer->packet_last;
	if (model_keep_id(m, &row->first_transfer, e) ||
	    model_find_process(m, e, &row->process))
		return -ENOMEM;
	if (!f)
		return 0;
	if (f->community_id.len)
		return model_keep(m, &row->community_id, f->community_id);
	community_id_write(&f->local, &f->remote, f->local_port,
	    f->remote_port, f->proto, f->ip_version, id);
	return model_keep(m, &row->community_id, span_str(id));
}

int
model_add_file(struct model *m, struct model_dest *d, const struct event *e,
    const struct event_file *f)
{
	const struct event_transfer *t = e->transfer;
	/* A transfer is proven by one of its files; the others need not be. */
	enum grade grade = !f->known && t->grade == GRADE_PROVEN
			       ? GRADE_OBSERVED
			       : t->grade;
	bool whole, fresh, carried, outside;
	struct model_file *row;

	if (find_file(m, d, f, &row))
		return -ENOMEM;
	if (!row)
		return 0;
	whole = is_whole(f) ||
		(f->size == UINT64_MAX && t->kind == KIND_FILE_UPLOAD);
	row->kept |= f->kept == EVENT_KEPT;
	fresh = !row->dest;
	if (fresh) {
		row->dest = d;
		if (describe_file(m, row, f) || place_file(m, row, e))
			return -ENOMEM;
	} else if (learn_file(m, row, f)) {
		return -ENOMEM;
	}
	if (e->on_behalf_of && !row->behalf.len &&
	    model_keep(m, &row->behalf, e->on_behalf_of->executable.len ?
		e->on_behalf_of->executable : e->on_behalf_of->name))
		return -ENOMEM;
	/* What is handed to a vendor's cloud, or to whom the client had not
	 * asked for, is not only carried on. */
	carried = e->on_behalf_of && e->behalf_asked;
	outside = e->process && e->process->outside;
	row->own |= (!carried && !outside) || d->vendor.len;
	row->outside |= outside;
	row->transfers++;
	row->packet_last = t->packet_last;
	if (t->end_ns > row->last_ns)
		row->last_ns = t->end_ns;
	if (f->sent_bytes > row->sent_bytes)
		row->sent_bytes = f->sent_bytes;
	if (f->coverage > row->coverage)
		row->coverage = f->coverage;
	if (!fresh && !is_better(row, whole, grade))
		return 0;
	row->whole = whole;
	row->grade = grade;
	row->visibility = t->visibility;
	return keep_list(m, &row->reasons, NULL, t->reasons, t->reason_count,
	    "; ");
}

int
model_add_file_total(struct model *m, const struct event *e)
{
	const struct event_file_total *t = e->file;
	uint64_t transfers = t->transfer_count + t->transfers_more;
	bool whole = is_whole(&t->file);
	struct model_dest *d;
	struct model_file *row;

	if (model_find_dest(m, e, &d) || find_file(m, d, &t->file, &row))
		return -ENOMEM;
	if (!row)
		return 0;
	if (!row->dest) {
		row->dest = d;
		row->first_ns = e->ts_ns;
		row->packet_first = t->packet_first;
		row->grade = t->grade;
		row->own = true;
		if (describe_file(m, row, &t->file))
			return -ENOMEM;
	} else if (learn_file(m, row, &t->file)) {
		return -ENOMEM;
	}
	if (transfers > row->transfers)
		row->transfers = transfers;
	if (t->packet_last > row->packet_last)
		row->packet_last = t->packet_last;
	if (e->ts_ns > row->last_ns)
		row->last_ns = e->ts_ns;
	if (t->file.sent_bytes > row->sent_bytes)
		row->sent_bytes = t->file.sent_bytes;
	if (t->file.coverage > row->coverage)
		row->coverage = t->file.coverage;
	if (!whole || row->whole)
		return 0;
	/* All of it went out, though no single transfer held all. */
	row->whole = true;
	row->grade = t->grade;
	m->pieced_files++;
	return model_keep(m, &row->reasons,
	    SPAN_LITERAL("parts that add up to all of it"));
}
