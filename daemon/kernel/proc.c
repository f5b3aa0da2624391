// SPDX-License-Identifier: Apache-2.0
#include "kernel/proc.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int
proc_parse_stat(const char *text, uint64_t ticks_per_second,
    struct proc_stat *ret_stat)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	struct proc_stat s = { 0 };
	unsigned long long start;
	long parent;
	size_t len;

	if (!open || !close || close < open || !ticks_per_second)
		return ERR_MALFORMED;
	if (sscanf(close + 1,
		" %*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d"
		" %*d %*d %*d %*d %llu",
		&parent, &start) != 2)
		return ERR_MALFORMED;
	len = close - open - 1;
	if (len >= sizeof(s.name))
		len = sizeof(s.name) - 1;
	memcpy(s.name, open + 1, len);
	s.parent_pid = parent;
	s.start_ns = start / ticks_per_second * 1000000000ull +
		     start % ticks_per_second * 1000000000ull /
			 ticks_per_second;
	*ret_stat = s;
	return 0;
}

int
proc_read_stat(pid_t pid, struct proc_stat *ret_stat)
{
	char *text = proc_read(pid, "stat", 4096, NULL);
	int err;

	if (!text)
		return -ESRCH;
	err = proc_parse_stat(text, sysconf(_SC_CLK_TCK), ret_stat);
	free(text);
	return err;
}

char *
proc_read(pid_t pid, const char *name, size_t max, size_t *ret_len)
{
	char path[64], *text;
	size_t len = 0;
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	text = malloc(max + 1);
	if (!text) {
		close(fd);
		return NULL;
	}
	while (len < max && (got = read(fd, text + len, max - len)) > 0)
		len += got;
	close(fd);
	text[len] = '\0';
	if (ret_len)
		*ret_len = len;
	return text;
}

char *
proc_link(pid_t pid, const char *name)
{
	char path[64], target[4096];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return NULL;
	target[len] = '\0';
	return strdup(target);
}

int
proc_inode(int dir, const char *path, uint64_t *ret_inode, uint32_t *ret_dev)
{
	struct statx st;

	if (statx(dir, path, AT_EMPTY_PATH | AT_NO_AUTOMOUNT |
		AT_STATX_DONT_SYNC, STATX_INO, &st))
		return -errno;
	*ret_inode = st.stx_ino;
	*ret_dev = st.stx_dev_major << 20 | st.stx_dev_minor;
	return 0;
}

const char *
proc_parse_cgroup(char *text)
{
	for (char *line = text; line; ) {
		char *end = strchr(line, '\n');

		if (end)
			*end = '\0';
		if (strncmp(line, "0::", 3) == 0)
			return line + 3;
		line = end ? end + 1 : NULL;
	}
	return "";
}

static bool
ends_in_unit(const char *name, size_t len)
{
	static const char *const kinds[] = { ".service", ".scope", ".socket",
					     ".mount", ".swap" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t n = strlen(kinds[i]);

		if (len > n && memcmp(name + len - n, kinds[i], n) == 0)
			return true;
	}
	return false;
}

char *
proc_unit_of(const char *cgroup)
{
	const char *found = "";
	size_t found_len = 0;

	for (const char *p = cgroup; *p; ) {
		size_t len;

		p += strspn(p, "/");
		len = strcspn(p, "/");
		if (ends_in_unit(p, len)) {
			found = p;
			found_len = len;
		}
		p += len;
	}
	return strndup(found, found_len);
}

char *
proc_container_of(const char *cgroup)
{
	size_t run = 0;

	for (const char *p = cgroup;; p++) {
		bool hex = *p && strchr("0123456789abcdef", *p);

		if (hex) {
			run++;
			continue;
		}
		if (run == 64)
			return strndup(p - 64, 64);
		run = 0;
		if (!*p)
			return strdup("");
	}
}

uid_t
proc_uid(pid_t pid)
{
	char *text = proc_read(pid, "status", 8192, NULL), *line;
	unsigned long uid;
	uid_t found = (uid_t)-1;

	if (!text)
		return found;
	line = strstr(text, "\nUid:");
	if (line && sscanf(line + 5, "%lu", &uid) == 1)
		found = uid;
	free(text);
	return found;
}

bool
proc_is_starved(pid_t pid)
{
	char *stat = proc_read(pid, "stat", 4096, NULL);
	const char *name_end = stat ? strrchr(stat, ')') : NULL;
	bool starved = name_end && strncmp(name_end, ") R", 3) == 0;

	free(stat);
	return starved;
}

int64_t
proc_clock_offset(int clock)
{
	struct timespec before, wall, after;
	int64_t best = 0, best_width = INT64_MAX;

	/* Of a few readings the one that took least time is the truest. */
	for (int i = 0; i < 5; i++) {
		int64_t a, b, width;

		clock_gettime(clock, &before);
		clock_gettime(CLOCK_REALTIME, &wall);
		clock_gettime(clock, &after);
		a = before.tv_sec * 1000000000ll + before.tv_nsec;
		b = after.tv_sec * 1000000000ll + after.tv_nsec;
		width = b - a;
		if (width >= best_width)
			continue;
		best_width = width;
		best = wall.tv_sec * 1000000000ll + wall.tv_nsec -
		       (a + width / 2);
	}
	return best;
}
