/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLOW_FLOW_TABLE_H
#define FLOW_FLOW_TABLE_H

#include <endian.h>
#include <string.h>

#include "flow/flow.h"

/*
 * The table's insides, shared by the files that are it: slabs of flows, an
 * open-addressed index of 8-byte slots, and a wheel of time-outs.
 *
 * The index keeps 32 bits of a seeded hash, which also place the slot, so that
 * growing and deleting touch no flow. The wheel has a slot a second; a flow is
 * moved only when its slot comes up, not at every packet.
 */
#define FLOW_SLAB_LEN	256u
#define FLOW_WHEEL_LEN	8192u		/* seconds; above every time-out */
#define FLOW_NONE	UINT32_MAX

struct flow_slot {
	uint32_t hash;
	uint32_t index;			/* FLOW_NONE: empty */
};

/* The id beside the flow: sorting touches no flow. */
struct flow_listed {
	uint64_t id;
	struct flow *flow;
};

struct flow_table {
	const struct flow_ops *ops;
	void *arg;
	struct flow_slot *slots;	/* NULL once no packet comes any more */
	uint32_t mask;
	uint32_t count, max;
	uint64_t seed[2];
	size_t flow_len, user_len;	/* the user's bytes lie behind each */
	uint8_t **slabs;
	uint32_t slab_count;
	uint32_t free_index;		/* list through wheel_next */
	uint32_t unused;		/* flows of the last slab never used */
	uint64_t clock_ns;
	uint64_t wheel_sec;		/* slots up to here are done */
	uint32_t wheel[FLOW_WHEEL_LEN];
	uint64_t wheel_used[FLOW_WHEEL_LEN / 64];
	struct tcp_pool pool;
	struct flow_listed *ending;	/* NULL until flow_table_end() */
	size_t ending_count, ended;
	struct flow_table_stats stats;
};

static inline struct flow *
flow_at(const struct flow_table *t, uint32_t index)
{
	return (struct flow *)(t->slabs[index / FLOW_SLAB_LEN] +
	    index % FLOW_SLAB_LEN * t->flow_len);
}

/* flow.c: the flow has waited for long enough. */
void flow_expire(struct flow_table *t, struct flow *f);

/* flow_new.c: an unused record, with only its index valid; NULL if memory is
 * out. */
struct flow *flow_take_unused(struct flow_table *t);

static inline size_t
flow_slab_len(const struct flow_table *t)
{
	return FLOW_SLAB_LEN * t->flow_len;
}

/* Records that are or were in use; those that are have a table. */
static inline uint32_t
flow_used(const struct flow_table *t)
{
	return t->slab_count * FLOW_SLAB_LEN - t->unused;
}

/* The two ends of a packet in an order that both directions share. */
static inline bool
flow_is_swapped(const struct packet *p)
{
	for (int i = 0; i < 2; i++)
		if (p->src.d[i] != p->dst.d[i])
			return be64toh(p->src.d[i]) > be64toh(p->dst.d[i]);
	return p->src_port > p->dst_port;
}

/* flow_index.c: where a flow is by its key. */
uint32_t flow_index_hash(const struct flow_table *t, const struct packet *p,
    bool swapped);
/* The flow that the packet belongs to, or NULL. */
struct flow *flow_index_find(const struct flow_table *t,
    const struct packet *p, bool swapped, uint32_t hash);
/* Room for one more; -1 if memory is out. */
int flow_index_reserve(struct flow_table *t);
void flow_index_add(struct flow_table *t, uint32_t hash, uint32_t index);
/* Closes the hole, so that no search ends early (Knuth 6.4, algorithm R). */
void flow_index_remove(struct flow_table *t, const struct flow *f);

/* flow_end.c: flows that were silent for long are in no cache: before list[i] ends,
 * what those behind it need is fetched. */
void flow_fetch_ahead(const struct flow_table *t,
    const struct flow_listed *list, size_t count, size_t i);

/* flow_again.c: whether a packet with the flow's ports is of another connection: it has
 * the SYN of one, or that was not captured and its numbers are far from both halves'. */
bool flow_is_another(const struct flow *f, unsigned side, const struct packet *p);

/* flow_wheel.c */
/* By id. */
void flow_sort(struct flow_listed *list, size_t count);
void flow_wheel_init(struct flow_table *t);
/* Puts the flow where its time-out is due. */
void flow_wheel_add(struct flow_table *t, struct flow *f);
void flow_wheel_remove(struct flow_table *t, struct flow *f);
/* Ends what is due at the table's clock. */
void flow_wheel_advance(struct flow_table *t);
/* The flow whose time-out is due next; NULL if there is none. */
struct flow *flow_wheel_next(struct flow_table *t);

/* flow.c */
uint64_t flow_due_ns(const struct flow *f);
/* What is waited for does not come. */
void flow_give_up(struct flow_table *t, struct flow *f);
/* Finishes its streams, tells the owner, frees it. */
void flow_finish(struct flow_table *t, struct flow *f, enum flow_end why);

#endif
