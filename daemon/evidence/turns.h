/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_TURNS_H
#define EVIDENCE_TURNS_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Two buffers that take turns: one is filled by the caller, the other is worked
 * off by a thread, so that hashing and writing cost whoever makes the bytes no
 * time. For a case that is made in one go. The thread begins with the first
 * buffer; it has all signals blocked.
 */

struct turns;

/* A negative code ends the work: later buffers are dropped, and it is told. */
typedef int (*turns_fn)(void *arg, const struct buf *batch);

/* NULL if memory is out. */
struct turns *turns_new(turns_fn work, void *arg);

/* Waits for the buffer before, whose failure it returns; then this one is the
 * thread's and *batch an empty one. */
int turns_give(struct turns *t, struct buf *batch) must_check;

/* Until the thread has nothing to do. */
int turns_wait(struct turns *t) must_check;

/* The buffer in work is finished. Accepts NULL. */
void turns_free(struct turns *t);

#endif
