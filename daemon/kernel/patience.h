/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_PATIENCE_H
#define KERNEL_PATIENCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * What may wait for ever, for a file's server that is dead, and that the caller
 * needs at once: a process of its own does it, and is waited for a second at most.
 * One that does not answer is left behind, since it may not even be killed before
 * that server comes back, and another one takes its place. Where that happens again
 * and again nothing is asked for a minute, nor while sixteen are left behind. One such process for the whole program,
 * forked at the first question; it ends with the program. Of one thread alone.
 */

#define PATIENCE_ASK_MAX	8192u
#define PATIENCE_ANSWER_MAX	65536u

/* Runs in that process, which may be another one each time. What it returns, an
 * answer of room bytes at most and, if it sets one, a descriptor come back. */
typedef int (*patience_fn)(const void *ask, size_t len, void *ret, size_t room,
    size_t *ret_len, int *ret_fd);

/* What fn returned, or -ETIMEDOUT. ret_fd may be NULL; else it is -1 unless there is
 * one, which the caller closes. */
must_check int patience_ask(patience_fn fn, const void *ask, size_t len,
    void *ret, size_t room, size_t *ret_len, int *ret_fd);

/* What it gives up before it does anything, from the next question on; NULL:
 * nothing. */
void patience_enter_by(void (*enter)(void));

/* Questions that had no answer, ever. */
uint64_t patience_unanswered(void);

/* Ends it. How many were left behind and live. */
size_t patience_end(void);

#endif
