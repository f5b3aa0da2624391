/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_JAIL_H
#define SERVICE_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * What a process that parses hostile bytes gives up, once all that it needs is
 * open: its user, its groups, every capability, the right to gain any (no
 * new privileges), every path (Landlock), and every system call that is not on
 * a list (seccomp). What cannot be given up on this kernel is told.
 */

/* Whose rights a jailed process has, if there is such a user. */
#define JAIL_USER "telltap-engine"

enum jail_lack {
	JAIL_NO_USER = 1 << 0,		/* it keeps the user that it has */
	JAIL_NO_LANDLOCK = 1 << 1,	/* no path, by the list of calls alone */
	JAIL_NO_SECCOMP = 1 << 2,
};

struct jail_options {
	const char *user;	/* NULL: telltap-engine, else nobody */
	bool keep_user;
	bool threads;		/* more than one: they may be made */
	bool reads_alone;	/* by pread(), of files that others opened: it
				 * neither writes to them nor moves in them */
};

/* Every later call that is not on the list ends the process with SIGSYS; those
 * that name a path fail with EACCES. *ret_lacks: a set of enum jail_lack. */
must_check int jail_enter(const struct jail_options *options,
    unsigned *ret_lacks);

/* For who opens what other processes have open, and does not parse: keeps the
 * capabilities to do so, and the calls; it opens to read, and can't write. No
 * Landlock, for that would close other processes' descriptors to it. */
must_check int jail_enter_opener(unsigned *ret_lacks);

/* For who writes below one folder and does not parse: gives up every capability
 * but the one to write what other users own, every path outside of dir (NULL:
 * every path), and what reaches other processes, the network or the machine, as
 * jail_enter_reader() does. Before any thread is started. */
must_check int jail_enter_folder(const char *dir, unsigned *ret_lacks);

/* For who reads whatever the caller may read, and parses it: no new privileges,
 * nothing is written outside of dir (NULL: anywhere; where it is not there yet,
 * the folder that it is to be in), no program is run, no socket made (EACCES), no other
 * process touched. Before any thread is started. */
must_check int jail_enter_reader(const char *dir, unsigned *ret_lacks);

/* Before jail_enter(): keeps these capabilities (a set of bits), gives up all
 * others for good. */
must_check int jail_keep_capabilities(uint64_t capabilities);

/* The kernel's version of Landlock; 0 if it has none. */
int jail_landlock_version(void);
bool jail_has_seccomp(void);

#endif
