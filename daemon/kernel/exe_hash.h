/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_EXE_HASH_H
#define KERNEL_EXE_HASH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * SHA-256 of executables. A file is read once as long as its size and time of
 * change stay; the last few hundred files are remembered.
 */

struct exe_hashes;

struct exe_hashes *exe_hashes_new(void);
void exe_hashes_free(struct exe_hashes *hs);
/* Calls on_piece while a file is being read; false ends that, with -ETIME. */
void exe_hashes_watch(struct exe_hashes *hs, bool (*on_piece)(void *arg),
    void *arg);

/* Of what pid executes, or, if that is gone, of the file at path; in either
 * case only if it has that inode. */
must_check int exe_hash(struct exe_hashes *hs, pid_t pid, const char *path,
    uint64_t inode, uint8_t ret_sha256[32]);

#endif
