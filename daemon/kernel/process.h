/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_PROCESS_H
#define KERNEL_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * What is known of the watched processes, by owner id. A record of the kernel
 * names a process at once and for certain; /proc adds the rest if the process
 * lives long enough to be asked.
 */

struct tap_process;

/* One program image in one process. Strings are never NULL. */
struct process {
	uint32_t owner, parent_owner;
	pid_t pid, parent_pid;
	uid_t uid;
	uint64_t start_boot_ns;		/* CLOCK_BOOTTIME */
	uint64_t start_ns;		/* Unix epoch */
	uint64_t end_ns;		/* Unix epoch; 0 while it runs */
	int exit_status;		/* as wait() gives it */
	uint64_t cgroup_id, netns;
	uint64_t exe_inode;
	uint32_t exe_dev;		/* as the kernel packs it */
	uint32_t netns_inode;
	char name[16];
	char *executable;
	char *args;			/* NUL-separated */
	size_t args_len;
	char *cgroup, *unit, *container;
	uint8_t sha256[32];
	bool has_sha256;
	bool hash_asked, hash_refused;	/* when another process reads it */
	bool from_proc;			/* /proc was read in time */
	bool args_silent;		/* its memory did not answer */
	bool owns;			/* packets bear its number: stays */
	bool outside;			/* a descendant that is not the product */
	bool bystander;			/* not watched: not counted as running */
};

struct processes;

struct processes *processes_new(void);
void processes_free(struct processes *ps);

/* Takes in a record; *ret_process is the process it speaks of. */
must_check int processes_record(struct processes *ps,
    const struct tap_process *record, struct process **ret_process);

/* Enters a running process, all from /proc. */
must_check int processes_add(struct processes *ps, pid_t pid, uint32_t owner,
    struct process **ret_process);

/* It is not a watched one. */
void processes_stand_by(struct processes *ps, struct process *p);

/* It was found to be gone. */
void processes_end(struct processes *ps, struct process *p, uint64_t end_ns);

/* NULL if there is none. Lives until processes_sweep(). */
struct process *processes_find(const struct processes *ps, uint32_t owner);
struct process *processes_next(const struct processes *ps, size_t *at);

/* Forgets images that ended before then; of those that own packets, which stay
 * as long as the table, it drops the texts. Returns how many are gone. */
size_t processes_sweep(struct processes *ps, uint64_t before_ns);

/* SHA-256 of the executable, read once for each file. */
void processes_hash(struct processes *ps, struct process *p);

size_t processes_running(const struct processes *ps);
size_t processes_count(const struct processes *ps);
/* Those of which neither the kernel's record nor /proc told all. */
uint64_t processes_unread(const struct processes *ps);

#endif
