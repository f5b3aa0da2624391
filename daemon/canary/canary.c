// SPDX-License-Identifier: Apache-2.0
#include "canary/canary.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "canary/folder.h"

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

static enum canary_state
check_at(int dir_fd, const struct set_file *file)
{
	enum canary_state state;

	return folder_check(dir_fd, file->name, file, &state) ? CANARY_CHANGED
							      : state;
}

enum canary_state
canary_check(const char *dir, const struct set_file *file)
{
	struct canary_error unused;
	int fd = folder_open(dir, &unused);
	enum canary_state state = CANARY_MISSING;

	if (fd < 0)
		return state;
	state = check_at(fd, file);
	close(fd);
	return state;
}

static int
remove_at(int dir_fd, const char *dir, const char *name, struct canary_error *e)
{
	return unlinkat(dir_fd, name, 0) < 0 ? folder_fail(e, -errno,
	    "%s/%s: %s", dir, name, strerror(errno)) : 0;
}

/* Of the folder that was looked into, whatever has its name meanwhile. */
int
canary_remove(const char *dir, const struct set_file *file,
    enum canary_state *ret_state, struct canary_error *ret_error)
{
	int fd = folder_open(dir, ret_error), r = 0;
	enum canary_state state;

	if (fd < 0)
		return fd;
	state = check_at(fd, file);
	if (state == CANARY_INTACT)
		r = remove_at(fd, dir, file->name, ret_error);
	close(fd);
	if (!r)
		*ret_state = state;
	return r;
}

int
canary_remove_manifest(const char *dir, struct canary_error *ret_error)
{
	int fd = folder_open(dir, ret_error), r;

	if (fd < 0)
		return fd;
	r = remove_at(fd, dir, SET_MANIFEST, ret_error);
	close(fd);
	return r;
}
