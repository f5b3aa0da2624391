// SPDX-License-Identifier: Apache-2.0
#include "kernel/hook_files.h"

#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

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

/* The descriptor is kept, or closed. */
static int
keep(struct hook_files *h, int fd, uint64_t changed)
{
	struct hook_file f = { .fd = fd, .changed_ns = changed };

	if (hook_places_find(fd, &f.places) || !f.places.any) {
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
look(struct hook_files *h, uint64_t dev, uint64_t inode, uint64_t changed, int fd)
{
	struct seen_file *f = find(h, dev, inode);

	if (!f)
		f = &h->seen[h->seen_count++ % SEEN_MAX];
	*f = (struct seen_file){ inode, dev, changed, keep(h, fd, changed) };
	return f->number;
}

static int
expect(struct hook_files *h, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	uint64_t dev;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return -1;
	}
	dev = (uint64_t)major(st.st_dev) << 32 | minor(st.st_dev);
	if (find(h, dev, st.st_ino))
		close(fd);
	else
		(void)look(h, dev, st.st_ino, changed_ns(&st), fd);
	return 0;
}

void
hook_files_expect_usual(struct hook_files *h)
{
	for (size_t i = 0; i < sizeof(usual) / sizeof(*usual); i++) {
		glob_t g;

		if (glob(usual[i], 0, NULL, &g))
			continue;
		for (size_t k = 0; k < g.gl_pathc; k++)
			(void)expect(h, g.gl_pathv[k]);
		globfree(&g);
	}
}

void
hook_files_expect_program(struct hook_files *h, const char *name)
{
	const char *at = getenv("PATH"), *end;
	char path[4200];

	if (strchr(name, '/')) {
		(void)expect(h, name);
		return;
	}
	for (; at && *at; at = *end ? end + 1 : end) {
		end = strchrnul(at, ':');
		if (snprintf(path, sizeof(path), "%.*s/%s", (int)(end - at), at,
			name) < (int)sizeof(path) && !access(path, X_OK) &&
		    !expect(h, path))
			return;
	}
}

int
hook_files_of(struct hook_files *h, pid_t pid, const struct maps_file *m,
    const char *mountinfo)
{
	uint64_t dev = (uint64_t)m->dev_major << 32 | m->dev_minor;
	struct seen_file *f = find(h, dev, m->inode);
	struct stat st;
	int fd;

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
	fd = maps_file_open(pid, m);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st)) {
		close(fd);
		return -1;
	}
	return look(h, dev, m->inode, changed_ns(&st), fd);
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
