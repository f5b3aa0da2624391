// SPDX-License-Identifier: Apache-2.0
#include "engine/shard.h"

#include <string.h>

#include "profile/profile.h"

/* Without the port. */
static struct span
name_of(struct span host)
{
	const uint8_t *mark = host.len ? memchr(host.p, ':', host.len) : NULL;

	if (mark)
		host.len = (size_t)(mark - host.p);
	return host;
}

bool
shard_gives_updates(void *arg, struct span host)
{
	const struct shard *s = arg;
	struct profile_match m;

	if (!profile_match_host(s->options->profiles, name_of(host), 0, NULL,
	    &m))
		return false;
	for (size_t i = 0; i < m.count; i++)
		if (m.endpoints[i]->purpose == PROFILE_UPDATE)
			return true;
	return false;
}
