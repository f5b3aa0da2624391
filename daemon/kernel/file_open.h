/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_FILE_OPEN_H
#define KERNEL_FILE_OPEN_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * A descriptor of a regular file that a process has just read from: its own
 * descriptor's double while that is open, for that is certain to be the file
 * and no scanner is asked whether it may be opened; where the process may write by
 * it, the file opened anew; else what the path leads to, if that has the inode.
 * Nothing can be written by it. To be read by pread() alone, since the double
 * shares its position with the process; the caller closes it. Or a negative
 * code.
 */
must_check int file_open_read(pid_t pid, int fd, const char *path,
    uint64_t inode);

#endif
