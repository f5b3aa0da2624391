// SPDX-License-Identifier: Apache-2.0
#include "report/csv.h"

void
csv_categories(const struct model *m, struct buf *b)
{
	buf_str(b, "destination,category,transfers,places,path,why,first,"
		   "first_transfer\r\n");
	for (size_t i = 0; i < m->categories.count; i++) {
		const struct model_category *c =
		    (const struct model_category *)m->categories.rows[i];

		csv_cell(b, c->dest->name);
		csv_cell(b, c->category);
		csv_number(b, c->transfers);
		csv_number(b, c->places);
		csv_cell(b, c->path);
		csv_cell(b, c->why);
		csv_when(b, c->first_ns);
		csv_cell(b, c->first_transfer);
		csv_end_row(b);
	}
}

void
csv_vendors(const struct model *m, struct buf *b)
{
	buf_str(b, "vendor,profile,category,transfers,named\r\n");
	for (size_t i = 0; i < m->vendors.count; i++) {
		const struct model_vendor *v =
		    (const struct model_vendor *)m->vendors.rows[i];

		for (unsigned k = 0; category_names[k]; k++) {
			if (!v->named[k] && !v->found[k])
				continue;
			csv_cell(b, v->vendor);
			csv_cell(b, v->profile);
			csv_cell(b, span_str(category_names[k]));
			csv_number(b, v->found[k]);
			if (v->names_any)
				csv_flag(b, v->named[k]);
			else
				csv_cell(b, (struct span){ 0 });
			csv_end_row(b);
		}
	}
}

void
csv_processes(const struct model *m, struct buf *b)
{
	buf_str(b, "pid,parent_pid,executable,args,unit,container,source,"
		   "certainty,shared_with,flows,transfers,sent\r\n");
	for (size_t i = 0; i < m->processes.count; i++) {
		const struct model_process *p =
		    (const struct model_process *)m->processes.rows[i];

		csv_number(b, p->pid);
		csv_number(b, p->parent_pid);
		csv_cell(b, p->executable);
		csv_cell(b, p->args);
		csv_cell(b, p->unit);
		csv_cell(b, p->container);
		csv_cell(b, p->source);
		csv_cell(b, p->certainty);
		csv_cell(b, p->shared_with);
		csv_number(b, p->flows);
		csv_number(b, p->transfers);
		csv_number(b, p->transfer_out);
		csv_end_row(b);
	}
}

void
csv_reads(const struct model *m, struct buf *b)
{
	buf_str(b, "path,pid,executable,size,read_bytes,whole,mapped,"
		   "name_seen_leaving,first,last\r\n");
	for (size_t i = 0; i < m->reads.count; i++) {
		const struct model_read *f =
		    (const struct model_read *)m->reads.rows[i];

		csv_cell(b, f->path);
		csv_number(b, f->process ? f->process->pid : 0);
		csv_cell(b, f->process ? f->process->executable
				       : (struct span){ 0 });
		csv_number(b, f->size);
		csv_number(b, f->bytes);
		csv_flag(b, f->whole);
		csv_flag(b, f->mapped);
		csv_flag(b, f->name_left);
		csv_when(b, f->first_ns);
		csv_when(b, f->last_ns);
		csv_end_row(b);
	}
}

void
csv_timeline(const struct model *m, struct buf *b)
{
	const struct model_time *t = &m->time;

	buf_str(b, "from,seconds,files_out,lookups_out,telemetry_out,"
		   "other_out,opaque_out\r\n");
	for (size_t i = 0; i < t->count; i++) {
		csv_when(b, (t->first + i) * t->width_s * 1000000000);
		csv_number(b, t->width_s);
		for (int g = 0; g < GROUP_COUNT; g++)
			csv_number(b, t->out[i][g]);
		csv_end_row(b);
	}
}

void
csv_phases(const struct model *m, struct buf *b)
{
	buf_str(b, "phase,from,transfers,sent,files_out,lookups_out,"
		   "telemetry_out,other_out,opaque_out\r\n");
	for (size_t i = 0; i < m->phase_count; i++) {
		const struct model_phase *p = &m->phases[i];

		csv_cell(b, p->text);
		csv_when(b, i ? p->start_ns : m->begun_ns);
		csv_number(b, p->transfers);
		csv_number(b, p->payload_out);
		for (int g = 0; g < GROUP_COUNT; g++)
			csv_number(b, p->out[g]);
		csv_end_row(b);
	}
	if (m->marks_more)
		buf_printf(b, "\"and %llu more marks, see events.jsonl\"\r\n",
		    (unsigned long long)m->marks_more);
}
