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
