// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/region.h"
#include "flow/flow_late.h"
#include "flow/flow_table.h"

#define FIRST_SLOTS	1024u
#define PROTO_TCP	6

struct flow_table *
flow_table_new(uint64_t max_flows, size_t max_stream_len, size_t user_len,
    const struct flow_ops *ops, void *arg)
{
	struct flow_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->ops = ops;
	t->arg = arg;
	t->user_len = user_len;
	t->flow_len = (sizeof(struct flow) + user_len + 7) & ~(size_t)7;
	t->max = max_flows < UINT32_MAX / 4 ? (uint32_t)max_flows :
					      UINT32_MAX / 4;
	t->free_index = FLOW_NONE;
	flow_wheel_init(t);
	/* only places in the index hang on it, nothing that is told does */
	if (getrandom(t->seed, sizeof(t->seed), 0) != sizeof(t->seed))
		goto out;
	t->slots = malloc(FIRST_SLOTS * sizeof(*t->slots));
	if (!t->slots)
		goto out;
	memset(t->slots, 0xff, FIRST_SLOTS * sizeof(*t->slots));
	t->mask = FIRST_SLOTS - 1;
	if (tcp_pool_init(&t->pool, max_stream_len) == 0)
		return t;
out:
	flow_table_free(t);
	return NULL;
}

void
flow_table_free(struct flow_table *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; i < flow_used(t); i++) {
		struct flow *f = flow_at(t, i);

		if (!f->table || f->proto != PROTO_TCP)
			continue;
		flow_late_clear(f);
		tcp_half_clear(&f->half[0], &t->pool);
		tcp_half_clear(&f->half[1], &t->pool);
	}
	tcp_pool_clear(&t->pool);
	for (uint32_t i = 0; i < t->slab_count; i++)
		if (flow_slab_len(t) > REGION_PIECE_LEN)
			free(t->slabs[i]);
		else
			region_give(t->slabs[i]);
	free(t->slabs);
	free(t->ending);
	free(t->slots);
	free(t);
}

struct flow *
flow_take_unused(struct flow_table *t)
{
	struct flow *f;
	uint8_t **slabs;
	uint32_t index;

	if (t->free_index != FLOW_NONE) {
		f = flow_at(t, t->free_index);
		t->free_index = f->wheel_next;
		return f;
	}
	if (!t->unused) {
		slabs = realloc(t->slabs,
		    (t->slab_count + 1) * sizeof(*slabs));
		if (!slabs)
			return NULL;
		t->slabs = slabs;
		slabs[t->slab_count] = flow_slab_len(t) > REGION_PIECE_LEN ?
		    malloc(flow_slab_len(t)) : region_take();
		if (!slabs[t->slab_count])
			return NULL;
		t->slab_count++;
		t->unused = FLOW_SLAB_LEN;
	}
	index = t->slab_count * FLOW_SLAB_LEN - t->unused--;
	f = flow_at(t, index);
	f->index = index;
	return f;
}
