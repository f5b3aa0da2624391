// SPDX-License-Identifier: Apache-2.0
#include "kernel/hook_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "kernel/paths.h"
#include "kernel/patience.h"

/* More than the usual places have; each costs every process that begins. */
#define EXPECTED_MAX	16
/* Files looked at; above it the oldest is looked at again when it comes by. */
#define SEEN_MAX	4096

struct seen_file {
	uint64_t inode, dev;
	uint64_t changed_ns;
	int number;		/* -1: it has nothing of interest */
};

struct hook_files {
	struct seen_file seen[SEEN_MAX];
	size_t seen_count;
	struct hook_file files[HOOK_FILES_MAX];
	size_t count;
	uint64_t lost;
};

static const char *const usual[] = {
	"/lib/*/libssl.so.*", "/usr/lib/*/libssl.so.*", "/lib*/libssl.so.*",
	"/usr/lib*/libssl.so.*", "/usr/local/lib*/libssl.so.*",
	"/lib/*/libgnutls.so.*", "/usr/lib/*/libgnutls.so.*",
	"/lib*/libgnutls.so.*", "/usr/lib*/libgnutls.so.*",
	"/lib/*/libnspr4.so", "/usr/lib/*/libnspr4.so", "/lib*/libnspr4.so",
	"/usr/lib*/libnspr4.so",
};

struct hook_files *
hook_files_new(void)
{
	return calloc(1, sizeof(struct hook_files));
}

void
hook_files_free(struct hook_files *h)
{
	for (size_t i = 0; h && i < h->count; i++)
		close(h->files[i].fd);
	free(h);
}

static uint64_t
changed_ns(const struct stat *st)
{
	return (uint64_t)st->st_ctim.tv_sec * 1000000000u +
	       (uint64_t)st->st_ctim.tv_nsec;
}

static struct seen_file *
find(struct hook_files *h, uint64_t dev, uint64_t inode)
{
	for (size_t i = 0; i < h->seen_count && i < SEEN_MAX; i++)
		if (h->seen[i].inode == inode && h->seen[i].dev == dev)
			return &h->seen[i];
	return NULL;
}

/* What is found in a file, by the process that is waited for. */
struct looked {
	uint64_t inode, dev, changed_ns;
	struct hook_places places;	/* not any: it has none */
};

/* Which one: by path, or a mapping of a process. */
struct question {
	pid_t pid;			/* 0: by path */
	bool program;			/* that may be run */
	struct maps_file mapped;	/* its path is the one below */
	char path[PATH_MAX];
};

/* A probe's page may be read at any time, and its server be dead by then. */
static bool
is_served(int fd)
{
	struct statfs st;

	return fstatfs(fd, &st) || st.f_type == FUSE_SUPER_MAGIC;
}

static int
look_there(const void *ask, size_t len, void *ret, size_t room,
    size_t *ret_len, int *ret_fd)
{
	struct looked *to = ret;
	struct question q;
	struct stat st;
	int fd;

	memcpy(&q, ask, sizeof(q));
	q.mapped.path = q.path;
	fd = q.pid ? maps_file_open(q.pid, &q.mapped) :
		     open(q.path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -ENOENT;
	memset(to, 0, sizeof(*to));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) ||
	    (q.program && !(st.st_mode & 0111)) || is_served(fd)) {
		close(fd);
		return -EXDEV;
	}
	to->inode = st.st_ino;
	to->dev = (uint64_t)major(st.st_dev) << 32 | minor(st.st_dev);
	to->changed_ns = changed_ns(&st);
	if (hook_places_find(fd, &to->places))
		to->places.any = false;
	*ret_fd = fd;
	*ret_len = sizeof(*to);
	return 0;
}

static int
ask(struct question *q, const char *path, struct looked *ret_looked, int *ret_fd)
{
	size_t len = strlen(path);
	int err;

	if (len >= sizeof(q->path))
		return -ENAMETOOLONG;
	memcpy(q->path, path, len + 1);
	err = patience_ask(look_there, q, sizeof(*q), ret_looked,
	    sizeof(*ret_looked), &len, ret_fd);
	return err ? err : *ret_fd < 0 ? -EIO : 0;
}

/* The descriptor is kept, or closed. */
static int
keep(struct hook_files *h, int fd, const struct looked *l)
{
	struct hook_file f = { .fd = fd, .changed_ns = l->changed_ns,
		.places = l->places };

	if (!f.places.any) {
		close(fd);
		return -1;
	}
	if (h->count == HOOK_FILES_MAX) {
		h->lost++;
		close(fd);
		return -1;
	}
	h->files[h->count] = f;
	return (int)h->count++;
}

/* What has no functions may have been another file: its inode was free again. */
static int
enter(struct hook_files *h, uint64_t dev, uint64_t inode, int fd,
    const struct looked *l)
{
	struct seen_file *f = find(h, dev, inode);

	if (!f)
		f = &h->seen[h->seen_count++ % SEEN_MAX];
	*f = (struct seen_file){ inode, dev, l->changed_ns, keep(h, fd, l) };
	return f->number;
}

static int
expect(struct hook_files *h, const char *path, bool program)
{
	struct question q = { .program = program };
	struct looked l;
	int fd, err = ask(&q, path, &l, &fd);

	if (err)
		return err;
	if (find(h, l.dev, l.inode))
		close(fd);
	else
		(void)enter(h, l.dev, l.inode, fd, &l);
	return 0;
}

static int
expect_found(void *arg, const char *real, uint64_t inode, uint32_t dev)
{
	return expect(arg, real, false) == -ETIMEDOUT ? -ETIMEDOUT : 0;
}

/* A file that is not looked at now is when a process maps it. */
void
hook_files_expect_usual(struct hook_files *h)
{
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++)
		if (paths_find(usual[i], true, expect_found, h))
			return;
}

void
hook_files_expect_program(struct hook_files *h, const char *name)
{
	const char *at = getenv("PATH"), *end;
	char path[4200];

	if (strchr(name, '/')) {
		(void)expect(h, name, true);
		return;
	}
	for (; at && *at; at = *end ? end + 1 : end) {
		end = strchrnul(at, ':');
		if (snprintf(path, sizeof(path), "%.*s/%s", (int)(end - at), at,
			name) < (int)sizeof(path) && !expect(h, path, true))
			return;
	}
}

int
hook_files_of(struct hook_files *h, pid_t pid, const struct maps_file *m,
    const char *mountinfo)
{
	uint64_t dev = (uint64_t)m->dev_major << 32 | m->dev_minor;
	struct question q = { .pid = pid, .mapped = *m };
	struct seen_file *f = find(h, dev, m->inode);
	struct looked l;
	struct stat st;
	int fd, err;

	if (f && f->number >= 0)
		return f->number;
	if (maps_file_is_served(m, mountinfo)) {
		if (!f)
			h->seen[h->seen_count++ % SEEN_MAX] = (struct seen_file){
				m->inode, dev, 0, -1 };
		h->lost += !f;
		return -1;
	}
	if (f && !maps_file_stat(pid, m, &st) && changed_ns(&st) == f->changed_ns)
		return -1;
	err = ask(&q, m->path, &l, &fd);
	h->lost += err == -ETIMEDOUT;
	return err ? -1 : enter(h, dev, m->inode, fd, &l);
}

size_t
hook_files_count(const struct hook_files *h)
{
	return h->count;
}

bool
hook_files_is_expected(size_t number)
{
	return number < EXPECTED_MAX;
}

const struct hook_file *
hook_files_get(struct hook_files *h, size_t number)
{
	struct hook_file *f = &h->files[number];
	struct stat st;

	if (!fstat(f->fd, &st) && changed_ns(&st) != f->changed_ns) {
		f->changed_ns = changed_ns(&st);
		if (hook_places_find(f->fd, &f->places))
			f->places.any = false;
	}
	return f->places.any ? f : NULL;
}

uint64_t
hook_files_lost(const struct hook_files *h)
{
	return h->lost;
}
