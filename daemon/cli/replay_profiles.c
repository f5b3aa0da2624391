// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "cli/cli.h"
#include "cli/replay.h"

int
replay_load_profiles(struct replay *r)
{
	int err;

	if (r->profile_set)
		return 0;
	r->profile_set = telltap_profiles_new();
	if (!r->profile_set)
		return cli_fail("out of memory");
	err = telltap_profiles_load(r->profile_set, r->profile_dir);
	if (err == -ENOENT && !r->profile_dir && !r->profile_count) {
		/* a library's program, or one that was moved: no failure */
		cli_fail("no profiles beside the program: clouds have no "
			 "vendor");
		return 0;
	}
	if (!err && r->profile_count)
		err = telltap_profiles_keep(r->profile_set, r->profiles,
		    r->profile_count);
	if (!err)
		err = telltap_profiles_seal(r->profile_set);
	if (err)
		return cli_fail("%s", telltap_profiles_error(r->profile_set));
	r->options.profiles = r->profile_set;
	return 0;
}
