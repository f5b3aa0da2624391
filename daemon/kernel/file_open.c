// SPDX-License-Identifier: Apache-2.0
#include "kernel/file_open.h"

#include <errno.h>
#include <fcntl.h>
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

/* Is it that file, and can it be read by that descriptor? */
static int
keep_if(int fd, uint64_t inode)
{
	int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
	struct stat st;

	if (fd < 0)
		return -ENOENT;
	if (flags >= 0 && !(flags & O_PATH) &&
	    (flags & O_ACCMODE) != O_WRONLY && fstat(fd, &st) == 0 &&
	    S_ISREG(st.st_mode) && st.st_ino == inode)
		return fd;
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
