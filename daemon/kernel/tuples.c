// SPDX-License-Identifier: Apache-2.0
#include "kernel/tuples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINGER_NS	60000000000ull
#define FEW		65536u

/*
 * Entries lie in one array; two hash tables of indices + 1 lead to them, by
 * tuple (open addressing) and by the newest holder's cookie (chained).
 */
struct tuples {
	struct tuple_entry *entries;
	uint32_t *by_tuple;
	uint32_t *by_cookie;
	uint32_t *free_list;
	size_t cap, used, free_count, slots;
	struct holders earlier;
};

static uint64_t
mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ull;
	return h ^ h >> 32;
}

static size_t
hash_tuple(const struct tap_tuple *t)
{
	uint64_t words[sizeof(*t) / 8], h = 0;

	memcpy(words, t, sizeof(words));
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		h = mix(h, words[i]);
	return h;
}

struct tuples *
tuples_new(void)
{
	struct tuples *ts = calloc(1, sizeof(*ts));

	if (!ts)
		return NULL;
	ts->cap = 1024;
	ts->slots = ts->cap * 2;
	ts->entries = calloc(ts->cap, sizeof(*ts->entries));
	ts->free_list = calloc(ts->cap, sizeof(*ts->free_list));
	ts->by_tuple = calloc(ts->slots, sizeof(*ts->by_tuple));
	ts->by_cookie = calloc(ts->slots, sizeof(*ts->by_cookie));
	if (!ts->entries || !ts->free_list || !ts->by_tuple || !ts->by_cookie) {
		tuples_free(ts);
		return NULL;
	}
	return ts;
}

void
tuples_free(struct tuples *ts)
{
	if (!ts)
		return;
	free(ts->entries);
	free(ts->free_list);
	free(ts->by_tuple);
	free(ts->by_cookie);
	holders_drop(&ts->earlier);
	free(ts);
}

static size_t
slot_of(const struct tuples *ts, const struct tap_tuple *t)
{
	size_t i = hash_tuple(t) & (ts->slots - 1);

	while (ts->by_tuple[i] &&
	       memcmp(&ts->entries[ts->by_tuple[i] - 1].tuple, t, sizeof(*t)))
		i = (i + 1) & (ts->slots - 1);
	return i;
}

static uint32_t *
chain_of(const struct tuples *ts, uint64_t cookie)
{
	return &ts->by_cookie[mix(0, cookie) & (ts->slots - 1)];
}

static void
link_cookie(struct tuples *ts, uint32_t index)
{
	struct tuple_entry *e = &ts->entries[index];
	uint32_t *head = chain_of(ts, e->holders[0].cookie);

	e->next_of_cookie = *head;
	*head = index + 1;
}

static void
unlink_cookie(struct tuples *ts, uint32_t index)
{
	uint32_t *at = chain_of(ts, ts->entries[index].holders[0].cookie);

	while (*at && *at != index + 1)
		at = &ts->entries[*at - 1].next_of_cookie;
	if (*at)
		*at = ts->entries[index].next_of_cookie;
}

static int
grow(struct tuples *ts)
{
	struct tuples big = *ts;

	if (ts->cap >= TUPLES_MAX)
		return ERR_LIMIT;
	big.cap *= 2;
	big.slots *= 2;
	big.by_tuple = calloc(big.slots, sizeof(*big.by_tuple));
	big.by_cookie = calloc(big.slots, sizeof(*big.by_cookie));
	big.free_list = calloc(big.cap, sizeof(*big.free_list));
	big.entries = big.by_tuple && big.by_cookie && big.free_list ?
			  realloc(ts->entries,
			      big.cap * sizeof(*big.entries)) :
			  NULL;
	if (!big.entries) {
		free(big.by_tuple);
		free(big.by_cookie);
		free(big.free_list);
		return -ENOMEM;
	}
	/* Growth only happens when every entry is taken. */
	for (uint32_t i = 0; i < ts->used; i++) {
		big.by_tuple[slot_of(&big, &big.entries[i].tuple)] = i + 1;
		link_cookie(&big, i);
	}
	free(ts->by_tuple);
	free(ts->by_cookie);
	free(ts->free_list);
	*ts = big;
	return 0;
}

static int
entry_new(struct tuples *ts, const struct tap_tuple *tuple, uint32_t *ret_index)
{
	uint32_t index;

	if (!ts->free_count && ts->used == ts->cap) {
		int err = grow(ts);

		if (err)
			return err;
	}
	index = ts->free_count ? ts->free_list[--ts->free_count] :
				 (uint32_t)ts->used++;
	memset(&ts->entries[index], 0, sizeof(ts->entries[index]));
	ts->entries[index].tuple = *tuple;
	ts->by_tuple[slot_of(ts, tuple)] = index + 1;
	*ret_index = index;
	return 0;
}

static void
make_room(struct tuples *ts, struct tuple_entry *e, uint64_t since_ns)
{
	const struct tuple_holder *last = &e->holders[TUPLE_HOLDERS - 1];

	if (e->holder_count == TUPLE_HOLDERS) {
		if (since_ns > HOLDERS_KEPT_NS)
			holders_trim(&ts->earlier, &e->earlier, last->since_ns,
			    since_ns - HOLDERS_KEPT_NS);
		holders_push(&ts->earlier, &e->earlier, last);
	}
	memmove(&e->holders[1], &e->holders[0],
	    sizeof(e->holders) - sizeof(e->holders[0]));
}

int
tuples_hold(struct tuples *ts, const struct tap_tuple *tuple,
    const struct tuple_holder *holder)
{
	uint32_t index = ts->by_tuple[slot_of(ts, tuple)];
	uint64_t since_ns = holder->since_ns;
	struct tuple_entry *e;
	int err;

	if (!index) {
		err = entry_new(ts, tuple, &index);
		if (err)
			return err;
		e = &ts->entries[index];
	} else {
		e = &ts->entries[--index];
		if (e->holders[0].cookie == holder->cookie &&
		    e->holders[0].owner == holder->owner) {
			e->holders[0].flags = holder->flags;
			return 0;
		}
		unlink_cookie(ts, index);
		/* Whose it is has not changed: an accepted socket takes over from
		 * the one that listens. */
		if (e->holders[0].owner == holder->owner) {
			since_ns = e->holders[0].since_ns;
			e->holder_count--;
		} else {
			make_room(ts, e, since_ns);
		}
	}
	e->holders[0] = *holder;
	e->holders[0].since_ns = since_ns;
	e->ended_ns = 0;
	if (e->holder_count < TUPLE_HOLDERS)
		e->holder_count++;
	link_cookie(ts, index);
	return 0;
}

const struct tuple_holder *
tuples_find(const struct tuples *ts, const struct tap_tuple *tuple,
    uint64_t ts_ns)
{
	uint32_t index = ts->by_tuple[slot_of(ts, tuple)];
	const struct tuple_entry *e;

	if (!index)
		return NULL;
	e = &ts->entries[index - 1];
	for (uint32_t i = 0; i < e->holder_count; i++)
		if (tuple_is_held(&e->holders[i], ts_ns))
			return &e->holders[i];
	/* Before all that is remembered the oldest is the nearest. */
	return e->earlier.count ?
		   holders_find(&ts->earlier, &e->earlier, ts_ns) :
		   &e->holders[e->holder_count - 1];
}

uint32_t
tuples_owner(const struct tuples *ts, const struct tap_tuple *tuple)
{
	uint32_t index = ts->by_tuple[slot_of(ts, tuple)];

	return index ? ts->entries[index - 1].holders[0].owner : 0;
}

uint32_t
tuples_end_cookie(struct tuples *ts, uint64_t cookie, uint64_t now_ns)
{
	uint32_t owner = 0;

	for (uint32_t i = *chain_of(ts, cookie); i;
	     i = ts->entries[i - 1].next_of_cookie) {
		struct tuple_entry *e = &ts->entries[i - 1];

		if (e->holders[0].cookie != cookie)
			continue;
		e->ended_ns = now_ns;
		owner = e->holders[0].owner;
	}
	return owner;
}

/* Closes the gap that a removed slot leaves in its probe sequence. */
static void
unlink_tuple(struct tuples *ts, size_t hole)
{
	size_t mask = ts->slots - 1;

	for (size_t i = (hole + 1) & mask; ts->by_tuple[i];
	     i = (i + 1) & mask) {
		size_t home = hash_tuple(
		    &ts->entries[ts->by_tuple[i] - 1].tuple) & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		ts->by_tuple[hole] = ts->by_tuple[i];
		hole = i;
	}
	ts->by_tuple[hole] = 0;
}

size_t
tuples_sweep(struct tuples *ts, uint64_t before_ns,
    void (*removed)(void *arg, const struct tuple_entry *entry), void *arg)
{
	size_t count = 0;

	for (uint32_t i = 0; i < ts->used; i++) {
		struct tuple_entry *e = &ts->entries[i];

		holders_trim(&ts->earlier, &e->earlier,
		    e->holders[TUPLE_HOLDERS - 1].since_ns, before_ns);
		if (!e->holder_count || !e->ended_ns ||
		    e->ended_ns >= before_ns)
			continue;
		if (removed)
			removed(arg, e);
		unlink_cookie(ts, i);
		unlink_tuple(ts, slot_of(ts, &e->tuple));
		holders_clear(&ts->earlier, &e->earlier);
		e->holder_count = 0;
		ts->free_list[ts->free_count++] = i;
		count++;
	}
	return count;
}

void
tuples_each(const struct tuples *ts,
    void (*each)(void *arg, const struct tuple_entry *entry), void *arg)
{
	for (uint32_t i = 0; i < ts->used; i++)
		if (ts->entries[i].holder_count)
			each(arg, &ts->entries[i]);
}

size_t
tuples_count(const struct tuples *ts)
{
	return ts->used - ts->free_count;
}

uint64_t
tuples_holders_forgotten(const struct tuples *ts)
{
	return ts->earlier.forgotten;
}

uint64_t
tuples_linger_ns(const struct tuples *ts)
{
	uint64_t crowd = 1 + tuples_count(ts) / FEW;

	return LINGER_NS / (crowd * crowd);
}
