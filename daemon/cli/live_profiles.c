// SPDX-License-Identifier: Apache-2.0
/* telltap watch --profile: a profile's processes on Linux as what to watch. */
#include "cli/cli.h"
#include "cli/live.h"

int
live_take_profiles(struct live *l)
{
	const char *id = "";
	int err;

	if (!l->out.profile_count)
		return 0;
	if (replay_load_profiles(&l->out))
		return CLI_ERROR;
	err = targets_add_profiles(&l->to, l->out.profile_set, &id);
	if (err == ERR_LIMIT)
		return cli_fail("watch: more than %d programs or units in the "
				"profiles", TARGETS_MAX);
	if (err)
		return cli_fail("watch: profile %s names no program or unit on "
				"Linux", id);
	return 0;
}
