/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_HELD_WHOLES_H
#define ENGINE_HELD_WHOLES_H

#include "engine/shard.h"
#include "inference/inference.h"

/*
 * What held transfers are parts of, as inference asks for it: each whole's sizes,
 * where its parts begin, what went before it, where it went, and the connection
 * whose runs it is one of. For held.c only. Zeroed is new.
 */
struct held_wholes {
	struct inference_item *items;
	size_t count, cap;
	struct inference_group *groups;
	size_t group_count;
	struct held_head *heads;	/* by flow, */
	struct held_group *group_of;	/* likewise */
	struct held_far_end *far_ends;
};

void held_wholes_clear(struct held_wholes *w);

/* Of a transfer, whether it is held or not, once its whole is made: the flow's
 * next one may be the body of what were headers. */
void held_wholes_note(struct held_wholes *w, const struct record *r);

/* A new one, for that transfer; -1 above the ceiling, or if memory is out. */
long held_wholes_add(struct held_wholes *w, const struct record *r);
/* Another part of it begins. */
void held_wholes_go_on(struct held_wholes *w, uint32_t whole);

/* The transfer's bytes are the whole's. */
void held_wholes_take(struct held_wholes *w, uint32_t whole,
    const struct event_transfer *t);

#endif
