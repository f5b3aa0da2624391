// SPDX-License-Identifier: Apache-2.0
#include "protocol/dns/dns_pairing.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/dns/dns.h"

void
dns_pairing_init(struct dns_pairing *p)
{
	p->count = 0;
	p->cap = 1;
	p->list = &p->first;
}

void
dns_pairing_clear(struct dns_pairing *p)
{
	if (p->list != &p->first)
		free(p->list);
	dns_pairing_init(p);
}

/* Of the first question: its type, and its name without case. */
static uint32_t
name_hash(const struct dns_message *m)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < m->questions[0].name.len; i++) {
		uint8_t c = m->questions[0].name.p[i];

		if ((uint8_t)(c - 'A') < 26)
			c |= 0x20;
		h = (h ^ c) * 16777619u;
	}
	return (h ^ m->questions[0].type) * 16777619u;
}

static bool
grow(struct dns_pairing *p)
{
	unsigned cap = p->cap * 2;
	bool first = p->list == &p->first;
	struct dns_asked *list = realloc(first ? NULL : p->list,
	    cap * sizeof(*list));

	if (!list)
		return false;
	if (first)
		*list = p->first;
	p->list = list;
	p->cap = cap;
	return true;
}

struct dns_asked *
dns_pairing_add(struct dns_pairing *p, unsigned side,
    const struct dns_message *m, uint64_t ts_ns)
{
	struct dns_asked *q;

	if (p->count == DNS_ASKED_MAX || (p->count == p->cap && !grow(p)))
		return NULL;
	q = &p->list[p->count++];
	*q = (struct dns_asked){
		.ts_ns = ts_ns,
		.name_hash = name_hash(m),
		.id = m->id,
		.side = (uint8_t)side,
	};
	return q;
}

int
dns_pairing_find(const struct dns_pairing *p, unsigned side,
    const struct dns_message *m)
{
	uint32_t hash = m->question_count ? name_hash(m) : 0;

	for (unsigned i = 0; i < p->count; i++)
		if (p->list[i].id == m->id && p->list[i].side != side &&
		    (!m->question_count || p->list[i].name_hash == hash))
			return (int)i;
	return -1;
}

void
dns_pairing_remove(struct dns_pairing *p, unsigned index)
{
	p->count--;
	memmove(&p->list[index], &p->list[index + 1],
	    (p->count - index) * sizeof(*p->list));
}
