// SPDX-License-Identifier: Apache-2.0
#include "canary/canary.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "canary/folder.h"

static int
must_be_empty(const char *dir, struct canary_error *e)
{
	struct dirent *entry;
	DIR *d = opendir(dir);
	int r = 0;

	if (!d)
		return folder_fail(e, -errno, "%s: %s", dir, strerror(errno));
	while (!r && (entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			r = folder_fail(e, -ENOTEMPTY, "%s: not empty", dir);
	}
	closedir(d);
	return r;
}

static int
plant(const char *dir, struct set *s, bool manifest, const uint8_t *key,
    struct canary_error *ret_error)
{
	bool made = mkdir(dir, 0755) == 0;
	size_t written;
	int fd, r;

	if (!made && errno != EEXIST)
		return folder_fail(ret_error, -errno, "%s: %s", dir,
		    strerror(errno));
	r = must_be_empty(dir, ret_error);
	if (r)
		return r;
	fd = folder_open(dir, ret_error);
	if (fd < 0)
		return fd;
	r = folder_write_files(fd, dir, s, false, &written, ret_error);
	if (!r && manifest)
		r = folder_write_part(fd, dir, s, key, ret_error);
	if (!r && manifest)
		r = folder_name_part(fd, dir, ret_error);
	for (size_t i = 0; r && i < written; i++)
		unlinkat(fd, s->files[i].name, 0);
	if (r)
		unlinkat(fd, FOLDER_PART, 0);
	close(fd);
	if (r && made)
		rmdir(dir);
	return r;
}

int
canary_plant(const char *dir, struct set *s, const uint8_t *key,
    struct canary_error *ret_error)
{
	return plant(dir, s, true, key, ret_error);
}

int
canary_plant_unlisted(const char *dir, struct set *s,
    struct canary_error *ret_error)
{
	return plant(dir, s, false, NULL, ret_error);
}

int
canary_open(const char *dir, struct set *ret_set,
    struct canary_error *ret_error)
{
	int fd = folder_open(dir, ret_error), r;

	if (fd < 0)
		return fd;
	r = folder_read_manifest(fd, dir, SET_MANIFEST, ret_set, ret_error);
	close(fd);
	return r;
}

enum canary_state
canary_check(const char *dir, const struct set_file *file)
{
	struct canary_error unused;
	int fd = folder_open(dir, &unused);
	enum canary_state state;

	if (fd < 0)
		return CANARY_MISSING;
	if (folder_check(fd, file->name, file, &state))
		state = CANARY_CHANGED;
	close(fd);
	return state;
}

static int
remove_at(const char *dir, const char *name, struct canary_error *e)
{
	int fd = folder_open(dir, e), r = 0;

	if (fd < 0)
		return fd;
	if (unlinkat(fd, name, 0) < 0)
		r = folder_fail(e, -errno, "%s/%s: %s", dir, name,
		    strerror(errno));
	close(fd);
	return r;
}

int
canary_remove(const char *dir, const struct set_file *file,
    enum canary_state *ret_state, struct canary_error *ret_error)
{
	enum canary_state state = canary_check(dir, file);
	int r = state == CANARY_INTACT ? remove_at(dir, file->name, ret_error)
				       : 0;

	if (!r)
		*ret_state = state;
	return r;
}

int
canary_remove_manifest(const char *dir, struct canary_error *ret_error)
{
	return remove_at(dir, SET_MANIFEST, ret_error);
}
