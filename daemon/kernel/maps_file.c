// SPDX-License-Identifier: Apache-2.0
#include "kernel/maps_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/patience.h"
#include "kernel/proc.h"

#define MAPS_MAX	(8u << 20)

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

struct piece {
	pid_t pid;
	size_t at;
};

static bool
may_be_code(const char *line, size_t len)
{
	const char *rights = memchr(line, ' ', len);

	return rights && (size_t)(line + len - rights) > 3 && rights[3] == 'x' &&
	    memchr(rights, '/', (size_t)(line + len - rights));
}

/* The other lines go: of many mappings few are code, and what fits into one piece is
 * of one moment. Returns what is left. */
static size_t
keep_code(char *text)
{
	const char *from = text;
	char *to = text;

	for (size_t len; *text; text += len) {
		len = strcspn(text, "\n");
		len += text[len] == '\n';
		if (may_be_code(text, len))
			to = (char *)memmove(to, text, len) + len;
	}
	return (size_t)(to - from);
}

/* Whole lines from there on, in the process that is waited for. */
static int
read_piece(const void *ask, size_t len, void *ret, size_t room, size_t *ret_len,
    int *ret_fd)
{
	const struct piece *from = ask;
	size_t all, left;
	char *text = proc_read(from->pid, "maps", MAPS_MAX, NULL);
	const char *begin, *lf;

	if (!text)
		return -ESRCH;
	all = keep_code(text);
	left = all > from->at ? all - from->at : 0;
	begin = text + (all - left);
	lf = memrchr(begin, '\n', left < room ? left : room);
	if (lf) {
		*ret_len = (size_t)(lf + 1 - begin);
		memcpy(ret, begin, *ret_len);
	}
	free(text);
	return 0;
}

int
maps_file_ask(pid_t pid, char **ret_text)
{
	struct piece from = { .pid = pid };
	char *text = NULL, *more;
	size_t len;
	int err;

	do {
		more = realloc(text, from.at + PATIENCE_ANSWER_MAX + 1);
		if (!more) {
			free(text);
			return -ENOMEM;
		}
		text = more;
		err = patience_ask(read_piece, &from, sizeof(from),
		    text + from.at, PATIENCE_ANSWER_MAX, &len, NULL);
		if (err) {
			free(text);
			return err;
		}
		from.at += len;
	} while (len && from.at < MAPS_MAX);
	text[from.at] = '\0';
	*ret_text = text;
	return 0;
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
