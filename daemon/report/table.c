// SPDX-License-Identifier: Apache-2.0
#include "report/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cursor.h"

void
table_init(struct table *t, size_t max)
{
	*t = (struct table){ .max = max };
}

void
table_clear(struct table *t)
{
	free(t->rows);
	free(t->slots);
	table_init(t, t->max);
}

static uint64_t
mix(uint64_t a, uint64_t b)
{
	unsigned __int128 r = (unsigned __int128)a * b;

	return (uint64_t)r ^ (uint64_t)(r >> 64);
}

/* Eight bytes at a time: keys are hostile, but a table holds few thousand rows
 * and a probe compares whole hashes, so that collisions cost little. */
static uint64_t
hash_key(struct span key)
{
	uint64_t h = key.len ^ 0xcbf29ce484222325, w;
	struct cursor c = cur_init(key.p, key.len);

	while (cur_left(&c) >= 8) {
		w = cur_le64(&c);
		h = mix(h ^ w, 0xd6e8feb86659fd93);
	}
	for (w = 0; cur_left(&c);)
		w = w << 8 | cur_u8(&c);
	return mix(h ^ w, 0x9e3779b97f4a7c15);
}

/* The slot of that key: its own, or the empty one where it would go. */
static size_t
find_slot(const struct table *t, struct span key, uint64_t hash)
{
	size_t mask = t->slot_count - 1, i = hash & mask;

	for (; t->slots[i].row; i = (i + 1) & mask)
		if (t->slots[i].hash == hash &&
		    span_eq(t->slots[i].row->key, key))
			break;
	return i;
}

/* Room for one more row at half load. */
static int
grow(struct table *t)
{
	size_t slot_count = t->slot_count ? t->slot_count * 2 : 64;
	struct table_row **rows;
	struct table_slot *slots;

	if (t->slot_count && t->count < t->slot_count / 2)
		return 0;
	rows = realloc(t->rows, slot_count / 2 * sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	t->rows = rows;
	slots = calloc(slot_count, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(t->slots);
	t->slots = slots;
	t->slot_count = slot_count;
	for (size_t i = 0; i < t->count; i++)
		t->slots[find_slot(t, rows[i]->key, rows[i]->hash)] =
		    (struct table_slot){ rows[i]->hash, rows[i] };
	return 0;
}

int
table_add(struct table *t, struct arena *arena, struct span key,
    size_t row_size, struct table_row **ret_row)
{
	uint64_t hash = hash_key(key);
	struct table_row *row;
	size_t slot;

	if (grow(t))
		return -ENOMEM;
	slot = find_slot(t, key, hash);
	if (t->slots[slot].row) {
		*ret_row = t->slots[slot].row;
		return 0;
	}
	if (t->count == t->max) {
		t->more++;
		return 1;
	}
	row = arena_zalloc(arena, row_size);
	if (!row)
		return -ENOMEM;
	row->key.p = (uint8_t *)arena_strndup(arena, key.p, key.len);
	if (!row->key.p)
		return -ENOMEM;
	row->key.len = key.len;
	row->hash = hash;
	t->slots[slot] = (struct table_slot){ hash, row };
	t->rows[t->count++] = row;
	*ret_row = row;
	return 0;
}

struct table_row *
table_find(const struct table *t, struct span key)
{
	if (!t->slot_count)
		return NULL;
	return t->slots[find_slot(t, key, hash_key(key))].row;
}

int
table_row_compare(const struct table_row *a, const struct table_row *b)
{
	size_t n = a->key.len < b->key.len ? a->key.len : b->key.len;
	int c = n ? memcmp(a->key.p, b->key.p, n) : 0;

	if (c)
		return c;
	return (a->key.len > b->key.len) - (a->key.len < b->key.len);
}
