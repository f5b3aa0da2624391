/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_PROC_H
#define KERNEL_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Reads /proc/PID. What a process says of itself there is untrusted. */

struct proc_stat {
	pid_t parent_pid;
	uint64_t start_ns;		/* CLOCK_BOOTTIME, to the clock tick */
	char name[16];
};

/* The text after the last ')' is what is split, for a name may hold anything. */
must_check int proc_parse_stat(const char *text, uint64_t ticks_per_second,
    struct proc_stat *ret_stat);
must_check int proc_read_stat(pid_t pid, struct proc_stat *ret_stat);

/* Whole of a small file below /proc/PID, NUL-terminated, at most max bytes;
 * the caller frees it. NULL if it cannot be read. */
char *proc_read(pid_t pid, const char *name, size_t max, size_t *ret_len);

/* It waits for nothing but a processor. */
bool proc_is_starved(pid_t pid);

/* Where a link below /proc/PID points to; the caller frees it. NULL if gone. */
char *proc_link(pid_t pid, const char *name);

/* The inode of what path leads to, or of dir for an empty one, and its device as
 * the kernel packs it: as they are known here, for a server that is asked may be
 * dead. */
must_check int proc_inode(int dir, const char *path, uint64_t *ret_inode,
    uint32_t *ret_dev);

/* The cgroup v2 path out of /proc/PID/cgroup, borrowed from text, which is
 * changed. "" if it is in none. */
const char *proc_parse_cgroup(char *text);

/* "clamav-daemon.service" out of a cgroup path: the innermost systemd unit.
 * The caller frees it. NULL if memory is out; "" if there is none. */
char *proc_unit_of(const char *cgroup);

/* The 64 hex digits that container runtimes put into their cgroups' names. */
char *proc_container_of(const char *cgroup);

/* The process' real user, or (uid_t)-1. */
uid_t proc_uid(pid_t pid);

/* How far the Unix epoch is ahead of the clock given, in nanoseconds. */
int64_t proc_clock_offset(int clock);

#endif
