// SPDX-License-Identifier: Apache-2.0
#include "kernel/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/proc.h"

#define DEPTH_MAX	16

/* The next mount of cgroup v2 in the text; false: there is none. */
static bool
next_mount(const char **text, const char **ret_where, size_t *ret_len)
{
	while (**text) {
		const char *where, *type, *line = *text;
		size_t len = strcspn(line, "\n"), where_len;

		where = line + strcspn(line, " \n");
		where += *where == ' ';
		where_len = strcspn(where, " \n");
		type = where + where_len;
		type += *type == ' ';
		*text = line + len + (line[len] == '\n');
		if (strncmp(type, "cgroup2 ", 8) == 0) {
			*ret_where = where;
			*ret_len = where_len;
			return true;
		}
	}
	return false;
}

char *
cgroup_parse_mounts(const char *mounts)
{
	const char *where;
	size_t len;

	return next_mount(&mounts, &where, &len) ? strndup(where, len) : NULL;
}

/* What follows the folder in the path; NULL: it does not lie in it. */
static const char *
below(const char *path, const char *folder, size_t len)
{
	if (strncmp(path, folder, len) != 0)
		return NULL;
	return path[len] == '/' ? path + len : path[len] ? NULL : "/";
}

const char *
cgroup_below_mount(const char *mounts, const char *path)
{
	/* where systemd has it, for whom another tree covers it */
	static const char *const usual[] = {
		"/sys/fs/cgroup/unified", "/sys/fs/cgroup",
	};
	const char *where, *rest = NULL;
	size_t len;

	while (!rest && next_mount(&mounts, &where, &len))
		rest = below(path, where, len);
	for (size_t i = 0; !rest && i < 2; i++)
		rest = below(path, usual[i], strlen(usual[i]));
	return rest ? rest : path;
}

static int
mount_apart(void)
{
	char where[] = "/tmp/telltap-cgroup-XXXXXX";
	int fd, err;

	if (!mkdtemp(where))
		return -errno;
	if (mount("none", where, "cgroup2", 0, NULL)) {
		err = -errno;
		rmdir(where);
		return err;
	}
	fd = open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = fd < 0 ? -errno : fd;
	/* The descriptor keeps it alive after it has left the tree. */
	umount2(where, MNT_DETACH);
	rmdir(where);
	return err;
}

int
cgroup_open_root(void)
{
	char *text = proc_read(getpid(), "mounts", 1 << 20, NULL), *where;
	int fd;

	where = text ? cgroup_parse_mounts(text) : NULL;
	fd = where ? open(where, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	free(where);
	free(text);
	return fd >= 0 ? fd : mount_apart();
}

int
cgroup_id(int root_fd, const char *path, uint64_t *ret_id)
{
	struct {
		struct file_handle head;
		uint64_t id;
	} handle = { .head.handle_bytes = sizeof(uint64_t) };
	int mount_id, err;

	err = name_to_handle_at(root_fd, path, &handle.head, &mount_id, 0);
	if (err && path[0] == '/')	/* as /proc/PID/cgroup shows it */
		err = name_to_handle_at(root_fd,
		    path[1] ? path + 1 : ".", &handle.head, &mount_id, 0);
	if (err)
		return -errno;
	if (handle.head.handle_bytes != sizeof(uint64_t))
		return -EINVAL;
	memcpy(ret_id, handle.head.f_handle, sizeof(*ret_id));
	return 0;
}

static int
search(int dir_fd, const char *unit, int depth,
    int (*on_id)(void *arg, uint64_t id), void *arg)
{
	DIR *dir = fdopendir(dir_fd);
	struct dirent *entry;
	uint64_t id;
	int err = 0, fd;

	if (!dir) {
		close(dir_fd);
		return -errno;
	}
	while (!err && (entry = readdir(dir))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (strcmp(entry->d_name, unit) == 0 &&
		    cgroup_id(dirfd(dir), entry->d_name, &id) == 0) {
			err = on_id(arg, id);
			continue;
		}
		if (depth == 0)
			continue;
		fd = openat(dirfd(dir), entry->d_name,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd >= 0)
			err = search(fd, unit, depth - 1, on_id, arg);
	}
	closedir(dir);
	return err;
}

int
cgroup_of_unit(int root_fd, const char *unit,
    int (*on_id)(void *arg, uint64_t id), void *arg)
{
	int fd = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : search(fd, unit, DEPTH_MAX, on_id, arg);
}
