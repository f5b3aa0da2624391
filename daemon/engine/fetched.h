/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_FETCHED_H
#define ENGINE_FETCHED_H

#include "engine/shard.h"

/*
 * Updates that came in: a file that goes out and is one of them, by its SHA-256,
 * is the product's own and no user's, whatever folder it was read from; so is one
 * that was packed in an update. The last
 * FETCHED_MAX of them are kept.
 */
#define FETCHED_MAX	4096u

struct fetched;

/* What such a transfer's event points into, for the time of its callback. */
struct fetched_room {
	struct event_transfer transfer;
	struct span reasons[32];
	char reason[320];
};

struct fetched *fetched_new(void);
void fetched_free(struct fetched *f);

/* Remembers an update, or tells which files of a transfer are some. */
void fetched_follow(struct fetched *f, struct record *r,
    struct fetched_room *room);

#endif
