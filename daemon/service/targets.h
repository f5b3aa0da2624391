/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_TARGETS_H
#define SERVICE_TARGETS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Who is to be watched, as `telltap watch` and telltapd are told. Strings are
 * borrowed, but for patterns made of profiles' folders. */

#define TARGETS_MAX 64

struct tap_options;
struct telltap_profiles;

struct targets {
	const char *exes[TARGETS_MAX + 1];
	const char *cgroups[TARGETS_MAX + 1];
	const char *units[TARGETS_MAX + 1];
	pid_t pids[TARGETS_MAX];
	uid_t uids[TARGETS_MAX];
	unsigned exe_count, cgroup_count, unit_count, pid_count, uid_count;
	char *folders[TARGETS_MAX];
	unsigned folder_count;
};

/* ERR_LIMIT when the list is full. */
must_check int targets_add(const char **list, unsigned *count,
    const char *what);
/* A number, or a user's name; -ENOENT if it is neither. */
must_check int targets_add_user(struct targets *t, const char *user);
must_check int targets_add_pid(struct targets *t, const char *number);

/* The programs and units of every profile in the set. -ENOENT, and *ret_id, for
 * one that names none on Linux. The set has to outlive the targets. */
must_check int targets_add_profiles(struct targets *t,
    const struct telltap_profiles *set, const char **ret_id);

/* Those lists, in the tap's options; they point into t. */
void targets_give(struct targets *t, struct tap_options *to);
int targets_any(const struct targets *t);
void targets_clear(struct targets *t);

#endif
