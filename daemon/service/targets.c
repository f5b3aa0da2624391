// SPDX-License-Identifier: Apache-2.0
#include "service/targets.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/tap.h"
#include "profile/profile.h"

int
targets_add(const char **list, unsigned *count, const char *what)
{
	if (*count == TARGETS_MAX)
		return ERR_LIMIT;
	list[(*count)++] = what;
	return 0;
}

static int
number(const char *text, unsigned long max, unsigned long *ret)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || n > max)
		return -ENOENT;
	*ret = n;
	return 0;
}

int
targets_add_user(struct targets *t, const char *text)
{
	const struct passwd *user = getpwnam(text);
	unsigned long n = user ? user->pw_uid : 0;
	int err = user ? 0 : number(text, UINT32_MAX - 1, &n);

	if (!err && t->uid_count == TARGETS_MAX)
		err = ERR_LIMIT;
	if (!err)
		t->uids[t->uid_count++] = (uid_t)n;
	return err;
}

int
targets_add_pid(struct targets *t, const char *text)
{
	unsigned long n;
	int err = number(text, INT32_MAX, &n);

	if (!err && !n)
		err = -ENOENT;
	if (!err && t->pid_count == TARGETS_MAX)
		err = ERR_LIMIT;
	if (!err)
		t->pids[t->pid_count++] = (pid_t)n;
	return err;
}

/* All that runs from below that folder. */
static int
add_folder(struct targets *t, const char *path)
{
	char *pattern;

	if (t->folder_count == TARGETS_MAX)
		return ERR_LIMIT;
	if (asprintf(&pattern, "%s/*", path) < 0)
		return -ENOMEM;
	t->folders[t->folder_count++] = pattern;
	return targets_add(t->exes, &t->exe_count, pattern);
}

/* A name alone is anybody's: only paths and units are watched. */
static int
add_process(struct targets *t, const struct profile_process *p)
{
	if (p->exe && p->exe[0] == '/')
		return targets_add(t->exes, &t->exe_count, p->exe);
	if (p->unit)
		return targets_add(t->units, &t->unit_count, p->unit);
	if (p->path && p->path[0] == '/')
		return add_folder(t, p->path);
	return 0;
}

int
targets_add_profiles(struct targets *t, const struct telltap_profiles *from,
    const char **ret_id)
{
	const struct profiles *set = (const struct profiles *)from;
	int err = 0;

	for (size_t i = 0; i < profiles_count(set) && !err; i++) {
		const struct profile *p = profiles_at(set, i);
		unsigned before = t->exe_count + t->unit_count;

		for (unsigned k = 0; !err &&
		     k < p->processes[PROFILE_LINUX].list_count; k++)
			err = add_process(t,
			    &p->processes[PROFILE_LINUX].list[k]);
		if (!err && t->exe_count + t->unit_count == before)
			err = -ENOENT;
		if (err)
			*ret_id = p->id;
	}
	return err;
}

void
targets_give(struct targets *t, struct tap_options *to)
{
	to->exes = t->exes;
	to->cgroups = t->cgroups;
	to->units = t->units;
	to->pids = t->pids;
	to->pid_count = t->pid_count;
	to->uids = t->uids;
	to->uid_count = t->uid_count;
}

int
targets_any(const struct targets *t)
{
	return t->exe_count || t->unit_count || t->cgroup_count ||
	       t->pid_count || t->uid_count;
}

void
targets_clear(struct targets *t)
{
	for (unsigned i = 0; i < t->folder_count; i++)
		free(t->folders[i]);
	t->folder_count = 0;
}
