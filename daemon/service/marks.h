/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_MARKS_H
#define SERVICE_MARKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Marks, what somebody says while a run records: a datagram to a socket in
 * /run/telltap, which root alone can reach, or in $XDG_RUNTIME_DIR/telltap. The
 * kernel tells who sent it. A run polls its socket from its own loop; `telltap
 * mark` finds the sockets of the runs that are alive.
 */

#define MARKS_TEXT_MAX	1024u

struct marks;

/* 0 takes the mark; a negative code is told to whoever made it. */
typedef int (*marks_fn)(void *arg, const char *text, uint64_t pid,
    uint64_t user);

/* case_dir may be NULL; borrowed. */
int marks_open(const char *case_dir, struct marks **ret_marks) must_check;
/* Takes what is there, without waiting. */
void marks_poll(struct marks *m, marks_fn fn, void *arg);
/* The name goes, too. Accepts NULL. */
void marks_close(struct marks *m);

/*
 * marks_send - to the run whose case is case_dir, or to the only one there is.
 *
 * -ESRCH if there is none, -EEXIST if there are several, -ETIMEDOUT if it does
 * not answer, or what it answers.
 */
int marks_send(const char *case_dir, const char *text) must_check;

/* case_dir: the folder of its case; empty if it keeps none; NULL if it does not say. */
typedef void (*marks_run_fn)(void *arg, unsigned long pid, const char *case_dir);

/* Every run that is alive, 64 at most. 0, or -ESRCH if there is none. */
int marks_list(marks_run_fn fn, void *arg) must_check;

/* The folder of the case that the only run writes, room for PATH_MAX bytes.
 * -ESRCH, -EEXIST and -ETIMEDOUT as above; -ENOENT if it keeps no case. */
int marks_find_case(char *ret_path, size_t room) must_check;

#endif
