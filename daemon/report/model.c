// SPDX-License-Identifier: Apache-2.0
#include "report/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "evidence/event/event_totals.h"
#include "report/model_open.h"
#include "report/model_part.h"

struct model *
model_new(void)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	arena_init(&m->arena);
	buf_init(&m->scratch, 1 << 20);
	table_init(&m->dests, MODEL_DESTS_MAX);
	table_init(&m->files, MODEL_FILES_MAX);
	table_init(&m->hashes, MODEL_HASHES_MAX);
	table_init(&m->urls, MODEL_URLS_MAX);
	table_init(&m->anomalies, MODEL_ANOMALIES_MAX);
	table_init(&m->processes, MODEL_PROCESSES_MAX);
	table_init(&m->categories, MODEL_CATEGORIES_MAX);
	table_init(&m->reads, MODEL_READS_MAX);
	table_init(&m->hosts, MODEL_HOSTS_MAX);
	table_init(&m->volumes, MODEL_VOLUMES_MAX);
	table_init(&m->vendors, MODEL_VENDORS_MAX);
	m->other.name = SPAN_LITERAL("all other destinations");
	return m;
}

void
model_free(struct model *m)
{
	if (!m)
		return;
	table_clear(&m->dests);
	table_clear(&m->files);
	table_clear(&m->hashes);
	table_clear(&m->urls);
	table_clear(&m->anomalies);
	table_clear(&m->processes);
	table_clear(&m->categories);
	table_clear(&m->reads);
	table_clear(&m->volumes);
	table_clear(&m->hosts);
	table_clear(&m->vendors);
	model_open_forget(m);
	buf_clear(&m->scratch);
	arena_clear(&m->arena);
	free(m->inputs);
	free(m->phases);
	free(m);
}

/* A copy of the text; what is cut off is marked by an ellipsis. */
int
model_keep(struct model *m, struct span *dst, struct span text)
{
	size_t len = text.len;
	char *s;

	if (!len) {
		*dst = (struct span){ 0 };
		return 0;
	}
	if (len > MODEL_TEXT_MAX) {
		len = MODEL_TEXT_MAX - 3;
		while (len > MODEL_TEXT_MAX - 7 &&
		       (text.p[len] & 0xc0) == 0x80)
			len--;
	}
	s = arena_alloc(&m->arena, len + 4);
	if (!s)
		return -ENOMEM;
	memcpy(s, text.p, len);
	if (len < text.len) {
		memcpy(s + len, "\xe2\x80\xa6", 3);
		len += 3;
	}
	*dst = (struct span){ (uint8_t *)s, len };
	return 0;
}

#define FILTER "filter="
#define FILTER_LEN (sizeof(FILTER) - 1)

static int
add_inputs(struct model *m, const struct event_input_list *list)
{
	struct model_input *inputs;
	size_t n = list->file_count;

	/* Later ones tell of files that have joined the known ones. */
	if (list->joined_count) {
		m->known_files = list->known_files;
		return 0;
	}
	if (n > MODEL_INPUTS_MAX - m->input_count) {
		n = MODEL_INPUTS_MAX - m->input_count;
		m->inputs_more += list->file_count - n;
	}
	inputs = realloc(m->inputs, (m->input_count + n + 1) * sizeof(*inputs));
	if (!inputs)
		return -ENOMEM;
	m->inputs = inputs;
	for (size_t i = 0; i < n; i++) {
		const struct event_input *in = &list->files[i];
		struct model_input *kept = &inputs[m->input_count++];

		*kept = (struct model_input){ .size = in->size,
					      .has_sha256 = in->has_sha256 };
		memcpy(kept->sha256, in->sha256, 32);
		if (model_keep(m, &kept->name, in->name))
			return -ENOMEM;
	}
	m->known_files = list->known_files;
	buf_reset(&m->scratch);
	for (size_t i = 0; i < list->option_count; i++) {
		if (list->options[i].len > FILTER_LEN &&
		    !memcmp(list->options[i].p, FILTER, FILTER_LEN) &&
		    model_keep(m, &m->filter,
			(struct span){ list->options[i].p + FILTER_LEN,
			    list->options[i].len - FILTER_LEN }))
			return -ENOMEM;
		if (i)
			buf_u8(&m->scratch, ' ');
		buf_append(&m->scratch, list->options[i].p,
		    list->options[i].len);
	}
	if (model_keep(m, &m->options,
		(struct span){ m->scratch.data, m->scratch.len }))
		return -ENOMEM;
	return model_keep(m, &m->version, span_str(list->version));
}

static int
add_anomaly(struct model *m, const struct event *e)
{
	const struct event_anomaly *a = e->anomaly;
	uint64_t flow = e->flow ? e->flow->id : 0;
	struct model_anomaly *row;
	struct table_row *r;
	int err;

	if (a->what && (!strcmp(a->what, "log-cut") ||
			   !strcmp(a->what, "disk-full")))
		m->interrupted++;
	buf_reset(&m->scratch);
	buf_str(&m->scratch, a->what ? a->what : "");
	buf_u8(&m->scratch, 0);
	buf_append(&m->scratch, &flow, sizeof(flow));
	err = table_add(&m->anomalies, &m->arena, model_scratch(m),
	    sizeof(*row), &r);
	if (err)
		return err < 0 ? err : 0;
	row = (struct model_anomaly *)r;
	if (row->count++)
		return 0;
	row->first_ns = e->ts_ns;
	row->flow = flow;
	row->packet = a->packet;
	if (e->flow && e->flow->domain.len &&
	    model_keep(m, &row->dest, e->flow->domain))
		return -ENOMEM;
	if (model_keep(m, &row->what, span_str(a->what)))
		return -ENOMEM;
	return model_keep(m, &row->detail, a->detail);
}

static void
note_time(struct model *m, uint64_t first_ns, uint64_t last_ns)
{
	if (first_ns && (!m->first_ns || first_ns < m->first_ns))
		m->first_ns = first_ns;
	if (last_ns > m->last_ns)
		m->last_ns = last_ns;
}

/* Several captures that are each a host of its own have a summary each. */
static void
add_totals(struct model *m, const struct event_totals *t)
{
	struct event_totals *sum = &m->totals;

	for (const struct event_total_field *f = event_coverage_fields;
	     f->name; f++)
		*(uint64_t *)((char *)sum + f->offset) +=
		    *(const uint64_t *)((const char *)t + f->offset);
	for (const struct event_total_field *f = event_summary_fields; f->name;
	     f++)
		if (strcmp(f->name, "missing_out"))
			*(uint64_t *)((char *)sum + f->offset) +=
			    *(const uint64_t *)((const char *)t + f->offset);
	if (!m->has_totals || t->first_ns < sum->first_ns)
		sum->first_ns = t->first_ns;
	if (t->last_ns > sum->last_ns)
		sum->last_ns = t->last_ns;
	if (t->packets)
		note_time(m, t->first_ns, t->last_ns);
	m->has_totals = true;
}

static void
note_sequence(struct model *m, uint64_t sequence)
{
	m->events++;
	if (sequence > m->next_sequence)
		m->sequence_holes += sequence - m->next_sequence;
	m->next_sequence = sequence + 1;
}

int
model_add(struct model *m, const struct event *e)
{
	note_sequence(m, e->sequence);
	if (!m->begun_ns)
		m->begun_ns = e->ts_ns;
	if (e->ts_ns > m->ended_ns)
		m->ended_ns = e->ts_ns;
	if (!model_wants(m, e))
		return 0;
	switch (e->action) {
	case EVENT_INPUT:
		if (e->inputs && !e->inputs->joined_count)
			model_open_forget(m);
		return e->inputs ? add_inputs(m, e->inputs) : 0;
	case EVENT_TRANSFER:
		if (!e->transfer)
			return 0;
		note_time(m, e->transfer->start_ns, e->transfer->end_ns);
		return model_add_transfer(m, e);
	case EVENT_FLOW:
		if (!e->flow)
			return 0;
		note_time(m, e->flow->start_ns, e->flow->end_ns);
		return model_add_flow(m, e);
	case EVENT_FILE:
		return e->file ? model_add_file_total(m, e) : 0;
	case EVENT_ANOMALY:
		return e->anomaly ? add_anomaly(m, e) : 0;
	case EVENT_MARK:
		return e->mark ? model_add_mark(m, e) : 0;
	case EVENT_SUMMARY:
		if (e->totals && !e->totals->restarts && !m->interrupted &&
		    !m->sequence_holes)
			model_open_finish(m);
		else
			model_open_forget(m);
		if (e->totals)
			add_totals(m, e->totals);
		return model_add_vendors(m, e);
	case EVENT_PROCESS:
		return e->process ? model_add_process(m, e) : 0;
	case EVENT_FILE_READ:
		return e->read ? model_add_read(m, e) : 0;
	case EVENT_COVERAGE:
	case EVENT_ACTION_COUNT:
		break;
	}
	return 0;
}

bool
model_nothing_missing(const struct model *m)
{
	const struct event_totals *t = &m->totals;

	return m->has_totals && !m->sequence_holes && !m->parts_missing &&
	       !m->interrupted && !t->missing_out &&
	       !t->missing_in && !t->gaps_out && !t->gaps_in &&
	       !t->kernel_unseen_out && !t->kernel_unseen_in &&
	       !m->joined_flows && !m->ignored_out && !m->ignored_in && !t->unattributed &&
	       !t->dropped_kernel && !t->dropped_ring && !t->events_lost &&
	       !t->unsupported && !t->malformed && !t->truncated &&
	       !t->cut_by_snaplen && !t->fragments_expired &&
	       !t->flows_evicted && !t->streams_limited && !t->file_errors &&
	       !t->files_unanswered && !t->readers_lost && !t->restarts;
}
