// SPDX-License-Identifier: Apache-2.0
#include "kernel/maps_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
parse(char *line, struct maps_file *ret)
{
	unsigned long long start, end, inode;
	unsigned major, minor;
	char rights[5];
	int at = 0;

	if (sscanf(line, "%llx-%llx %4s %*x %x:%x %llu %n", &start, &end,
		rights, &major, &minor, &inode, &at) != 6 || !at ||
	    rights[2] != 'x' || !inode || line[at] != '/')
		return false;
	*ret = (struct maps_file){ start, end, inode, major, minor, line + at };
	return true;
}

bool
maps_file_next(char **text, struct maps_file *ret)
{
	while (**text) {
		char *line = *text, *lf = strchr(line, '\n');

		*text = lf ? lf + 1 : line + strlen(line);
		if (lf)
			*lf = '\0';
		if (parse(line, ret))
			return true;
	}
	return false;
}

static int
open_regular(const char *path, uint64_t inode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_ino == inode)
		return fd;
	close(fd);
	return -1;
}

int
maps_file_stat(pid_t pid, const struct maps_file *m, struct stat *ret_stat)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", (int)pid,
	    (unsigned long long)m->start, (unsigned long long)m->end);
	if (stat(path, &st) || st.st_ino != m->inode)
		return -1;
	*ret_stat = st;
	return 0;
}

/* "36 35 0:98 /root /where options optional... - type source options" */
static bool
is_served_mount(const char *line, const char *end, const struct maps_file *m)
{
	unsigned major, minor;
	const char *type;

	if (sscanf(line, "%*u %*u %u:%u ", &major, &minor) != 2 ||
	    major != m->dev_major || minor != m->dev_minor)
		return false;
	type = memmem(line, (size_t)(end - line), " - fuse", 7);
	return type && end - type > 7 && strchr(" .b", type[7]);
}

bool
maps_file_is_served(const struct maps_file *m, const char *mountinfo)
{
	for (const char *end; *mountinfo; mountinfo = *end ? end + 1 : end) {
		end = strchrnul(mountinfo, '\n');
		if (is_served_mount(mountinfo, end, m))
			return true;
	}
	return false;
}

int
maps_file_open(pid_t pid, const struct maps_file *m)
{
	char path[4200];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", (int)pid,
	    (unsigned long long)m->start, (unsigned long long)m->end);
	fd = open_regular(path, m->inode);
	if (fd >= 0)
		return fd;
	/* Some kernels lack those links. */
	if (snprintf(path, sizeof(path), "/proc/%d/root%s", (int)pid,
		m->path) >= (int)sizeof(path))
		return -1;
	return open_regular(path, m->inode);
}
