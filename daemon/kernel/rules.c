// SPDX-License-Identifier: Apache-2.0
#include "kernel/rules.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bpf/process.h"
#include "kernel/cgroup.h"
#include "kernel/paths.h"
#include "kernel/proc.h"

/* The real path of a rule's is asked for anew after that. */
#define REAL_NS		1000000000ull
/* Longer if there was no answer. */
#define SILENCE_NS	60000000000ull

struct real {
	char *path;			/* NULL: it leads nowhere */
	uint64_t asked_ns;		/* monotonic; 0: never */
};

struct rules {
	struct real *reals;		/* of exes */
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

static int
new_reals(struct rules *r)
{
	size_t count = 0;

	while (r->exes[count])
		count++;
	r->reals = calloc(count + 1, sizeof(*r->reals));
	return r->reals ? 0 : -ENOMEM;
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
		err = new_reals(r);
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
	for (size_t i = 0; r->reals && r->exes[i]; i++)
		free(r->reals[i].path);
	free(r->reals);
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

struct filling {
	const struct rules_sink *sink;
	const char *exe;		/* NULL: a pattern */
};

static int
fill_found(void *arg, const char *real, uint64_t inode, uint32_t dev)
{
	const struct filling *f = arg;
	int err = 0;

	if (f->exe && strcmp(real, f->exe) != 0)
		err = f->sink->path(f->sink->arg, real, false);
	return err ? err : f->sink->inode(f->sink->arg, inode, dev);
}

static int
fill_pattern(const char *pattern, const struct rules_sink *sink)
{
	struct filling f = { sink, NULL };
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
	return err ? err : paths_find(pattern, true, fill_found, &f);
}

/* Where no answer comes it is known by its path alone. */
static int
fill_exe(const char *exe, const struct rules_sink *sink)
{
	struct filling f = { sink, exe };
	int err;

	if (is_pattern(exe)) {
		err = fill_pattern(exe, sink);
	} else {
		err = sink->path(sink->arg, exe, false);
		if (!err)
			err = paths_find(exe, false, fill_found, &f);
	}
	return err == -ETIMEDOUT ? 0 : err;
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

static int
keep_real(void *arg, const char *real, uint64_t inode, uint32_t dev)
{
	struct real *to = arg;

	free(to->path);
	to->path = strdup(real);
	return to->path ? 0 : -ENOMEM;
}

/* Whether the path of a rule leads there; it may lead elsewhere by now, or have come
 * to lead anywhere. */
static bool
leads_to(struct real *real, const char *exe, const char *path)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
	if (!real->asked_ns || now - real->asked_ns > REAL_NS) {
		if (paths_find(exe, false, keep_real, real) == -ETIMEDOUT)
			now += SILENCE_NS;
		real->asked_ns = now;
	}
	return real->path && strcmp(real->path, path) == 0;
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
	for (size_t i = 0; !found && r->exes[i]; i++)
		found = is_pattern(r->exes[i]) ?
			    fnmatch(r->exes[i], path, 0) == 0 :
			    strcmp(r->exes[i], path) == 0 ||
				leads_to(&r->reals[i], r->exes[i], path);
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
