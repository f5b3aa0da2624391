/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_FILES_H
#define ENGINE_FILES_H

#include "base/arena.h"
#include "verdict/event.h"

/*
 * What all transfers to one cloud carried of each file: distinct bytes, their
 * ranges, the transfers. Fed with transfers in capture order, asked once at
 * the end. Memory has ceilings: files above theirs are counted, a file's ranges
 * above theirs are left out, so that sent_bytes is a lower bound then.
 */
struct files;

struct files *files_new(void);
void files_free(struct files *f);

/* e is an EVENT_TRANSFER with its cloud. */
void files_add(struct files *f, const struct event *e);

/* Calls visit with every file in the order of first sight, until it returns
 * non-zero, and returns that. What is pointed to lives for the call; some of
 * it lies in arena, which is reset. -ENOMEM. */
int files_each(struct files *f, struct arena *arena,
    int (*visit)(void *arg, const struct event_file_total *t,
	const struct event_cloud *cloud, uint64_t ts_ns),
    void *arg);

/* Files that the ceiling kept out. */
uint64_t files_refused(const struct files *f);

#endif
