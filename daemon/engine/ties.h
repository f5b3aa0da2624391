/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_TIES_H
#define ENGINE_TIES_H

#include "engine/shard.h"

/*
 * Ties an upload to the look-up whose answer gave the address to send to: host
 * and path are the same, it comes within an hour, and, where both are known,
 * from the same process. The upload is then one to that look-up's cloud,
 * whatever its host is called. The last TIES_MAX addresses are kept.
 */
#define TIES_MAX	1024u

struct ties;

/* What a tied transfer's event points into, for the time of its callback. */
struct ties_room {
	struct event_transfer transfer;
	struct span reasons[32];
	char reason[256], id[48];
	char source[160];
};

struct ties *ties_new(void);
void ties_free(struct ties *t);

/* Remembers what the transfer's answer gives, or ties the transfer. */
void ties_follow(struct ties *t, struct record *r,
    const struct event_process *process, struct ties_room *room);

#endif
