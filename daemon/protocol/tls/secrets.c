// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define FIRST_NAMES	512u
#define FIRST_UNITS	4096u
#define UNIT_LEN	sizeof(uint64_t)

struct secrets_name {
	uint8_t bytes[SECRETS_NAME_LEN];
	uint32_t first;			/* unit + 1 of its first record */
};

struct record {
	uint32_t next;			/* unit + 1 of the name's next; 0: none */
	uint8_t label, len;
	uint8_t bytes[];
};

void
secrets_clear(struct secrets *s)
{
	free(s->names);
	free(s->slots);
	free(s->units);
	*s = (struct secrets){ 0 };
}

static struct record *
record_at(const struct secrets *s, uint32_t unit)
{
	return (struct record *)(void *)&s->units[unit - 1];
}

/* All of the name counts, under a seed: whoever writes a log can't choose many that
 * begin at one slot. */
static uint32_t
first_slot(const struct secrets *s, const uint8_t *name)
{
	return (uint32_t)XXH3_64bits_withSeed(name, SECRETS_NAME_LEN, s->seed) &
	    (s->slot_count - 1);
}

/* The slot of that name, or the free one where it would be. */
static uint32_t *
slot_of(const struct secrets *s, const uint8_t *name)
{
	uint32_t at = first_slot(s, name);

	while (s->slots[at] && memcmp(s->names[s->slots[at] - 1].bytes, name,
		SECRETS_NAME_LEN))
		at = (at + 1) & (s->slot_count - 1);
	return &s->slots[at];
}

/* Twice the room; at most half of the slots are ever in use. */
static int
grow_names(struct secrets *s)
{
	uint32_t cap = s->name_cap ? 2 * s->name_cap : FIRST_NAMES;
	struct secrets_name *names;
	uint32_t *slots;

	if (cap > UINT32_MAX / 4)
		return -ENOMEM;
	names = realloc(s->names, cap * sizeof(*names));
	if (!names)
		return -ENOMEM;
	s->names = names;
	slots = calloc(2 * cap, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	if (!s->slots)
		(void)!getrandom(&s->seed, sizeof(s->seed), GRND_NONBLOCK);
	free(s->slots);
	s->slots = slots;
	s->slot_count = 2 * cap;
	s->name_cap = cap;
	for (uint32_t i = 0; i < s->name_count; i++)
		*slot_of(s, names[i].bytes) = i + 1;
	return 0;
}

static size_t
units_of(size_t len)
{
	return (offsetof(struct record, bytes) + len + UNIT_LEN - 1) / UNIT_LEN;
}

static int
grow_units(struct secrets *s, size_t more)
{
	size_t cap = s->unit_cap ? 2 * s->unit_cap : FIRST_UNITS;
	uint64_t *units;

	if (s->unit_count + more <= s->unit_cap)
		return 0;
	if (cap >= UINT32_MAX)
		return -ENOMEM;
	units = realloc(s->units, cap * UNIT_LEN);
	if (!units)
		return -ENOMEM;
	s->units = units;
	s->unit_cap = cap;
	return 0;
}

/* Where a new record of the name is noted: 1. 0: that one is known; ERR_LIMIT: they
 * are too many. */
static int
find_end(const struct secrets *s, uint32_t *first, uint8_t label,
    struct span bytes, uint32_t **ret_end)
{
	unsigned count = 0;

	for (; *first; first = &record_at(s, *first)->next) {
		const struct record *r = record_at(s, *first);

		if (r->label != label)
			continue;
		if (span_eq(bytes, (struct span){ r->bytes, r->len }))
			return 0;
		count++;
	}
	if (count > SECRETS_OTHERS_MAX)
		return ERR_LIMIT;
	*ret_end = first;
	return 1;
}

int
secrets_add(struct secrets *s, uint8_t label,
    const uint8_t name[static SECRETS_NAME_LEN], struct span bytes)
{
	size_t len = units_of(bytes.len);
	uint32_t *slot, none = 0, *end = &none;
	struct record *r;
	int found;

	if (bytes.len > SECRETS_BYTES_MAX)
		return ERR_LIMIT;
	if ((s->name_count == s->name_cap && grow_names(s)) ||
	    grow_units(s, len))
		return -ENOMEM;
	slot = slot_of(s, name);
	found = *slot ? find_end(s, &s->names[*slot - 1].first, label, bytes, &end)
		      : 1;
	if (found <= 0)
		return found;
	r = record_at(s, (uint32_t)s->unit_count + 1);
	r->next = 0;
	r->label = label;
	r->len = (uint8_t)bytes.len;
	memcpy(r->bytes, bytes.p, bytes.len);
	*end = (uint32_t)s->unit_count + 1;
	s->unit_count += len;
	if (*slot)
		return 1;
	memcpy(s->names[s->name_count].bytes, name, SECRETS_NAME_LEN);
	s->names[s->name_count].first = none;
	*slot = ++s->name_count;
	return 1;
}

struct span
secrets_find(const struct secrets *s, uint8_t label,
    const uint8_t name[static SECRETS_NAME_LEN], unsigned n)
{
	uint32_t at = s->slot_count ? *slot_of(s, name) : 0;

	at = at ? s->names[at - 1].first : 0;
	while (at) {
		const struct record *r = record_at(s, at);

		if (r->label == label && !n--)
			return (struct span){ r->bytes, r->len };
		at = r->next;
	}
	return (struct span){ NULL, 0 };
}
