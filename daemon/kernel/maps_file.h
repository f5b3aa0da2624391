/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_MAPS_FILE_H
#define KERNEL_MAPS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * The files that a process has mapped to execute code of: /proc/PID/maps, read
 * line by line. Names are the process' own and untrusted.
 */

struct maps_file {
	uint64_t start, end;	/* of the mapping */
	uint64_t inode;
	uint32_t dev_major, dev_minor;
	char *path;		/* as the process sees it; inside of the text */
};

/* Asks for the lines of /proc/PID/maps that may be of code, with patience.h: who holds
 * its memory locked may wait for a server. The caller frees them. -ETIMEDOUT, or -ESRCH if it is gone. */
must_check int maps_file_ask(pid_t pid, char **ret_text);

/* The next mapping of a file's code at *text, which is changed and moves on.
 * False if there is none. */
bool maps_file_next(char **text, struct maps_file *ret);

/* Opens the file itself, whatever its path leads to by now. -1 if it can't be
 * read. */
int maps_file_open(pid_t pid, const struct maps_file *m);

/* Whether it lies on FUSE, by the process' /proc/PID/mountinfo: whoever opens it
 * then waits for a server that need not answer. */
bool maps_file_is_served(const struct maps_file *m, const char *mountinfo);

/* Of the file itself, likewise. -1 if it can't be told. */
struct stat;
must_check int maps_file_stat(pid_t pid, const struct maps_file *m,
    struct stat *ret_stat);

#endif
