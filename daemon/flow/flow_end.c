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

/* So many flows before it ends the cache fetches one; then what its owner has of
 * it, and what hangs on that. */
#define FLOW_AHEAD	8u
#define USER_AHEAD	5u
#define LAST_AHEAD	2u

static void
fetch_flow(const struct flow_table *t, const struct flow *f)
{
	for (size_t at = 0; at < t->flow_len; at += 64)
		__builtin_prefetch((const char *)f + at, 1);
}

void
flow_fetch_ahead(const struct flow_table *t, const struct flow_listed *list,
    size_t count, size_t i)
{
	size_t left = count - i;

	if (left > FLOW_AHEAD)
		fetch_flow(t, list[i + FLOW_AHEAD].flow);
	if (left > USER_AHEAD && t->slots)
		__builtin_prefetch(&t->slots[list[i + USER_AHEAD].flow->key_hash &
		    t->mask], 1);
	if (left > USER_AHEAD && t->ops->fetch)
		t->ops->fetch(t->arg, list[i + USER_AHEAD].flow, 0);
	if (left > LAST_AHEAD && t->ops->fetch)
		t->ops->fetch(t->arg, list[i + LAST_AHEAD].flow, 1);
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
		struct flow *f = t->ending[t->ended].flow;

		flow_fetch_ahead(t, t->ending, t->ending_count, t->ended++);
		if (f->waits)
			flow_give_up(t, f);
		flow_finish(t, f, end_of(f, clock_ns));
	}
	return t->count;
}
