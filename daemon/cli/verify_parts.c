// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/verify_rerun.h"

/* The folders of a case: itself, or those of its parts, in order. */

#define DIGITS 6

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
add_part(struct rerun *u, const char *name)
{
	char **parts = realloc(u->parts, (u->part_count + 1) * sizeof(*parts));

	if (!parts)
		return -ENOMEM;
	u->parts = parts;
	parts[u->part_count] = strdup(name);
	return parts[u->part_count] ? (u->part_count++, 0) : -ENOMEM;
}

static bool
is_finished_part(DIR *dir, const char *name)
{
	char path[DIGITS + sizeof("/data")];

	if (strlen(name) != DIGITS || strspn(name, "0123456789") != DIGITS)
		return false;
	snprintf(path, sizeof(path), "%s/data", name);
	return !faccessat(dirfd(dir), path, F_OK, 0);
}

static int
add_parts(struct rerun *u)
{
	DIR *dir = opendir(u->dir);
	const struct dirent *d;
	int err = dir ? 0 : -errno;

	while (!err && (d = readdir(dir)))
		if (is_finished_part(dir, d->d_name))
			err = add_part(u, d->d_name);
	if (dir)
		closedir(dir);
	if (u->part_count)
		qsort(u->parts, u->part_count, sizeof(*u->parts), by_name);
	return err;
}

int
rerun_find_parts(struct rerun *u)
{
	char path[4096];
	int err;

	snprintf(path, sizeof(path), "%s/data", u->dir);
	if (!access(path, F_OK))
		return add_part(u, "");
	err = add_parts(u);
	return !err && !u->part_count ? -ENOENT : err;
}

bool
rerun_has_packets(const struct rerun *u)
{
	bool has = false;

	for (size_t i = 0; i < u->part_count && !has; i++) {
		char *path = rerun_path(u, i, "capture/packets.pcapng");

		has = path && !access(path, F_OK);
		free(path);
	}
	return has;
}

char *
rerun_path(const struct rerun *u, size_t part, const char *name)
{
	char *path;

	if (asprintf(&path, "%s%s%s/data/%s", u->dir, *u->parts[part] ? "/" : "",
		u->parts[part], name) < 0)
		return NULL;
	return path;
}

int
rerun_find_file(struct rerun *u, const char *name, char **ret_path)
{
	for (size_t i = 0; i < u->part_count; i++) {
		char *path = rerun_path(u, i, name);

		if (!path)
			return -ENOMEM;
		if (!access(path, F_OK)) {
			u->kept_part = i;
			*ret_path = path;
			return 0;
		}
		free(path);
	}
	return -ENOENT;
}

void
rerun_clear_parts(struct rerun *u)
{
	for (size_t i = 0; i < u->part_count; i++)
		free(u->parts[i]);
	free(u->parts);
}
