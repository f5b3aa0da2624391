// SPDX-License-Identifier: Apache-2.0
#include "report/format.h"
#include "report/render.h"
#include "report/text.h"

#define TEXT_ROWS	10

static void
put_more(struct buf *b, uint64_t more, const char *noun)
{
	if (more) {
		buf_str(b, "  and ");
		format_number_of(b, more, noun);
		buf_str(b, " more\n");
	}
	buf_u8(b, '\n');
}

void
text_categories(const struct model *m, struct buf *b)
{
	size_t n = m->categories.count;

	if (!n)
		return;
	for (size_t i = 0; i < n && i < TEXT_ROWS; i++) {
		const struct model_category *c =
		    (const struct model_category *)m->categories.rows[i];

		buf_str(b, "  SENT        ");
		format_safe(b, c->category);
		buf_str(b, " -> ");
		format_safe(b, c->dest->name);
		buf_str(b, "  in ");
		format_number_of(b, c->transfers, "transfer");
		if (c->path.len) {
			buf_str(b, ", first at ");
			format_safe(b, c->path);
		}
		buf_u8(b, '\n');
	}
	put_more(b, (n > TEXT_ROWS ? n - TEXT_ROWS : 0) + m->categories.more,
	    "row");
}

/* What was found and is not named in what is published. */
void
text_vendors(const struct model *m, struct buf *b)
{
	bool any = false;

	for (size_t i = 0; i < m->vendors.count; i++) {
		const struct model_vendor *v =
		    (const struct model_vendor *)m->vendors.rows[i];
		unsigned n = 0;

		for (unsigned k = 0; v->names_any && category_names[k]; k++) {
			if (!v->found[k] || v->named[k])
				continue;
			buf_str(b, n++ ? ", " : "  NOT NAMED   ");
			buf_str(b, category_names[k]);
		}
		if (!n)
			continue;
		any = true;
		buf_str(b, " -> ");
		format_safe(b, v->vendor);
		buf_str(b, "  in what is published of its products (profile ");
		format_safe(b, v->profile);
		buf_str(b, ")\n");
	}
	if (any)
		buf_u8(b, '\n');
}

void
text_reads(const struct model *m, struct buf *b)
{
	uint64_t left = 0;

	if (!m->reads.count)
		return;
	for (size_t i = 0; i < m->reads.count; i++)
		left += ((const struct model_read *)m->reads.rows[i])
			    ->name_left;
	buf_str(b, "  READ        ");
	format_number_of(b, m->reads.count + m->reads.more, "file");
	buf_str(b, " by watched processes; of the name of ");
	format_count(b, left);
	buf_str(b, " of them one was seen leaving\n\n");
}

void
text_processes(const struct model *m, struct buf *b)
{
	size_t n = 0, silent = 0;
	struct buf name;

	if (!m->processes.count)
		return;
	buf_init(&name, 0);
	for (size_t i = 0; i < m->processes.count; i++) {
		const struct model_process *p =
		    (const struct model_process *)m->processes.rows[i];

		if (!model_process_sent(p)) {
			silent++;
			continue;
		}
		if (n++ >= TEXT_ROWS)
			continue;
		buf_reset(&name);
		render_process(p, &name);
		buf_str(b, "  PROCESS     ");
		format_safe(b, (struct span){ name.data, name.len });
		buf_str(b, "  ");
		format_number_of(b, p->transfers, "transfer");
		buf_str(b, ", ");
		format_bytes(b, p->transfer_out);
		buf_str(b, " out");
		if (p->certainty.len) {
			buf_str(b, ", attribution ");
			format_safe(b, p->certainty);
		}
		buf_u8(b, '\n');
	}
	b->failed |= name.failed;
	buf_clear(&name);
	if (silent) {
		buf_str(b, "  PROCESS     ");
		format_count(b, silent);
		buf_str(b, n ? " more that nothing was seen of\n"
			     : " that nothing was seen of\n");
	}
	put_more(b, (n > TEXT_ROWS ? n - TEXT_ROWS : 0) + m->processes.more,
	    "row");
}
