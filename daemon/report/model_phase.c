// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/model_part.h"

/* Marks cut the run into phases. A transfer is of the phase that it began in:
 * marks are logged when they are made, so those before it are known by then. */

#define FIRST_PHASE "start"

int
model_add_mark(struct model *m, const struct event *e)
{
	struct model_phase *p;

	if (!m->phases) {
		m->phases = calloc(MODEL_MARKS_MAX + 1, sizeof(*m->phases));
		if (!m->phases)
			return -ENOMEM;
		m->phases[0] = m->before_marks;
		m->phases[0].text = SPAN_LITERAL(FIRST_PHASE);
		m->phase_count = 1;
	}
	if (m->phase_count > MODEL_MARKS_MAX) {
		m->marks_more++;
		return 0;
	}
	p = &m->phases[m->phase_count++];
	p->start_ns = e->ts_ns;
	return model_keep(m, &p->text, e->mark->text);
}

struct model_phase *
model_phase_at(const struct model *m, uint64_t ts_ns)
{
	size_t i = m->phase_count;

	while (i > 1 && m->phases[i - 1].start_ns > ts_ns)
		i--;
	return i ? &m->phases[i - 1] : NULL;
}

void
model_add_to_phase(struct model *m, const struct event_transfer *t)
{
	struct model_phase *p = model_phase_at(m, t->start_ns);

	if (!p)
		p = &m->before_marks;
	p->transfers++;
	p->payload_out += t->payload_out;
	p->kinds[t->kind]++;
	p->out[model_group_of(t->kind)] += t->payload_out;
}

bool
model_wants(const struct model *m, const struct event *e)
{
	const struct model_phase *p;

	if (!m->only || e->action == EVENT_MARK || e->action == EVENT_INPUT)
		return true;
	/* What is of the whole run is of no phase. */
	if (e->action != EVENT_TRANSFER || !e->transfer)
		return false;
	p = model_phase_at(m, e->transfer->start_ns);
	return p ? span_eq(p->text, span_str(m->only))
		 : !strcmp(m->only, FIRST_PHASE);
}

uint64_t
model_length_ns(const struct model *m)
{
	uint64_t sum = 0;

	if (!m->only)
		return m->last_ns > m->first_ns ? m->last_ns - m->first_ns : 0;
	for (size_t i = 0; i < m->phase_count; i++) {
		uint64_t from = i ? m->phases[i].start_ns : m->begun_ns;
		uint64_t to = i + 1 < m->phase_count ? m->phases[i + 1].start_ns
						     : m->ended_ns;

		if (span_eq(m->phases[i].text, span_str(m->only)) && to > from)
			sum += to - from;
	}
	return sum;
}
