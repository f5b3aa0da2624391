// SPDX-License-Identifier: Apache-2.0
/* The profiles as the library shows them: struct telltap_profiles is the
 * profile room's struct profiles under its public name. */
#include <errno.h>
#include <stdlib.h>

#include "profile/profile.h"
#include "telltap/telltap.h"

struct telltap_profiles *
telltap_profiles_new(void)
{
	return (struct telltap_profiles *)profiles_new();
}

int
telltap_profiles_load(struct telltap_profiles *profiles, const char *path)
{
	char *dir = NULL;
	int r;

	if (!path) {
		dir = profiles_default_dir();
		if (!dir)
			return -ENOENT;
		path = dir;
	}
	r = profiles_load((struct profiles *)profiles, path);
	free(dir);
	return r;
}

int
telltap_profiles_keep(struct telltap_profiles *profiles,
    const char *const *ids, size_t count)
{
	return profiles_keep((struct profiles *)profiles, ids, count);
}

int
telltap_profiles_seal(struct telltap_profiles *profiles)
{
	return profiles_seal((struct profiles *)profiles);
}

const char *
telltap_profiles_error(const struct telltap_profiles *profiles)
{
	return profiles_error((const struct profiles *)profiles);
}

void
telltap_profiles_free(struct telltap_profiles *profiles)
{
	profiles_free((struct profiles *)profiles);
}
