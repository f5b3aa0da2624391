/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_CGROUP_H
#define KERNEL_CGROUP_H

#include <stdint.h>

#include "base/err.h"

/*
 * The cgroup v2 tree: where it is mounted, and what id a group in it has. Where
 * it is not mounted it is mounted out of sight, for this process alone.
 */

/* A descriptor of the root, which the caller closes, or a negative code. */
must_check int cgroup_open_root(void);

/* The id of a group named by its path below the root or by its place in the
 * file system. */
must_check int cgroup_id(int root_fd, const char *path, uint64_t *ret_id);

/* Calls on_id for each group whose last part is the unit's name. */
must_check int cgroup_of_unit(int root_fd, const char *unit,
    int (*on_id)(void *arg, uint64_t id), void *arg);

/* The mount point out of the text of /proc/self/mounts; the caller frees it.
 * NULL if there is none. */
char *cgroup_parse_mounts(const char *mounts);

/* The group that lies at that place in the file system, by its path below the
 * root; the path itself where it is not below a mount of that text, or below
 * where such a mount usually is. */
const char *cgroup_below_mount(const char *mounts, const char *path);

#endif
