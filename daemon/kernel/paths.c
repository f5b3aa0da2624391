// SPDX-License-Identifier: Apache-2.0
#include "kernel/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel/patience.h"

struct question {
	uint32_t skip;			/* those that were told already */
	bool is_pattern;
	char path[PATH_MAX];
};

/* The real path follows, with its NUL. */
struct found {
	uint64_t inode;
	uint32_t dev, path_len;
};

struct found_list {
	uint8_t *to;
	size_t room, len;
	uint32_t skip;
};

/* False if there is no room for it. */
static bool
put(struct found_list *l, const char *path)
{
	struct found f = { 0 };
	char real[PATH_MAX];
	struct stat st;

	if (!realpath(path, real) || stat(real, &st) || !S_ISREG(st.st_mode))
		return true;
	if (l->skip) {
		l->skip--;
		return true;
	}
	f.inode = st.st_ino;
	f.dev = major(st.st_dev) << 20 | minor(st.st_dev);
	f.path_len = (uint32_t)strlen(real) + 1;
	if (l->room - l->len < sizeof(f) + f.path_len)
		return false;
	memcpy(l->to + l->len, &f, sizeof(f));
	memcpy(l->to + l->len + sizeof(f), real, f.path_len);
	l->len += sizeof(f) + f.path_len;
	return true;
}

/* In the process that is waited for. */
static int
look(const void *ask, size_t len, void *ret, size_t room, size_t *ret_len,
    int *ret_fd)
{
	const struct question *q = ask;
	struct found_list l = { ret, room, 0, q->skip };
	glob_t g = { 0 };

	if (!q->is_pattern)
		(void)put(&l, q->path);
	else if (glob(q->path, GLOB_NOSORT, NULL, &g) == 0)
		for (size_t i = 0; i < g.gl_pathc && put(&l, g.gl_pathv[i]); i++)
			continue;
	if (q->is_pattern)
		globfree(&g);
	*ret_len = l.len;
	return 0;
}

static int
tell(const uint8_t *at, size_t len, paths_fn fn, void *arg, uint32_t *ret_count)
{
	struct found f;
	int err = 0;

	while (!err && len) {
		memcpy(&f, at, sizeof(f));
		err = fn(arg, (const char *)at + sizeof(f), f.inode, f.dev);
		at += sizeof(f) + f.path_len;
		len -= sizeof(f) + f.path_len;
		++*ret_count;
	}
	return err;
}

int
paths_find(const char *path, bool is_pattern, paths_fn fn, void *arg)
{
	static uint8_t answer[PATIENCE_ANSWER_MAX];
	struct question q = { .is_pattern = is_pattern };
	size_t len = strlen(path);
	int err;

	if (len >= sizeof(q.path))
		return 0;		/* no file has such a path */
	memcpy(q.path, path, len + 1);
	do {
		err = patience_ask(look, &q, sizeof(q), answer, sizeof(answer),
		    &len, NULL);
		if (!err)
			err = tell(answer, len, fn, arg, &q.skip);
	} while (!err && len && is_pattern);
	return err;
}

struct may {
	int what;
	char path[PATH_MAX];
};

/* access() takes the capabilities from any user but root. */
static int
may(const void *ask, size_t len, void *ret, size_t room, size_t *ret_len,
    int *ret_fd)
{
	const struct may *m = ask;

	*ret_len = 0;
	return faccessat(AT_FDCWD, m->path, m->what, AT_EACCESS) ? -errno : 0;
}

int
paths_may(const char *path, int what)
{
	struct may m = { .what = what };
	size_t len = strlen(path);
	char nothing;

	if (len >= sizeof(m.path))
		return -ENAMETOOLONG;
	memcpy(m.path, path, len + 1);
	return patience_ask(may, &m, sizeof(m), &nothing, sizeof(nothing), &len,
	    NULL);
}
