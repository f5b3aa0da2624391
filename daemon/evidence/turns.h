/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_TURNS_H
#define EVIDENCE_TURNS_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Buffers that take turns: one is filled by the caller, those before are worked
 * off by threads, so that hashing, writing and syncing cost whoever makes the bytes
 * no time. The threads begin with the first buffer, and may do what the caller may
 * then; they have all signals blocked.
 */

struct turns;

/* A negative code ends the work: later buffers are dropped, and it is told. */
typedef int (*turns_fn)(void *arg, const struct buf *batch);

/* NULL if memory is out. What `beside` does with a buffer has a thread of its
 * own, and happens while `work` is at the same one; NULL: nothing. */
struct turns *turns_new(turns_fn work, turns_fn beside, void *arg);

/* This buffer is the threads' then, and *batch an empty one; eight may wait. The
 * failure of one before is returned as soon as it is known. */
int turns_give(struct turns *t, struct buf *batch) must_check;

/* The threads have nothing to do. */
bool turns_are_done(struct turns *t);

/* Until the threads have nothing to do. */
int turns_wait(struct turns *t) must_check;

/* What was given is finished. Accepts NULL. */
void turns_free(struct turns *t);

#endif
