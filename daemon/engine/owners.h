/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_OWNERS_H
#define ENGINE_OWNERS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "verdict/event.h"

/*
 * What is known of the processes that packets belong to, by the number that the
 * packets bear. Filled and asked on the engine's thread alone. Above
 * ENGINE_MAX_OWNERS numbers a packet's owner is not known.
 */
#define ENGINE_MAX_OWNERS	(4u << 20)

struct profile;
struct profiles;
struct telltap_process;
struct engine_owner;

struct engine_owners {
	struct engine_owner **list;	/* by number */
	size_t cap;
	const struct profiles *profiles;	/* NULL if there are none */
};

/* Takes the place of what was known of the number. */
must_check int engine_owners_set(struct engine_owners *os, uint32_t id,
    const struct telltap_process *process);

/* NULL if the number is not known. Until it is set again. */
const struct event_process *engine_owners_find(const struct engine_owners *os,
    uint32_t id);
/*
 * engine_owners_of - what is known of a flow's owner; a copy in *room, and
 * ambiguous, if imports name another process beside it or are not sure. NULL
 * if the owner is not known.
 */
const struct event_process *engine_owners_of(const struct engine_owners *os,
    const struct event_flow *flow, struct event_process *room);
/* The profile whose process it is; NULL if nobody's. */
const struct profile *engine_owners_profile(const struct engine_owners *os,
    uint32_t id);
/* Who had asked the resolver that it is; NULL if it is none. */
const struct event_process *engine_owners_asker(const struct engine_owners *os,
    uint32_t id);
void engine_owners_clear(struct engine_owners *os);

/* A copy that the caller frees. NULL if memory is out. */
struct engine_owner *engine_owner_new(const struct telltap_process *process);
const struct event_process *engine_owner_process(const struct engine_owner *o);
void engine_owner_free(struct engine_owner *o);

#endif
