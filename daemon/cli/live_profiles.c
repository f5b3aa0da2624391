// SPDX-License-Identifier: Apache-2.0
/* telltap watch --profile: a profile's processes on Linux as what to watch. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/live.h"
#include "profile/profile.h"

static int
add(struct live *l, const char **list, unsigned *count, const char *what)
{
	if (*count == REPLAY_LIST_MAX)
		return cli_fail("watch: more than %d programs or units in the "
				"profiles", REPLAY_LIST_MAX);
	list[(*count)++] = what;
	return 0;
}

/* All that runs from below that folder. */
static int
add_folder(struct live *l, const char *path)
{
	char *pattern;

	if (l->folder_count == REPLAY_LIST_MAX ||
	    asprintf(&pattern, "%s/*", path) < 0)
		return cli_fail("watch: too many folders in the profiles");
	l->folders[l->folder_count++] = pattern;
	return add(l, l->exes, &l->exe_count, pattern);
}

/* A name alone is anybody's: only paths and units are watched. */
static int
add_process(struct live *l, const struct profile_process *p)
{
	if (p->exe && p->exe[0] == '/')
		return add(l, l->exes, &l->exe_count, p->exe);
	if (p->unit)
		return add(l, l->units, &l->unit_count, p->unit);
	if (p->path && p->path[0] == '/')
		return add_folder(l, p->path);
	return 0;
}

int
live_take_profiles(struct live *l)
{
	const struct profiles *set;

	if (!l->out.profile_count)
		return 0;
	if (replay_load_profiles(&l->out))
		return CLI_ERROR;
	set = (const struct profiles *)l->out.profile_set;
	for (size_t i = 0; i < profiles_count(set); i++) {
		const struct profile *p = profiles_at(set, i);
		unsigned before = l->exe_count + l->unit_count;

		for (unsigned k = 0;
		     k < p->processes[PROFILE_LINUX].list_count; k++)
			if (add_process(l,
				&p->processes[PROFILE_LINUX].list[k]))
				return CLI_ERROR;
		if (l->exe_count + l->unit_count == before)
			return cli_fail("watch: profile %s names no program "
					"or unit on Linux", p->id);
	}
	return 0;
}
