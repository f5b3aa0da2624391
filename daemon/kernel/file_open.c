// SPDX-License-Identifier: Apache-2.0
#include "kernel/file_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
double_of(pid_t pid, int fd)
{
	int process, copy;

	if (fd < 0)
		return -1;
	process = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process < 0)
		return -1;
	copy = (int)syscall(SYS_pidfd_getfd, process, fd, 0);
	close(process);
	return copy;
}

/* By a description of our own, for reading alone. */
static int
open_anew(int fd)
{
	char link[32];
	int again;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	again = open(link, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	close(fd);
	return again < 0 ? -ENOENT : again;
}

/* Is it that file? Who is handed it has no right to write to it. */
static int
keep_if(int fd, uint64_t inode)
{
	int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
	struct stat st;

	if (fd < 0)
		return -ENOENT;
	if (flags >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_ino == inode)
		return (flags & O_ACCMODE) == O_RDONLY ? fd : open_anew(fd);
	close(fd);
	return -ENOENT;
}

int
file_open_read(pid_t pid, int fd, const char *path, uint64_t inode)
{
	int found = keep_if(double_of(pid, fd), inode);

	if (found >= 0 || path[0] != '/')
		return found;
	return keep_if(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
		O_NONBLOCK), inode);
}
