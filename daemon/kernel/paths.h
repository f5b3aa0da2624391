/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_PATHS_H
#define KERNEL_PATHS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* What paths that people name lead to, asked with patience.h: any of them may lie
 * where a server does not answer. */

/* A regular file, by its real path; dev as the kernel packs it. Not 0 ends it. */
typedef int (*paths_fn)(void *arg, const char *real, uint64_t inode,
    uint32_t dev);

/* Calls fn for each regular file that a path, or pattern of glob(3), leads to; what
 * fn returned, or -ETIMEDOUT. */
must_check int paths_find(const char *path, bool is_pattern, paths_fn fn,
    void *arg);

/* Whether it may be read (R_OK) or is there (F_OK), by the rights that open() has: 0
 * or a negative code; -ETIMEDOUT if nobody answers for it. */
must_check int paths_may(const char *path, int what);

#endif
