/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_DOCTOR_PID_H
#define KERNEL_DOCTOR_PID_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Whether what a process hands to TLS can be read where it does so: of each
 * file that it has mapped to execute, what is known of TLS in it.
 */

struct doctor_file {
	const char *path;	/* as the process sees it; untrusted */
	bool readable;		/* its plaintext can be had */
	bool sealed;		/* TLS of its own, whose plaintext can't be had */
	char why[200];		/* in what, or why not */
};

/* Files without any TLS are passed over. -ESRCH: there is no such process, or
 * its mappings can't be read. Something is said of the program
 * itself always. */
must_check int doctor_pid(pid_t pid,
    void (*say)(void *arg, const struct doctor_file *file), void *arg);

#endif
