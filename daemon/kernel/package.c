// SPDX-License-Identifier: Apache-2.0
#include "kernel/package.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST_MAX	(64 << 20)

/* Whether a line of the text is the path. */
static bool
has_line(const char *text, size_t len, const char *path)
{
	size_t want = strlen(path), left = len;
	const char *at = text;

	while (left >= want && (at = memmem(at, left, path, want))) {
		const char *end = at + want;

		if ((at == text || at[-1] == '\n') &&
		    (end == text + len || *end == '\n'))
			return true;
		at++;
		left = len - (size_t)(at - text);
	}
	return false;
}

static bool
list_names(int dir, const char *name, const char *path, const char *other)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	bool found = false;
	struct stat st;
	void *text;

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && st.st_size > 0 && st.st_size <= LIST_MAX) {
		text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE,
		    fd, 0);
		if (text != MAP_FAILED) {
			found = has_line(text, (size_t)st.st_size, path) ||
				(other && has_line(text, (size_t)st.st_size,
				    other));
			munmap(text, (size_t)st.st_size);
		}
	}
	close(fd);
	return found;
}

/* "libc6:amd64.list" is of libc6, "python3.11.list" of python3.11. */
static char *
name_of(const char *list)
{
	const char *colon = strchr(list, ':');

	return strndup(list, colon ? (size_t)(colon - list) :
				     strlen(list) - strlen(".list"));
}

char *
package_of(const char *lists, const char *path)
{
	/* Where /bin is a link to /usr/bin, lists may have the shorter. */
	const char *other = strncmp(path, "/usr/", 5) ? NULL : path + 4;
	char *name = NULL;
	struct dirent *e;
	DIR *dir = path[0] ? opendir(lists) : NULL;

	while (dir && !name && (e = readdir(dir))) {
		size_t len = strlen(e->d_name);

		if (len > 5 && !strcmp(e->d_name + len - 5, ".list") &&
		    list_names(dirfd(dir), e->d_name, path, other))
			name = name_of(e->d_name);
	}
	if (dir)
		closedir(dir);
	return name;
}
