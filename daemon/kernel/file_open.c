// SPDX-License-Identifier: Apache-2.0
#include "kernel/file_open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define DEPTH_MAX	64

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

static bool
is_that_file(const struct stat *st, const struct file_wanted *w)
{
	return S_ISREG(st->st_mode) && st->st_ino == w->inode;
}

/* Two file systems made alike have the same inodes at the same paths. One without
 * a device (major 0), which may lie above others, tells of another number than the
 * kernel has for it. */
static bool
is_of_device(const struct stat *st, uint32_t dev)
{
	return major(st->st_dev) == dev >> 20 &&
	       (!major(st->st_dev) || minor(st->st_dev) == (dev & 0xfffff));
}

/* Is it that file, and can it be read by that descriptor? */
static int
keep_if(int fd, const struct file_wanted *w)
{
	int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
	struct stat st;

	if (fd < 0)
		return -ENOENT;
	if (flags >= 0 && !(flags & O_PATH) &&
	    (flags & O_ACCMODE) != O_WRONLY && fstat(fd, &st) == 0 &&
	    is_that_file(&st, w))
		return fd;
	close(fd);
	return -ENOENT;
}

/* What is another file is not opened: that may do something. */
static int
open_path(const char *path, const struct file_wanted *w)
{
	struct stat st;

	if (stat(path, &st) || !is_that_file(&st, w) ||
	    !is_of_device(&st, w->dev))
		return -ENOENT;
	return keep_if(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY |
		O_NONBLOCK), w);
}

/* The kernel's paths begin above our own root, if that is not its mount
 * namespace's: how far above is not known. */
static int
open_below_root(const struct file_wanted *w)
{
	const char *path = strchr(w->path + 1, '/');
	int fd = -ENOENT;

	for (int i = 0; fd < 0 && path && i < DEPTH_MAX; i++) {
		fd = open_path(path, w);
		path = strchr(path + 1, '/');
	}
	return fd;
}

/* Where that process lives, which may be another mount namespace, or below a root
 * of its own: the kernel's paths begin above that. */
static int
open_where(pid_t pid, const struct file_wanted *w)
{
	char root[PATH_MAX], below[PATH_MAX];
	ssize_t len;

	snprintf(below, sizeof(below), "/proc/%d/root", (int)pid);
	len = readlink(below, root, sizeof(root));
	if (len <= 0 || len == sizeof(root))
		return -ENOENT;
	if (len == 1)
		len = 0;	/* the root is "/", and no path ends in that */
	if (strncmp(w->path, root, (size_t)len) || w->path[len] != '/' ||
	    snprintf(below, sizeof(below), "/proc/%d/root%s", (int)pid,
		w->path + len) >= (int)sizeof(below))
		return -ENOENT;
	return open_path(below, w);
}

int
file_open_read(const struct file_wanted *w)
{
	int fd = keep_if(double_of(w->pid, w->fd), w);

	if (fd >= 0 || w->path[0] != '/')
		return fd;
	fd = open_path(w->path, w);
	if (fd < 0)
		fd = open_where(w->pid, w);
	for (size_t i = 0; fd < 0 && i < FILE_KIN_MAX && w->kin[i]; i++)
		fd = open_where(w->kin[i], w);
	if (fd < 0)
		fd = open_where(1, w);
	return fd < 0 ? open_below_root(w) : fd;
}
