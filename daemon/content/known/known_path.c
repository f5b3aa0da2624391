// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "content/known/known_canary.h"
#include "content/known/known_set.h"

#define DEPTH_MAX	64
#define MANIFEST_MAX	((size_t)1 << 32)
#define MANIFEST_HEAD	4096

struct path_list {
	char **path;
	size_t count, cap;
};

static int
list_push(struct path_list *l, char *path)
{
	size_t cap = l->cap ? l->cap * 2 : 64;
	char **list;

	if (l->count == l->cap) {
		list = reallocarray(l->path, cap, sizeof(*list));
		if (!list)
			return -ENOMEM;
		l->path = list;
		l->cap = cap;
	}
	l->path[l->count++] = path;
	return 0;
}

static int walk(struct known *k, struct path_list *l, const char *dir,
    int depth);

static int
walk_entry(struct known *k, struct path_list *l, const char *dir,
    const char *name, int depth)
{
	struct stat st;
	char *path = NULL;
	int r = 0;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return known_fail(k, -ENOMEM, "%s: out of memory", dir);
	if (lstat(path, &st) < 0)
		r = known_fail(k, -errno, "%s: %s", path, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		r = walk(k, l, path, depth + 1);
	else if (S_ISREG(st.st_mode)) {
		r = list_push(l, path);
		if (!r)
			path = NULL;
	}
	free(path);
	return r;
}

static int
walk(struct known *k, struct path_list *l, const char *dir, int depth)
{
	struct dirent *e;
	DIR *d;
	int r = 0;

	if (depth > DEPTH_MAX)
		return known_fail(k, ERR_LIMIT, "%s: more than %d folders deep",
		    dir, DEPTH_MAX);
	d = opendir(dir);
	if (!d)
		return known_fail(k, -errno, "%s: %s", dir, strerror(errno));
	while (!r && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			r = walk_entry(k, l, dir, e->d_name, depth);
	}
	closedir(d);
	return r;
}

static int
compare_path(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool
is_canary_manifest(const char *path)
{
	return !strcmp(base_name(path), KNOWN_CANARY_MANIFEST);
}

static int
add_listed(struct known *k, const struct path_list *l,
    struct known_canaries *canaries)
{
	int r = 0;

	for (size_t i = 0; i < l->count && !r; i++) {
		if (is_canary_manifest(l->path[i]))
			continue;
		r = known_add_file(k, l->path[i], base_name(l->path[i]));
		if (!r)
			known_canaries_mark(k, canaries, l->path[i]);
	}
	return r;
}

static int
add_folder(struct known *k, const char *dir)
{
	struct known_canaries canaries = { 0 };
	struct path_list l = { 0 };
	int r = walk(k, &l, dir, 0);

	if (!r)
		qsort(l.path, l.count, sizeof(*l.path), compare_path);
	for (size_t i = 0; i < l.count && !r; i++) {
		if (is_canary_manifest(l.path[i]))
			r = known_canaries_read(k, &canaries, l.path[i]);
	}
	if (!r)
		r = add_listed(k, &l, &canaries);
	if (!r)
		r = known_canaries_push_rest(k, &canaries);
	for (size_t i = 0; i < l.count; i++)
		free(l.path[i]);
	free(l.path);
	known_canaries_clear(&canaries);
	return r;
}

/* The manifest alone: its canaries, those that were removed by their hashes. */
static int
add_canaries(struct known *k, const char *path)
{
	struct known_canaries canaries = { 0 };
	int r = known_canaries_read(k, &canaries, path);
	struct stat st;

	for (size_t i = 0; i < canaries.count && !r; i++) {
		const struct known_canary *c = &canaries.list[i];

		if (lstat(c->path, &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		r = known_add_file(k, c->path, base_name(c->path));
		if (!r)
			known_canaries_mark(k, &canaries, c->path);
	}
	if (!r)
		r = known_canaries_push_rest(k, &canaries);
	known_canaries_clear(&canaries);
	return r;
}

/* The whole text of a manifest. */
static int
read_text(FILE *f, struct buf *text)
{
	uint8_t *room;
	size_t n;

	do {
		room = buf_reserve(text, 64 * 1024);
		if (!room)
			return ERR_LIMIT;
		n = fread(room, 1, 64 * 1024, f);
		text->len += n;
	} while (n);
	return ferror(f) ? -EIO : 0;
}

static int
add_single(struct known *k, const char *path)
{
	const char *name = base_name(path);
	uint8_t head[MANIFEST_HEAD];
	struct buf text;
	FILE *f = fopen(path, "rbe");
	size_t n;
	int r;

	if (!f)
		return known_fail(k, -errno, "%s: %s", path, strerror(errno));
	n = fread(head, 1, sizeof(head), f);
	if (catalogue_is(head, n)) {
		fclose(f);
		return known_add_catalogue(k, path);
	}
	if (!known_is_manifest(name, head, n)) {
		fclose(f);
		return known_add_file(k, path, name);
	}
	buf_init(&text, MANIFEST_MAX);
	buf_append(&text, head, n);
	r = read_text(f, &text);
	if (r)
		r = known_fail(k, r, "%s: %s", path, err_text(r));
	else
		r = known_add_manifest(k, name, text.data, text.len);
	buf_clear(&text);
	fclose(f);
	return r;
}

int
known_add_path(struct known *k, const char *path)
{
	size_t len = strlen(path);
	struct stat st;
	char *plain;
	int r;

	while (len > 1 && path[len - 1] == '/')
		len--;
	plain = strndup(path, len);
	if (!plain)
		return known_fail(k, -ENOMEM, "%s: out of memory", path);
	if (k->sealed)
		r = known_fail(k, -EINVAL, "the known files are sealed");
	else if (stat(plain, &st) < 0)
		r = known_fail(k, -errno, "%s: %s", path, strerror(errno));
	else if (S_ISDIR(st.st_mode))
		r = add_folder(k, plain);
	else if (S_ISREG(st.st_mode))
		r = is_canary_manifest(plain) ? add_canaries(k, plain)
					      : add_single(k, plain);
	else
		r = known_fail(k, -EINVAL, "%s: neither file nor folder", path);
	free(plain);
	return r;
}
