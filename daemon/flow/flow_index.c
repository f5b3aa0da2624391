// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_table.h"

#include <stdlib.h>
#include <string.h>

static inline uint64_t
mix(uint64_t a, uint64_t b)
{
	unsigned __int128 r = (unsigned __int128)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

static uint64_t
hash_ends(const struct packet *p, bool swapped, uint64_t s0, uint64_t s1)
{
	const struct packet_addr *a = swapped ? &p->dst : &p->src;
	const struct packet_addr *b = swapped ? &p->src : &p->dst;
	uint64_t ports = swapped ?
	    (uint64_t)p->dst_port << 16 | p->src_port :
	    (uint64_t)p->src_port << 16 | p->dst_port;
	uint64_t h;

	h = mix(a->d[0] ^ s0, a->d[1] ^ s1 ^ UINT64_C(0x9e3779b97f4a7c15));
	h = mix(b->d[0] ^ h ^ s1, b->d[1] ^ s0 ^ UINT64_C(0xd6e8feb86659fd93));
	return mix(h ^ ports ^ (uint64_t)p->proto << 32 ^
		(uint64_t)p->ip_version << 40,
	    s0 ^ UINT64_C(0xa0761d6478bd642f));
}

unsigned
flow_shard(const struct packet *pkt, unsigned count)
{
	uint64_t h = hash_ends(pkt, flow_is_swapped(pkt),
	    UINT64_C(0xe7037ed1a0b428db), UINT64_C(0x8ebc6af09c88c6e3));

	return (unsigned)(h >> 32) & (count - 1);
}

static bool
is_flow(const struct flow *f, const struct packet *p, bool swapped)
{
	unsigned s = f->swapped != swapped;	/* side that sent p */

	return f->proto == p->proto && f->ip_version == p->ip_version &&
	    f->port[s] == p->src_port && f->port[!s] == p->dst_port &&
	    memcmp(&f->addr[s], &p->src, 16) == 0 &&
	    memcmp(&f->addr[!s], &p->dst, 16) == 0;
}

struct flow *
flow_index_find(const struct flow_table *t, const struct packet *p, bool swapped,
    uint32_t hash)
{
	uint32_t i = hash & t->mask;

	while (t->slots[i].index != FLOW_NONE) {
		if (t->slots[i].hash == hash) {
			struct flow *f = flow_at(t, t->slots[i].index);

			if (is_flow(f, p, swapped))
				return f;
		}
		i = (i + 1) & t->mask;
	}
	return NULL;
}

uint32_t
flow_table_fetch(const struct flow_table *t, const struct packet *p)
{
	uint32_t hash = flow_index_hash(t, p, flow_is_swapped(p));

	__builtin_prefetch(&t->slots[hash & t->mask]);
	return hash;
}

struct flow *
flow_table_fetched(const struct flow_table *t, uint32_t hash)
{
	const struct flow_slot *s = &t->slots[hash & t->mask];

	return s->hash == hash && s->index != FLOW_NONE ? flow_at(t, s->index) :
	    NULL;
}

static void
slot_add(struct flow_slot *slots, uint32_t mask, struct flow_slot s)
{
	uint32_t i = s.hash & mask;

	while (slots[i].index != FLOW_NONE)
		i = (i + 1) & mask;
	slots[i] = s;
}

void
flow_index_remove(struct flow_table *t, const struct flow *f)
{
	uint32_t i = f->key_hash & t->mask, k;

	if (!t->slots)
		return;
	while (t->slots[i].index != f->index)
		i = (i + 1) & t->mask;
	for (k = (i + 1) & t->mask; t->slots[k].index != FLOW_NONE;
	     k = (k + 1) & t->mask) {
		uint32_t home = t->slots[k].hash & t->mask;

		if (((k - home) & t->mask) >= ((k - i) & t->mask)) {
			t->slots[i] = t->slots[k];
			i = k;
		}
	}
	t->slots[i].index = FLOW_NONE;
}

static int
grow(struct flow_table *t, uint32_t len)
{
	struct flow_slot *slots = malloc((size_t)len * sizeof(*slots));

	if (!slots)
		return -1;
	memset(slots, 0xff, (size_t)len * sizeof(*slots));
	for (uint32_t i = 0; t->slots && i <= t->mask; i++)
		if (t->slots[i].index != FLOW_NONE)
			slot_add(slots, len - 1, t->slots[i]);
	free(t->slots);
	t->slots = slots;
	t->mask = len - 1;
	return 0;
}

uint32_t
flow_index_hash(const struct flow_table *t, const struct packet *p,
    bool swapped)
{
	return (uint32_t)hash_ends(p, swapped, t->seed[0], t->seed[1]);
}

int
flow_index_reserve(struct flow_table *t)
{
	if (t->count * 4ull < (t->mask + 1ull) * 3)
		return 0;
	return grow(t, (t->mask + 1) * 2);
}

void
flow_index_add(struct flow_table *t, uint32_t hash, uint32_t index)
{
	slot_add(t->slots, t->mask, (struct flow_slot){ hash, index });
}
