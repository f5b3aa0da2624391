// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "report/model_part.h"

static int
describe(struct model *m, struct model_process *row,
    const struct event_process *p)
{
	row->pid = p->pid;
	row->parent_pid = p->parent_pid;
	row->user = p->user;
	row->start_ns = p->start_ns;
	row->has_sha256 = p->has_sha256;
	memcpy(row->sha256, p->sha256, 32);
	buf_reset(&m->scratch);
	for (size_t i = 0; i < p->arg_count; i++) {
		if (i)
			buf_u8(&m->scratch, ' ');
		buf_append(&m->scratch, p->args[i].p, p->args[i].len);
		if (m->scratch.len > MODEL_TEXT_MAX)
			break;
	}
	if (model_keep(m, &row->args, model_scratch(m)) ||
	    model_keep(m, &row->executable,
		p->executable.len ? p->executable : p->name) ||
	    model_keep(m, &row->container, p->container))
		return -ENOMEM;
	return model_keep(m, &row->unit, p->unit.len ? p->unit : p->cgroup);
}

/* "ambiguous" once is ambiguous in the row. */
static int
note_certainty(struct model *m, struct model_process *row,
    const struct event_process *p)
{
	bool ambiguous = p->certainty && !strcmp(p->certainty, "ambiguous");

	row->accepted |= p->accepted;
	row->outside |= p->outside;
	row->ambiguous += ambiguous;
	if (p->certainty && (!row->certainty.len || row->ambiguous == 1) &&
	    (model_keep(m, &row->certainty, span_str(p->certainty)) ||
		model_keep(m, &row->source, span_str(p->source))))
		return -ENOMEM;
	if (row->shared_with.len)
		return 0;
	return model_keep(m, &row->shared_with, p->other_executable);
}

int
model_find_process(struct model *m, const struct event *e,
    struct model_process **ret_process)
{
	const struct event_process *p = e->process;
	struct model_process *row;
	struct table_row *r;
	int err;

	*ret_process = NULL;
	if (!p)
		return 0;
	buf_reset(&m->scratch);
	buf_append(&m->scratch, &p->pid, sizeof(p->pid));
	buf_append(&m->scratch, &p->start_ns, sizeof(p->start_ns));
	buf_append(&m->scratch, p->executable.p, p->executable.len);
	err = table_add(&m->processes, &m->arena, model_scratch(m),
	    sizeof(*row), &r);
	if (err)
		return err < 0 ? err : 0;
	row = (struct model_process *)r;
	if (!row->pid && describe(m, row, p))
		return -ENOMEM;
	*ret_process = row;
	return note_certainty(m, row, p);
}

bool
model_process_sent(const struct model_process *p)
{
	return p->flows || p->transfers;
}

int
model_add_process(struct model *m, const struct event *e)
{
	struct model_process *p;

	return model_find_process(m, e, &p);
}

int
model_add_read(struct model *m, const struct event *e)
{
	const struct event_file_read *f = e->read;
	struct model_process *p;
	struct model_read *row;
	struct table_row *r;
	int err;

	if (model_find_process(m, e, &p))
		return -ENOMEM;
	err = table_add(&m->reads, &m->arena, f->path, sizeof(*row), &r);
	if (err)
		return err < 0 ? err : 0;
	row = (struct model_read *)r;
	if (!row->first_ns && !row->path.len) {
		row->first_ns = f->first_ns;
		row->process = p;
		if (model_keep(m, &row->path, f->path))
			return -ENOMEM;
	}
	if (f->first_ns < row->first_ns)
		row->first_ns = f->first_ns;
	if (f->last_ns > row->last_ns)
		row->last_ns = f->last_ns;
	row->size = f->size;
	row->bytes += f->bytes;
	row->mapped |= f->mapped;
	row->whole |= f->size && f->bytes >= f->size && f->end >= f->size;
	return 0;
}

/* The row of that category to that destination; NULL if the table is full. */
static int
find_category(struct model *m, struct model_dest *d, struct span category,
    struct model_category **ret_row)
{
	struct table_row *r;
	int err;

	*ret_row = d->category;
	if (d->category && span_eq(d->category->category, category))
		return 0;
	*ret_row = NULL;
	buf_reset(&m->scratch);
	buf_append(&m->scratch, d->row.key.p, d->row.key.len);
	buf_u8(&m->scratch, 0);
	buf_append(&m->scratch, category.p, category.len);
	err = table_add(&m->categories, &m->arena, model_scratch(m),
	    sizeof(struct model_category), &r);
	if (err)
		return err < 0 ? err : 0;
	*ret_row = d->category = (struct model_category *)r;
	return 0;
}

static int
add_category(struct model *m, struct model_dest *d, const struct event *e,
    const struct event_category *c)
{
	const struct event_transfer *t = e->transfer;
	struct span category = span_str(c->category);
	uint64_t flow = e->flow ? e->flow->id : 0;
	struct model_category *row;
	int err = find_category(m, d, category, &row);

	if (err || !row)
		return err;
	row->places++;
	if (row->transfers && row->last_flow == flow &&
	    row->last_transfer == t->number)
		return 0;
	row->last_flow = flow;
	row->last_transfer = t->number;
	if (row->transfers++)
		return 0;
	row->dest = d;
	row->first_ns = t->start_ns;
	if (model_keep_id(m, &row->first_transfer, e) ||
	    model_keep(m, &row->category, category) ||
	    model_keep(m, &row->path, c->path))
		return -ENOMEM;
	return model_keep(m, &row->why, span_str(c->why));
}

int
model_add_categories(struct model *m, struct model_dest *d,
    const struct event *e)
{
	for (size_t i = 0; i < e->transfer->category_count; i++)
		if (add_category(m, d, e, &e->transfer->categories[i]))
			return -ENOMEM;
	return 0;
}

static struct span
base_name(struct span path)
{
	const uint8_t *slash = path.len ? memrchr(path.p, '/', path.len) : NULL;
	size_t skip = slash ? (size_t)(slash - path.p) + 1 : 0;

	return (struct span){ path.p ? path.p + skip : NULL, path.len - skip };
}

/* Names are all that the log has in common between a file that was read and
 * one that left; they prove neither that it left nor that it did not. */
void
model_settle_reads(struct model *m)
{
	struct table_row *r;
	struct table names;

	table_init(&names, MODEL_FILES_MAX);
	for (size_t i = 0; i < m->files.count; i++) {
		struct model_file *f = (struct model_file *)m->files.rows[i];

		if (f->name.len)
			(void)!table_add(&names, &m->arena, base_name(f->name),
			    sizeof(*r), &r);
	}
	for (size_t i = 0; i < m->reads.count; i++) {
		struct model_read *f = (struct model_read *)m->reads.rows[i];

		f->name_left = table_find(&names, base_name(f->path)) != NULL;
	}
	table_clear(&names);
}
