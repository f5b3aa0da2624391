/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERDICT_CARRY_H
#define VERDICT_CARRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

/*
 * Marks of content that tell whether what goes out has come in before, by a
 * local connection into the product. A mark is the hash of some 60 bytes; which
 * places are marked follows from the bytes alone, one in CARRY_RATE, so the same
 * content has the same marks wherever it lies and however it is cut. Above
 * CARRY_MAX marks every other one is dropped, by its value, so that those kept
 * lie all over the content.
 *
 * Made by a shard while content streams by, compared by the engine's merge.
 */
#define CARRY_RATE	64u
#define CARRY_MAX	1024u

struct carry {
	uint64_t window, whole, len;
	uint64_t *marks;
	uint32_t count, cap;
	uint8_t rank;		/* marks with fewer zero bits are left out */
};

/* What is known of one message's content, or of a piece of a stream. */
struct carry_marks {
	const uint64_t *marks;
	size_t count;
	uint64_t whole;		/* of all of an entity, with its length */
	uint64_t len;
	uint64_t head;		/* of a request's method, host and target, or of
				 * a DNS question */
	uint64_t host;		/* of whom it asks for; 0: not known */
};

void carry_data(struct carry *c, const uint8_t *data, size_t len);
/* Forgets the marks above the first keep. */
void carry_cut(struct carry *c, uint32_t keep);
void carry_clear(struct carry *c);

/* How many zero bits a mark has: each further one halves how many there are. */
unsigned carry_rank(uint64_t mark);

/* The same for a path and for the whole address of it. Never 0. */
uint64_t carry_head(struct span method, struct span host, struct span target);

/* Of whom a request is for, less a port of 80 or 443; of CONNECT the target is
 * that. 0 for none. */
uint64_t carry_host(struct span method, struct span host, struct span target);

/* Of a DNS question, in whatever case its letters are. Never 0. */
uint64_t carry_question(struct span name, struct span type);

/* A copy in the arena; NULL if memory is out. c may be NULL. */
struct carry_marks *carry_keep(const struct carry *c, struct arena *arena);

#endif
