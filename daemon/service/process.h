/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_PROCESS_H
#define SERVICE_PROCESS_H

#include <sys/types.h>

#include "service/channel.h"

/*
 * The processes of a live run. Each is this program, executed anew with one
 * flag, so that nothing of its parent's memory is in it. It has a socket to the
 * parent as descriptor 3 and is told all else by messages.
 */

struct child {
	enum role role;
	pid_t pid;			/* 0: there is none */
	struct channel channel;
};

/* The recorder keeps standard output, the others have none. */
must_check int child_start(enum role role, struct child *ret_child);

/* Kills it if it lives, and tells how it ended: "was killed by signal 9". */
void child_end(struct child *c, char *ret_how, size_t len);
/* Waits until it ends by itself, timeout_ms at most, then ends it. */
void child_wait(struct child *c, int timeout_ms, char *ret_how, size_t len);

/* Kills it and waits for nothing: it may be where no signal reaches it. */
void child_leave(struct child *c);
/* How many of those have not ended yet. */
size_t child_left_count(void);

/* Whether this program was executed as a child; then its whole run. */
bool child_is_wanted(int argc, char **argv);
int child_run(int argc, char **argv);

/* In a child. Says why on standard error and ends. */
_Noreturn void child_die(enum role role, const char *what, int err);

int engine_main(void);
int recorder_main(void);
int fingerprinter_main(void);
int opener_main(void);

#endif
