// SPDX-License-Identifier: Apache-2.0
#include "kernel/rules.h"

#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "bpf/process.h"
#include "kernel/cgroup.h"
#include "kernel/proc.h"

struct rules {
	char **exes, **cgroups, **units;
	pid_t *pids;
	uid_t *uids;
	size_t pid_count, uid_count;
	int cgroup_fd;
};

static int
copy_list(const char *const *from, char ***ret_list)
{
	size_t count = 0;
	char **list;

	while (from && from[count])
		count++;
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	*ret_list = list;
	for (size_t i = 0; i < count; i++) {
		list[i] = strdup(from[i]);
		if (!list[i])
			return -ENOMEM;
	}
	return 0;
}

static void
free_list(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

static int
copy_numbers(struct rules *r, const struct tap_options *o)
{
	r->pids = calloc(o->pid_count + 1, sizeof(*r->pids));
	r->uids = calloc(o->uid_count + 1, sizeof(*r->uids));
	if (!r->pids || !r->uids)
		return -ENOMEM;
	for (size_t i = 0; i < o->pid_count; i++)
		r->pids[i] = o->pids[i];
	for (size_t i = 0; i < o->uid_count; i++)
		r->uids[i] = o->uids[i];
	r->pid_count = o->pid_count;
	r->uid_count = o->uid_count;
	return 0;
}

/* As /proc/PID/cgroup names them, however they were given. */
static int
copy_groups(const char *const *from, char ***ret_list)
{
	char *mounts = proc_read(getpid(), "mounts", 1 << 20, NULL);
	char **list = NULL;
	int err = copy_list(from, &list);

	for (size_t i = 0; !err && mounts && list[i]; i++) {
		const char *below = cgroup_below_mount(mounts, list[i]);

		if (below != list[i])
			memmove(list[i], below, strlen(below) + 1);
	}
	free(mounts);
	*ret_list = list;
	return err;
}

int
rules_new(const struct tap_options *options, int cgroup_fd,
    struct rules **ret_rules)
{
	struct rules *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->cgroup_fd = cgroup_fd;
	err = copy_list(options->exes, &r->exes);
	if (!err)
		err = copy_groups(options->cgroups, &r->cgroups);
	if (!err)
		err = copy_list(options->units, &r->units);
	if (!err)
		err = copy_numbers(r, options);
	if (err) {
		rules_free(r);
		return err;
	}
	*ret_rules = r;
	return 0;
}

void
rules_free(struct rules *r)
{
	if (!r)
		return;
	free_list(r->exes);
	free_list(r->cgroups);
	free_list(r->units);
	free(r->pids);
	free(r->uids);
	free(r);
}

static bool
is_pattern(const char *path)
{
	return strpbrk(path, "*?[") != NULL;
}

/* "/opt/av/<star>" and nothing else special: the kernel can hold that. */
static bool
is_folder_pattern(const char *path, size_t *ret_len)
{
	size_t len = strlen(path);

	if (len < 2 || path[len - 1] != '*' || path[len - 2] != '/' ||
	    strcspn(path, "*?[") != len - 1)
		return false;
	*ret_len = len - 1;
	return true;
}

static int
fill_inode(const char *path, const struct rules_sink *sink)
{
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	return sink->inode(sink->arg, st.st_ino,
	    major(st.st_dev) << 20 | minor(st.st_dev));
}

static int
fill_pattern(const char *pattern, const struct rules_sink *sink)
{
	glob_t found = { 0 };
	char *folder;
	size_t len;
	int err = 0;

	if (is_folder_pattern(pattern, &len)) {
		folder = strndup(pattern, len);
		if (!folder)
			return -ENOMEM;
		err = sink->path(sink->arg, folder, true);
		free(folder);
	}
	if (!err && glob(pattern, GLOB_NOSORT, NULL, &found) == 0)
		for (size_t i = 0; !err && i < found.gl_pathc; i++)
			err = fill_inode(found.gl_pathv[i], sink);
	globfree(&found);
	return err;
}

static int
fill_exe(const char *exe, const struct rules_sink *sink)
{
	char real[PATH_MAX];
	int err;

	if (is_pattern(exe))
		return fill_pattern(exe, sink);
	err = sink->path(sink->arg, exe, false);
	if (!err && realpath(exe, real) && strcmp(real, exe) != 0)
		err = sink->path(sink->arg, real, false);
	return err ? err : fill_inode(exe, sink);
}

int
rules_fill(struct rules *r, const struct rules_sink *sink)
{
	uint64_t id;
	int err = 0;

	for (size_t i = 0; !err && r->exes[i]; i++)
		err = fill_exe(r->exes[i], sink);
	for (size_t i = 0; !err && r->cgroups[i]; i++)
		if (cgroup_id(r->cgroup_fd, r->cgroups[i], &id) == 0)
			err = sink->cgroup(sink->arg, id);
	for (size_t i = 0; !err && r->units[i]; i++)
		err = cgroup_of_unit(r->cgroup_fd, r->units[i], sink->cgroup,
		    sink->arg);
	for (size_t i = 0; !err && i < r->uid_count; i++)
		err = sink->uid(sink->arg, r->uids[i]);
	return err;
}

bool
rules_have_exe(const struct rules *r)
{
	return r->exes[0] != NULL;
}

bool
rules_have_cgroup(const struct rules *r)
{
	return r->cgroups[0] || r->units[0];
}

bool
rules_have_uid(const struct rules *r)
{
	return r->uid_count != 0;
}

bool
rules_need_reports(const struct rules *r)
{
	size_t len;

	for (size_t i = 0; r->exes[i]; i++)
		if (is_pattern(r->exes[i]) &&
		    !is_folder_pattern(r->exes[i], &len))
			return true;
	return rules_have_cgroup(r);
}

bool
rules_match_exe(const struct rules *r, const char *path)
{
	static const char deleted[] = " (deleted)";
	size_t len = strlen(path), tail = sizeof(deleted) - 1;
	char *plain = NULL;
	bool found = false;

	if (len > tail && strcmp(path + len - tail, deleted) == 0) {
		plain = strndup(path, len - tail);
		if (plain)
			path = plain;
	}
	for (size_t i = 0; !found && r->exes[i]; i++) {
		char real[PATH_MAX];

		found = is_pattern(r->exes[i]) ?
			    fnmatch(r->exes[i], path, 0) == 0 :
			    strcmp(r->exes[i], path) == 0 ||
				(realpath(r->exes[i], real) &&
				    strcmp(real, path) == 0);
	}
	free(plain);
	return found;
}

static bool
is_below(const char *cgroup, const char *top)
{
	size_t len = strlen(top);

	while (len && top[len - 1] == '/')
		len--;
	return strncmp(cgroup, top, len) == 0 &&
	       (cgroup[len] == '\0' || cgroup[len] == '/');
}

static bool
has_part(const char *cgroup, const char *part)
{
	size_t want = strlen(part);

	while (*cgroup) {
		size_t len;

		cgroup += strspn(cgroup, "/");
		len = strcspn(cgroup, "/");
		if (len == want && memcmp(cgroup, part, len) == 0)
			return true;
		cgroup += len;
	}
	return false;
}

bool
rules_match_cgroup(const struct rules *r, const char *cgroup)
{
	for (size_t i = 0; r->cgroups[i]; i++) {
		const char *top = r->cgroups[i];

		if (is_below(cgroup, top) ||
		    (top[0] != '/' && cgroup[0] &&
			is_below(cgroup + 1, top)))
			return true;
	}
	for (size_t i = 0; r->units[i]; i++)
		if (has_part(cgroup, r->units[i]))
			return true;
	return false;
}

uint32_t
rules_match(const struct rules *r, pid_t pid)
{
	uint32_t reasons = 0;
	char *text;

	for (size_t i = 0; i < r->pid_count; i++)
		if (r->pids[i] == pid)
			reasons |= TAP_BY_PID;
	if (r->uid_count) {
		uid_t uid = proc_uid(pid);

		for (size_t i = 0; i < r->uid_count; i++)
			if (r->uids[i] == uid)
				reasons |= TAP_BY_UID;
	}
	if (rules_have_exe(r)) {
		text = proc_link(pid, "exe");
		if (text && rules_match_exe(r, text))
			reasons |= TAP_BY_EXE;
		free(text);
	}
	if (rules_have_cgroup(r)) {
		text = proc_read(pid, "cgroup", 65536, NULL);
		if (text && rules_match_cgroup(r, proc_parse_cgroup(text)))
			reasons |= TAP_BY_CGROUP;
		free(text);
	}
	return reasons;
}
