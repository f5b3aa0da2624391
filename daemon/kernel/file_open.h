/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_FILE_OPEN_H
#define KERNEL_FILE_OPEN_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * A descriptor of a regular file that a process has just read from: its own
 * descriptor's double while that is open, for that is certain to be the file
 * and no scanner is asked whether it may be opened; else what the path leads to,
 * here or where its kin lives, if that has the inode and the device. The double
 * shares its position with the process and may be one to write by: whoever gets it
 * reads by pread() and can't write. Waits for the file's server, if it has one.
 */

#define FILE_KIN_MAX	4

struct file_wanted {
	pid_t pid;			/* who read it, and may be gone */
	int fd;				/* of that process */
	/* Who started it, and who started those: they may live in the same mount
	 * namespace. 0: no more. */
	pid_t kin[FILE_KIN_MAX];
	/* From its mount namespace's root, as the kernel knows it; else as that
	 * process' link says. */
	const char *path;
	uint64_t inode;
	uint32_t dev;			/* as the kernel packs it */
};

/* The caller closes it. Or a negative code. */
must_check int file_open_read(const struct file_wanted *w);

#endif
