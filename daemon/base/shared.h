/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_SHARED_H
#define BASE_SHARED_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/*
 * Bytes that many hold alike, kept once: the server names, fingerprints and
 * certificates of a shard's connections. Each holder counts; the last one frees.
 * A zeroed table is new; it belongs to one thread at a time. Where a table is
 * asked for NULL will do: then nothing is shared.
 */
struct shared {
	struct shared *next;		/* in its slot */
	uint64_t hash;
	uint32_t holders;
	uint32_t len;
	uint8_t bytes[];
};

struct shared_table {
	struct shared **slots;
	size_t slot_count, count;
	uint64_t seed;
};

/* Everything taken was dropped before. */
void shared_table_clear(struct shared_table *t);

/* A copy of the bytes, or the one that is there; NULL if there are none, or
 * memory is out. */
const struct shared *shared_take(struct shared_table *t, struct span bytes);

/* Accepts NULL. */
void shared_drop(struct shared_table *t, const struct shared *s);

/* Empty for NULL; valid until it is dropped. A zero follows the bytes. */
static inline struct span
shared_span(const struct shared *s)
{
	return s ? (struct span){ s->bytes, s->len } : (struct span){ 0 };
}

#endif
