/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_HELD_H
#define ENGINE_HELD_H

#include "content/known/known.h"
#include "engine/shard.h"

/*
 * Transfers that can't be read, kept back until the case is over: what their
 * sizes say depends on all of them. Only where canaries are known, or files
 * that were read are asked for, and only those that could be one, or a part of one.
 * Then each is handed on with what was inferred, in the order that they came. On the
 * engine's thread. Above a ceiling transfers are not taken, go on as they are, and
 * are counted.
 *
 * What one transfer begins and nobody answers the next of the same flow goes
 * on with: such parts are judged as one.
 */
struct held;

/* NULL, and 0, where nothing is to be inferred from what is known; files: of other
 * files than canaries, too. */
int held_new(const struct known *known, double alpha, bool files,
    struct held **ret_held) must_check;
void held_free(struct held *h);

/* True if it was taken: copied, to be handed on later. */
bool held_take(struct held *h, const struct record *r);

/* A file that a watched process read, to be told beside what is inferred. */
void held_read(struct held *h, const struct event_file_read *read,
    const struct event_process *process);

/* How many it would have taken, had there been room. */
uint64_t held_refused(const struct held *h);

/* Infers, then visits every record taken; known: all that are known by now. Stops
 * when visit returns non-zero, and returns that. */
int held_release(struct held *h, const struct known *known,
    int (*visit)(void *arg, struct event *e), void *arg) must_check;

#endif
