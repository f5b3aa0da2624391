/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_RULES_H
#define KERNEL_RULES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "kernel/tap.h"

/*
 * What to watch, as rules. Those that the kernel can hold are marked there at
 * exec, before the program's first instruction: exact paths, all below a
 * folder (a pattern that ends in a slash and a star), users, groups that
 * exist. The rest, other patterns and units whose group is not there yet, are
 * asked here when an exec is reported: a few milliseconds late.
 */

struct rules;

/* What the kernel's maps are to hold. Each call adds one entry. */
struct rules_sink {
	int (*path)(void *arg, const char *path, bool prefix);
	int (*inode)(void *arg, uint64_t inode, uint32_t dev);
	int (*cgroup)(void *arg, uint64_t id);
	int (*uid)(void *arg, uid_t uid);
	void *arg;
};

/* cgroup_fd is borrowed for the life of the rules. */
must_check int rules_new(const struct tap_options *options, int cgroup_fd,
    struct rules **ret_rules);
void rules_free(struct rules *r);

/* Looks at the file system and the cgroup tree as they are now. */
must_check int rules_fill(struct rules *r, const struct rules_sink *sink);

bool rules_have_exe(const struct rules *r);
bool rules_have_cgroup(const struct rules *r);
bool rules_have_uid(const struct rules *r);
/* Some rule cannot be held by the kernel alone. */
bool rules_need_reports(const struct rules *r);

/* Why a running process is to be watched: enum tap_watch_reason, 0 if not. */
uint32_t rules_match(const struct rules *r, pid_t pid);

/* The two matches that need no process. */
bool rules_match_exe(const struct rules *r, const char *path);
bool rules_match_cgroup(const struct rules *r, const char *cgroup);

#endif
