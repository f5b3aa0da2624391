// SPDX-License-Identifier: Apache-2.0
#include "base/shared.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define SLOTS_MIN	64

void
shared_table_clear(struct shared_table *t)
{
	free(t->slots);
	*t = (struct shared_table){ 0 };
}

static struct shared **
slot_of(const struct shared_table *t, uint64_t hash)
{
	return &t->slots[hash & (t->slot_count - 1)];
}

/* As many slots as there are texts, at least. False if there are none. */
static bool
reserve(struct shared_table *t)
{
	struct shared_table wider = *t;

	if (t->count < t->slot_count)
		return true;
	wider.slot_count = t->slot_count ? t->slot_count * 2 : SLOTS_MIN;
	wider.slots = calloc(wider.slot_count, sizeof(*wider.slots));
	if (!wider.slots)
		return t->slots != NULL;
	/* Nobody can choose texts that meet in one slot. */
	if (!t->slots)
		(void)!getrandom(&wider.seed, sizeof(wider.seed), 0);
	for (size_t i = 0; i < t->slot_count; i++)
		while (t->slots[i]) {
			struct shared *s = t->slots[i], **to;

			t->slots[i] = s->next;
			to = slot_of(&wider, s->hash);
			s->next = *to;
			*to = s;
		}
	free(t->slots);
	*t = wider;
	return true;
}

static struct shared *
find(const struct shared_table *t, struct span bytes, uint64_t hash)
{
	struct shared *s = *slot_of(t, hash);

	while (s && (s->hash != hash || s->len != bytes.len ||
	    memcmp(s->bytes, bytes.p, bytes.len)))
		s = s->next;
	return s;
}

const struct shared *
shared_take(struct shared_table *t, struct span bytes)
{
	struct shared *s = NULL;
	uint64_t hash = 0;

	if (!bytes.len || bytes.len > UINT32_MAX || (t && !reserve(t)))
		return NULL;
	if (t) {
		hash = XXH3_64bits_withSeed(bytes.p, bytes.len, t->seed);
		s = find(t, bytes, hash);
	}
	if (s && s->holders < UINT32_MAX) {
		s->holders++;
		return s;
	}
	s = malloc(sizeof(*s) + bytes.len + 1);
	if (!s)
		return NULL;
	*s = (struct shared){ .hash = hash, .holders = 1,
		.len = (uint32_t)bytes.len };
	memcpy(s->bytes, bytes.p, bytes.len);
	s->bytes[bytes.len] = '\0';
	if (t) {
		struct shared **to = slot_of(t, hash);

		s->next = *to;
		*to = s;
		t->count++;
	}
	return s;
}

void
shared_drop(struct shared_table *t, const struct shared *held)
{
	struct shared *s = (struct shared *)held, **at;

	if (!s || --s->holders)
		return;
	if (t) {
		for (at = slot_of(t, s->hash); *at != s; at = &(*at)->next)
			;
		*at = s->next;
		t->count--;
	}
	free(s);
}
