// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>

#include "flow/flow_table.h"

/* Every flow, in order of id; false if memory is out. As they lie in memory they
 * mostly are in that order, and none is waited for. */
static bool
list_flows(struct flow_table *t)
{
	bool sorted = true;
	uint64_t last = 0;

	t->ending = malloc((t->count + 1) * sizeof(*t->ending));
	if (!t->ending)
		return false;
	for (uint32_t i = 0; i < flow_used(t); i++) {
		struct flow *f = flow_at(t, i);

		if (!f->table)
			continue;
		sorted &= f->id >= last;
		last = f->id;
		t->ending[t->ending_count++] =
		    (struct flow_listed){ f->id, f };
	}
	if (!sorted)
		flow_sort(t->ending, t->ending_count);
	return true;
}

/* So many flows before it ends the cache fetches one. */
#define END_AHEAD	4u

static void
fetch(const struct flow_table *t, size_t i)
{
	const char *p;

	if (i >= t->ending_count)
		return;
	p = (const char *)t->ending[i].flow;
	for (size_t at = 0; at < t->flow_len; at += 64)
		__builtin_prefetch(p + at, 1);
}

/* One that had been silent for long enough is over, whether a packet of this shard
 * came to say so or not. */
static enum flow_end
end_of(const struct flow *f, uint64_t clock_ns)
{
	if (f->reset)
		return FLOW_END_RST;
	if (f->fin == 3)
		return FLOW_END_FIN;
	return flow_due_ns(f) <= clock_ns ? FLOW_END_TIMEOUT : FLOW_END_CAPTURE;
}

size_t
flow_table_end(struct flow_table *t, uint64_t bound, uint64_t clock_ns)
{
	/* the list takes the place of the index */
	free(t->slots);
	t->slots = NULL;
	if (!t->ending && !list_flows(t))
		return t->count;
	while (t->ended < t->ending_count && t->ending[t->ended].id < bound) {
		struct flow *f = t->ending[t->ended++].flow;

		fetch(t, t->ended + END_AHEAD);
		flow_finish(t, f, end_of(f, clock_ns));
	}
	return t->count;
}
