// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/stat.h>

#include "source/source.h"

#define FILES_MAX (1u << 20)

static int
list_grow(struct telltap_source *src)
{
	size_t cap = src->file_cap ? src->file_cap * 2 : 8;
	void *p;

	if (src->file_count < src->file_cap)
		return 0;
	if (src->file_count >= FILES_MAX)
		return source_fail(src, ERR_LIMIT, "more than %u files",
		    FILES_MAX);
	p = realloc(src->files, cap * sizeof(*src->files));
	if (!p)
		return -ENOMEM;
	src->files = p;
	p = realloc(src->entries, cap * sizeof(*src->entries));
	if (!p)
		return -ENOMEM;
	src->entries = p;
	src->file_cap = cap;
	return 0;
}

static int64_t
mtime_of(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}

static int
list_add(struct telltap_source *src, const char *path, size_t argument,
    const struct stat *st)
{
	struct telltap_source_file *f;
	struct source_entry *e;
	const char *slash;
	int r = list_grow(src);

	if (r < 0)
		return r;
	f = &src->files[src->file_count];
	e = &src->entries[src->file_count];
	memset(f, 0, sizeof(*f));
	memset(e, 0, sizeof(*e));
	e->path = strdup(path);
	if (!e->path)
		return -ENOMEM;
	slash = strrchr(e->path, '/');
	f->name = slash ? slash + 1 : e->path;
	e->argument = argument;
	e->regular = st && S_ISREG(st->st_mode);
	if (e->regular) {
		f->size = (uint64_t)st->st_size;
		e->mtime_ns = mtime_of(st);
		e->inode = st->st_ino;
	}
	src->file_count++;
	return 0;
}

static int
visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
list_folder(struct telltap_source *src, const char *path, size_t argument)
{
	struct dirent **names = NULL;
	char *file = NULL;
	struct stat st;
	int n, r = 0;

	n = scandir(path, &names, visible, by_bytes);
	if (n < 0)
		return source_fail(src, -errno, "%s: %s", path,
		    strerror(errno));
	for (int i = 0; i < n && r == 0; i++) {
		if (asprintf(&file, "%s/%s", path, names[i]->d_name) < 0) {
			r = -ENOMEM;
			break;
		}
		/* only what can't block: no pipes, devices, folders below */
		if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
			r = list_add(src, file, argument, &st);
		free(file);
	}
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
	return r;
}

int
source_list(struct telltap_source *src, const char *path, size_t argument)
{
	size_t before = src->file_count;
	struct stat st;
	int r;

	if (strcmp(path, "-") == 0)
		return list_add(src, path, argument, NULL);
	if (stat(path, &st) < 0)
		return source_fail(src, -errno, "%s: %s", path,
		    strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return list_add(src, path, argument, &st);
	r = list_folder(src, path, argument);
	if (r == 0 && src->file_count == before)
		r = source_fail(src, ERR_UNSUPPORTED, "%s: no capture in it",
		    path);
	return r;
}

bool
source_is_as_listed(const struct telltap_source *src, size_t index)
{
	const struct source_entry *e = &src->entries[index];
	struct stat st;

	return !e->regular || (stat(e->path, &st) == 0 &&
	    (uint64_t)st.st_size == src->files[index].size &&
	    mtime_of(&st) == e->mtime_ns && st.st_ino == e->inode);
}

/* The next that is read as a capture; others may come and grow beside them. */
static size_t
next_usable(const struct telltap_source *src, size_t i)
{
	while (i < src->file_count && !src->entries[i].usable)
		i++;
	return i;
}

bool
telltap_source_is_unchanged(const struct telltap_source *src,
    const struct telltap_source *again)
{
	size_t i = next_usable(src, 0), k = next_usable(again, 0);

	for (; i < src->file_count && k < again->file_count;
	     i = next_usable(src, i + 1), k = next_usable(again, k + 1)) {
		const struct source_entry *e = &src->entries[i];
		const struct source_entry *f = &again->entries[k];

		if (strcmp(e->path, f->path) != 0 ||
		    src->files[i].size != again->files[k].size ||
		    e->mtime_ns != f->mtime_ns || e->inode != f->inode ||
		    !source_is_as_listed(src, i))
			return false;
	}
	return i == src->file_count && k == again->file_count;
}

void
source_end_entry(struct telltap_source *src, size_t index)
{
	struct telltap_source_file *f = &src->files[index];

	f->finished = true;
	if (f->status || source_is_as_listed(src, index))
		return;
	f->status = -ESTALE;
	free((char *)f->error);
	f->error = strdup("changed while it was read");
}
