// SPDX-License-Identifier: Apache-2.0
#include "engine/names.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/*
 * Entries lie in a ring in the order they were learnt; an open-addressed index
 * keeps 32 bits of a seeded hash beside each one's number, so that a search
 * touches one entry. Half of the index is always empty.
 */
#define NAME_LEN_MAX	255u
#define FIRST_ENTRIES	64u

struct entry {
	struct packet_addr addr;
	char *name;
	uint8_t source, len;
};

struct slot {
	uint32_t hash;
	uint32_t number;	/* entry + 1, 0: empty */
};

struct names {
	struct entry *entries;
	struct slot *slots;
	size_t count, cap, max;	/* cap: a power of two, half of the slots */
	size_t oldest;		/* once the ring is full */
	uint64_t seed[2];
};

struct names *
names_new(size_t max)
{
	struct names *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->max = max;
	/* only places hang on it, nothing that is told does */
	if (getrandom(n->seed, sizeof(n->seed), 0) == sizeof(n->seed))
		return n;
	free(n);
	return NULL;
}

void
names_free(struct names *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->count; i++)
		free(n->entries[i].name);
	free(n->entries);
	free(n->slots);
	free(n);
}

static uint32_t
hash_of(const struct names *n, const struct packet_addr *addr)
{
	uint64_t half[2];
	unsigned __int128 r;

	memcpy(half, addr->b, sizeof(half));
	r = (unsigned __int128)(half[0] ^ n->seed[0]) * (half[1] ^ n->seed[1]);
	return (uint32_t)((uint64_t)r ^ (uint64_t)(r >> 64)) * 0x9e3779b1u;
}

/* The slot of that address: its own, or the empty one where it would go. */
static size_t
find_slot(const struct names *n, const struct packet_addr *addr, uint32_t hash)
{
	size_t mask = n->cap * 2 - 1, i = hash & mask;

	for (; n->slots[i].number; i = (i + 1) & mask)
		if (n->slots[i].hash == hash &&
		    memcmp(&n->entries[n->slots[i].number - 1].addr, addr,
			sizeof(*addr)) == 0)
			break;
	return i;
}

/* Room for one more. */
static bool
grow(struct names *n)
{
	size_t cap = n->cap ? n->cap * 2 : FIRST_ENTRIES;
	struct entry *entries;
	struct slot *slots;

	if (n->count < n->cap)
		return true;
	entries = realloc(n->entries, cap * sizeof(*entries));
	if (!entries)
		return false;
	n->entries = entries;
	slots = calloc(cap * 2, sizeof(*slots));
	if (!slots)
		return false;
	free(n->slots);
	n->slots = slots;
	n->cap = cap;
	for (size_t i = 0; i < n->count; i++) {
		uint32_t hash = hash_of(n, &entries[i].addr);

		slots[find_slot(n, &entries[i].addr, hash)] =
		    (struct slot){ hash, (uint32_t)i + 1 };
	}
	return true;
}

/* Closes the hole, so that no search ends early (Knuth 6.4, algorithm R). */
static void
remove_slot(struct names *n, size_t hole)
{
	size_t mask = n->cap * 2 - 1;

	for (size_t i = (hole + 1) & mask; n->slots[i].number;
	     i = (i + 1) & mask) {
		size_t home = n->slots[i].hash & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		n->slots[hole] = n->slots[i];
		hole = i;
	}
	n->slots[hole].number = 0;
}

/* An entry for a new address: the next one, or that of the one learnt first. */
static struct entry *
take_entry(struct names *n, const struct packet_addr *addr, uint32_t hash)
{
	struct entry *e;

	if (n->count < n->max) {
		if (!grow(n))
			return NULL;
		e = &n->entries[n->count++];
	} else {
		if (!n->count)
			return NULL;
		e = &n->entries[n->oldest];
		n->oldest = (n->oldest + 1) % n->count;
		remove_slot(n, find_slot(n, &e->addr, hash_of(n, &e->addr)));
		free(e->name);
	}
	*e = (struct entry){ .addr = *addr };
	n->slots[find_slot(n, addr, hash)] =
	    (struct slot){ hash, (uint32_t)(e - n->entries) + 1 };
	return e;
}

static struct entry *
find_entry(const struct names *n, const struct packet_addr *addr,
    uint32_t hash)
{
	uint32_t number =
	    n->cap ? n->slots[find_slot(n, addr, hash)].number : 0;

	return number ? &n->entries[number - 1] : NULL;
}

static bool
is_nobodys(const struct packet_addr *a)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	static const uint8_t zero[15];

	if (!memcmp(a->b, mapped, sizeof(mapped)))
		return a->b[12] == 127 || a->b[12] == 0;
	return !memcmp(a->b, zero, sizeof(zero)) && a->b[15] <= 1;
}

void
names_add(struct names *n, const struct packet_addr *addr, struct span name,
    enum names_source source)
{
	uint32_t hash = hash_of(n, addr);
	struct entry *e;
	char *copy;

	if (!name.len || name.len > NAME_LEN_MAX || is_nobodys(addr))
		return;
	e = find_entry(n, addr, hash);
	if (e && e->source > source)
		return;
	if (!e || e->len != name.len || memcmp(e->name, name.p, name.len)) {
		copy = malloc(name.len);
		if (!copy)
			return;
		if (!e)
			e = take_entry(n, addr, hash);
		if (!e) {
			free(copy);
			return;
		}
		free(e->name);
		e->name = memcpy(copy, name.p, name.len);
		e->len = (uint8_t)name.len;
	}
	e->source = (uint8_t)source;
}

void
names_fetch(const struct names *n, const struct packet_addr *addr)
{
	if (n->cap)
		__builtin_prefetch(&n->slots[hash_of(n, addr) &
		    (n->cap * 2 - 1)]);
}

struct span
names_find(const struct names *n, const struct packet_addr *addr,
    enum names_source *ret_source)
{
	const struct entry *e = find_entry(n, addr, hash_of(n, addr));

	if (!e)
		return (struct span){ NULL, 0 };
	*ret_source = e->source;
	return (struct span){ (const uint8_t *)e->name, e->len };
}
