// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_table.h"

#include <stdlib.h>

#define NS_PER_SEC	UINT64_C(1000000000)

#define CLOCK_STEP_MAX_NS	(7200 * NS_PER_SEC)

uint64_t
flow_clock_tick(struct flow_clock *c, uint64_t ts_ns)
{
	if (!c->started) {
		c->started = true;
		c->clock_ns = NS_PER_SEC;
	} else if (ts_ns > c->last_ts_ns) {
		uint64_t step = ts_ns - c->last_ts_ns;

		c->clock_ns += step < CLOCK_STEP_MAX_NS ? step :
							  CLOCK_STEP_MAX_NS;
	} else if (ts_ns < c->last_ts_ns) {
		c->backwards++;
	}
	c->last_ts_ns = ts_ns;
	return c->clock_ns;
}

void
flow_wheel_init(struct flow_table *t)
{
	for (uint32_t i = 0; i < FLOW_WHEEL_LEN; i++)
		t->wheel[i] = FLOW_NONE;
}

void
flow_wheel_add(struct flow_table *t, struct flow *f)
{
	uint64_t sec = flow_due_ns(f) / NS_PER_SEC + 1;
	uint32_t slot;

	if (sec <= t->wheel_sec)
		sec = t->wheel_sec + 1;
	if (sec >= t->wheel_sec + FLOW_WHEEL_LEN)
		sec = t->wheel_sec + FLOW_WHEEL_LEN - 1;
	slot = (uint32_t)(sec % FLOW_WHEEL_LEN);
	f->wheel_slot = (uint16_t)slot;
	f->wheel_prev = FLOW_NONE;
	f->wheel_next = t->wheel[slot];
	if (f->wheel_next != FLOW_NONE)
		flow_at(t, f->wheel_next)->wheel_prev = f->index;
	t->wheel[slot] = f->index;
	t->wheel_used[slot / 64] |= UINT64_C(1) << slot % 64;
}

void
flow_wheel_remove(struct flow_table *t, struct flow *f)
{
	uint32_t slot = f->wheel_slot;

	if (f->wheel_prev != FLOW_NONE)
		flow_at(t, f->wheel_prev)->wheel_next = f->wheel_next;
	else
		t->wheel[slot] = f->wheel_next;
	if (f->wheel_next != FLOW_NONE)
		flow_at(t, f->wheel_next)->wheel_prev = f->wheel_prev;
	if (t->wheel[slot] == FLOW_NONE)
		t->wheel_used[slot / 64] &= ~(UINT64_C(1) << slot % 64);
}

static int
by_id(const void *a, const void *b)
{
	const struct flow_listed *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

void
flow_sort(struct flow_listed *list, size_t count)
{
	qsort(list, count, sizeof(*list), by_id);
}

static enum flow_end
end_of(const struct flow *f)
{
	if (f->reset)
		return FLOW_END_RST;
	return f->fin == 3 ? FLOW_END_FIN : FLOW_END_TIMEOUT;
}

/* By the second that has come up alone: how often somebody looks is not to tell. */
static bool
is_due(const struct flow_table *t, const struct flow *f)
{
	return flow_due_ns(f) / NS_PER_SEC < t->wheel_sec;
}

/* Flows of a slot that has come up: put where they are due now, or over. Those
 * end in order of id, so that what is told does not hang on the list's history;
 * without memory for that they are left for a later turn. */
static void
wheel_slot(struct flow_table *t, uint32_t slot)
{
	struct flow_listed *list;
	size_t n = 0, k = 0;
	uint32_t i, next;

	for (i = t->wheel[slot]; i != FLOW_NONE; i = next) {
		struct flow *f = flow_at(t, i);

		next = f->wheel_next;
		n++;
		if (is_due(t, f))
			continue;
		n--;
		flow_wheel_remove(t, f);
		flow_wheel_add(t, f);
	}
	list = malloc((n + 1) * sizeof(*list));
	if (!list)
		return;
	for (i = t->wheel[slot]; i != FLOW_NONE && k < n;
	     i = flow_at(t, i)->wheel_next) {
		struct flow *f = flow_at(t, i);

		if (is_due(t, f))
			list[k++] = (struct flow_listed){ f->id, f };
	}
	flow_sort(list, k);
	for (n = 0; n < k; n++) {
		flow_fetch_ahead(t, list, k, n);
		if (list[n].flow->waits)
			flow_expire(t, list[n].flow);
		else
			flow_finish(t, list[n].flow, end_of(list[n].flow));
	}
	free(list);
}

void
flow_wheel_advance(struct flow_table *t)
{
	uint64_t now = t->clock_ns / NS_PER_SEC;

	if (now <= t->wheel_sec)
		return;
	if (now - t->wheel_sec > FLOW_WHEEL_LEN)
		t->wheel_sec = now - FLOW_WHEEL_LEN;
	while (t->wheel_sec < now) {
		uint32_t slot = (uint32_t)(++t->wheel_sec % FLOW_WHEEL_LEN);

		if (t->wheel_used[slot / 64] >> slot % 64 & 1)
			wheel_slot(t, slot);
	}
}

/* How many flows that are not due yet are moved on in search of one that is;
 * then the one at hand is taken. */
#define WHEEL_TRIES	64

struct flow *
flow_wheel_next(struct flow_table *t)
{
	unsigned tries = 0;

	for (uint32_t n = 1; n < FLOW_WHEEL_LEN; n++) {
		uint64_t sec = t->wheel_sec + n;
		uint32_t slot = (uint32_t)(sec % FLOW_WHEEL_LEN), i;

		if (!t->wheel_used[slot / 64]) {
			n += 63 - slot % 64;
			continue;
		}
		while ((i = t->wheel[slot]) != FLOW_NONE) {
			struct flow *f = flow_at(t, i);

			if (flow_due_ns(f) / NS_PER_SEC <= sec ||
			    tries++ >= WHEEL_TRIES)
				return f;
			flow_wheel_remove(t, f);
			flow_wheel_add(t, f);
			if (f->wheel_slot == slot)
				return f;
		}
	}
	return NULL;
}
