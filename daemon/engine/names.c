// SPDX-License-Identifier: Apache-2.0
#include "engine/names.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

struct entry {
	UT_hash_handle hh;	/* keeps the order of insertion */
	struct packet_addr addr;
	uint8_t source;
	uint8_t len;
	char name[255];
};

struct names {
	struct entry *entries;
	size_t max;
};

struct names *
names_new(size_t max)
{
	struct names *n = calloc(1, sizeof(*n));

	if (n)
		n->max = max;
	return n;
}

void
names_free(struct names *n)
{
	struct entry *e, *next;

	if (!n)
		return;
	HASH_ITER(hh, n->entries, e, next) {
		HASH_DEL(n->entries, e);
		free(e);
	}
	free(n);
}

void
names_add(struct names *n, const struct packet_addr *addr, struct span name,
    enum names_source source)
{
	struct entry *e;

	if (!name.len || name.len > sizeof(e->name))
		return;
	HASH_FIND(hh, n->entries, addr, sizeof(*addr), e);
	if (e && e->source > source)
		return;
	if (!e) {
		if (HASH_COUNT(n->entries) >= n->max) {
			e = n->entries;
			HASH_DEL(n->entries, e);
		} else {
			e = malloc(sizeof(*e));
		}
		if (!e)
			return;
		e->addr = *addr;
		HASH_ADD(hh, n->entries, addr, sizeof(e->addr), e);
	}
	e->source = (uint8_t)source;
	e->len = (uint8_t)name.len;
	memcpy(e->name, name.p, name.len);
}

struct span
names_find(const struct names *n, const struct packet_addr *addr,
    enum names_source *ret_source)
{
	struct entry *e;

	HASH_FIND(hh, n->entries, addr, sizeof(*addr), e);
	if (!e)
		return (struct span){ NULL, 0 };
	*ret_source = e->source;
	return (struct span){ (const uint8_t *)e->name, e->len };
}
