// SPDX-License-Identifier: Apache-2.0
#include "cli/verify_each.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FINISHED "finished"	/* the list, by which the folder is known */
#define DIGITS	 6

static bool
is_there(const char *dir, const char *name)
{
	char *path;
	bool there;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return false;
	there = !access(path, F_OK);
	free(path);
	return there;
}

static bool
is_part(const char *name)
{
	return strlen(name) == DIGITS && strspn(name, "0123456789") == DIGITS;
}

/* Whatever else lies there is one, too: it is for the check to say that it is not. */
static int
is_case(const struct dirent *d)
{
	return strcmp(d->d_name, ".") && strcmp(d->d_name, "..") &&
	       strcmp(d->d_name, FINISHED);
}

void
verify_each_free(char **paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(paths[i]);
	free(paths);
}

int
verify_each_list(const char *dir, char ***ret_paths, size_t *ret_count)
{
	struct dirent **names = NULL;
	char **paths = NULL;
	bool parts = false;
	size_t count = 0;
	int err = 0, n = 0;

	*ret_paths = NULL;
	*ret_count = 0;
	if (is_there(dir, FINISHED) && !is_there(dir, "data") &&
	    !is_there(dir, "data.part") && !is_there(dir, "bagit.txt"))
		n = scandir(dir, &names, is_case, alphasort);
	if (n > 0)
		paths = calloc((size_t)n, sizeof(*paths));
	if (n > 0 && !paths)
		err = -ENOMEM;
	for (int i = 0; i < n; i++) {
		parts |= is_part(names[i]->d_name);
		if (!err && asprintf(&paths[count], "%s/%s", dir,
				names[i]->d_name) < 0)
			err = -ENOMEM;
		count += !err;
		free(names[i]);
	}
	free(names);
	if (err || parts) {
		verify_each_free(paths, count);
		return err;
	}
	*ret_paths = paths;
	*ret_count = count;
	return 0;
}
