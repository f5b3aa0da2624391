// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "report/format.h"
#include "report/render.h"
#include "report/text.h"

#define TOP_PROCESSES	10

static uint64_t
lately(const struct model_process *p)
{
	return p->transfer_out - p->shown_out;
}

/* Who sent lately first, then who sent most. */
static int
by_rate(const void *a, const void *b)
{
	const struct model_process *p = *(const struct model_process *const *)a;
	const struct model_process *q = *(const struct model_process *const *)b;

	if (lately(p) != lately(q))
		return lately(p) > lately(q) ? -1 : 1;
	if (p->transfer_out != q->transfer_out)
		return p->transfer_out > q->transfer_out ? -1 : 1;
	return table_row_compare(&p->row, &q->row);
}

static void
put_process(struct buf *b, const struct model_process *p, double seconds)
{
	struct buf name;

	buf_init(&name, 0);
	render_process(p, &name);
	buf_str(b, "  PROCESS     ");
	format_safe(b, (struct span){ name.data, name.len });
	b->failed |= name.failed;
	buf_clear(&name);
	buf_str(b, "  ");
	if (seconds > 0) {
		format_bytes(b, (uint64_t)((double)lately(p) / seconds));
		buf_str(b, "/s, ");
	}
	format_bytes(b, p->transfer_out);
	buf_str(b, " out in ");
	format_number_of(b, p->transfers, "transfer");
	if (p->certainty.len) {
		buf_str(b, ", attribution ");
		format_safe(b, p->certainty);
	}
	buf_u8(b, '\n');
}

static void
put_processes(struct buf *b, const struct model *m, double seconds)
{
	const struct model_process **list = calloc(m->processes.count + 1,
	    sizeof(struct model_process *));
	size_t n = 0;

	if (!list) {
		b->failed = true;
		return;
	}
	for (size_t i = 0; i < m->processes.count; i++) {
		const struct model_process *p =
		    (const struct model_process *)m->processes.rows[i];

		if (model_process_sent(p))
			list[n++] = p;
	}
	if (n)
		qsort(list, n, sizeof(*list), by_rate);
	for (size_t i = 0; i < n && i < TOP_PROCESSES; i++)
		put_process(b, list[i], seconds);
	if (n > TOP_PROCESSES) {
		buf_str(b, "  and ");
		format_number_of(b, n - TOP_PROCESSES, "row");
		buf_str(b, " more\n");
	}
	if (n)
		buf_u8(b, '\n');
	free(list);
}

static void
put_head(struct buf *b, const struct model *m)
{
	buf_str(b, m->has_totals ? "ended" : "running");
	if (m->last_ns) {
		buf_str(b, "   ");
		format_period(b, m->first_ns, m->last_ns);
	}
	buf_str(b, "   ");
	format_number_of(b, m->events, "event");
	buf_str(b, "\n\n");
}

/* Later rates are from here on. */
static void
look_away(struct model *m)
{
	for (size_t i = 0; i < m->dests.count; i++) {
		struct model_dest *d = (struct model_dest *)m->dests.rows[i];

		d->shown_out = model_dest_sent(d);
	}
	m->other.shown_out = model_dest_sent(&m->other);
	for (size_t i = 0; i < m->processes.count; i++) {
		struct model_process *p =
		    (struct model_process *)m->processes.rows[i];

		p->shown_out = p->transfer_out;
	}
}

void
render_top(struct model *m, double seconds, struct buf *out)
{
	model_settle(m);
	put_head(out, m);
	text_dests(m, seconds, out);
	put_processes(out, m, seconds);
	text_files(m, out);
	if (!m->dests.count)
		buf_str(out, "  Nothing was seen leaving yet.\n");
	buf_str(out, "  Transfers and connections count when they end; what is "
		     "under way is not in it.\n");
	look_away(m);
}
