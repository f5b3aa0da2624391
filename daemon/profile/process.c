// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "profile/set.h"

/* How sure a pattern is of a process: a path is its package's own, a name
 * anybody can bear. */
enum strength { NONE, BY_NAME, BY_BASE_NAME, BY_UNIT, BY_PATH };

static struct span
base_name(struct span path)
{
	size_t at = path.len;

	while (at && path.p[at - 1] != '/' && path.p[at - 1] != '\\')
		at--;
	return (struct span){ path.p + at, path.len - at };
}

/* The folder itself, or anything in it. */
static bool
lies_in(struct span exe, const char *folder)
{
	size_t n = strlen(folder);

	while (n && (folder[n - 1] == '/' || folder[n - 1] == '\\'))
		n--;
	if (!n || exe.len < n ||
	    !span_caseeq((struct span){ exe.p, n },
		(struct span){ (const uint8_t *)folder, n }))
		return false;
	return exe.len == n || exe.p[n] == '/' || exe.p[n] == '\\';
}

static enum strength
fits(const struct profile_process *p, struct span exe, struct span unit,
    struct span name)
{
	if (p->exe && strpbrk(p->exe, "/\\"))
		return exe.len && profile_glob(p->exe, exe) ? BY_PATH : NONE;
	if (p->exe) {
		struct span base = base_name(exe.len ? exe : name);

		return base.len && profile_glob(p->exe, base) ? BY_BASE_NAME
							      : NONE;
	}
	if (p->path)
		return exe.len && lies_in(exe, p->path) ? BY_PATH : NONE;
	if (p->unit)
		return unit.len && profile_glob(p->unit, unit) ? BY_UNIT
							       : NONE;
	if (p->comm)
		return name.len && profile_glob(p->comm, name) ? BY_NAME
							       : NONE;
	return NONE;
}

const struct profile *
profile_match_process(const struct profiles *set, struct span exe,
    struct span unit, struct span name)
{
	const struct profile *best = NULL;
	enum strength most = NONE;

	for (size_t i = 0; i < set->count; i++) {
		const struct profile *p = set->entries[i].profile;

		for (unsigned os = 0; os < PROFILE_OS_COUNT; os++)
			for (unsigned k = 0; k < p->processes[os].list_count;
			     k++) {
				enum strength s =
				    fits(&p->processes[os].list[k], exe, unit,
					name);

				if (s > most) {
					most = s;
					best = p;
				}
			}
	}
	return best;
}

bool
profile_fetches_updates(const struct profile *p, struct span exe)
{
	static const struct span nothing;

	for (unsigned os = 0; os < PROFILE_OS_COUNT; os++)
		for (unsigned i = 0; i < p->processes[os].list_count; i++) {
			const struct profile_process *one =
			    &p->processes[os].list[i];

			if (one->updates && fits(one, exe, nothing, nothing))
				return true;
		}
	return false;
}
