/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_FILES_H
#define ENGINE_FILES_H

#include "base/arena.h"
#include "verdict/event.h"

/*
 * What all transfers of one program to one cloud carried of each file: distinct
 * bytes, their ranges, the transfers. A program is an executable, so that a
 * product that was restarted, or sends by processes that take turns, is one;
 * what it carries for another program is told apart. Fed with transfers in capture order, asked once at
 * the end. Memory has ceilings: files above theirs are counted, a file's ranges
 * above theirs are left out, so that sent_bytes is a lower bound then.
 */
struct files;

struct files *files_new(void);
void files_free(struct files *f);

/* Who sent to whom, as text with zeros behind it. */
struct files_party {
	char cloud[256];
	char sender[512];
};

void files_party_of(const struct event *e, struct files_party *ret_party);

/* e is an EVENT_TRANSFER with its cloud. */
void files_add(struct files *f, const struct event *e);

/* Calls visit with an EVENT_FILE for every file in the order of first sight,
 * until it returns non-zero, and returns that. What is pointed to lives for the
 * call; some of it lies in arena, which is reset. -ENOMEM. */
int files_each(struct files *f, struct arena *arena,
    int (*visit)(void *arg, struct event *e), void *arg);

/* A known file of which parts were sent, and which is named by them alone. */
struct files_part {
	const struct files_party *party;
	uint32_t known_index;
	const struct event_range *ranges;	/* until more is added */
	size_t range_count;
};

/* Calls visit for each; more parts of the same may be added meanwhile. */
void files_each_part(struct files *f,
    void (*visit)(void *arg, const struct files_part *part), void *arg);

/* Files that the ceiling kept out. */
uint64_t files_refused(const struct files *f);

#endif
