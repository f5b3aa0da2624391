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
 * if that has the inode. The double shares its position with the process and
 * may be one to write by: whoever gets it reads by pread() and can't write. Waits
 * for the file's server, if it has one. The caller closes it. Or a negative code.
 */
must_check int file_open_read(pid_t pid, int fd, const char *path,
    uint64_t inode);

#endif
