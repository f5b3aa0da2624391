/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_PROCESS_H
#define TELLTAP_PROCESS_H

/*
 * Which processes are watched. An owner is one program image in one process:
 * fork and exec each make a new one, so a socket says which program opened it.
 */

#include "record.h"

#define TAP_PATH_LEN	256
#define TAP_ARGS_LEN	512
#define TAP_RULE_LEN	252	/* a key of the LPM trie is 256 bytes at most */

enum tap_watch_reason {
	TAP_BY_PID = 1 << 0,
	TAP_BY_EXE = 1 << 1,
	TAP_BY_CGROUP = 1 << 2,
	TAP_BY_UID = 1 << 3,
	TAP_BY_PARENT = 1 << 4,		/* descendant of a watched process */
};

/* Value of the map of watched processes; the key is the tgid. */
struct tap_watched {
	__u32 owner;
	__u32 reasons;			/* enum tap_watch_reason */
};

/* Key of the map of executables. dev as the kernel packs it: major << 20 |
 * minor. */
struct tap_inode {
	__u64 inode;
	__u32 dev;
	__u32 pad;
};

/* Key of the trie of paths as given to execve(). An exact path counts its NUL
 * in prefix_len, a path that ends in a slash matches all below it. */
struct tap_path_rule {
	__u32 prefix_len;		/* bits */
	char path[TAP_RULE_LEN];
};

/* Knobs, one entry of a map: several objects that are linked into one read
 * them, which read-only data is not made for. */
struct tap_rules {
	__u32 descendants;	/* fork and exec hand the mark on */
	__u32 by_exe, by_cgroup, by_uid;
	__u32 report_exec;	/* of processes that no rule matched */
	__u32 self;		/* tgid of telltap, which no rule matches */
};

enum tap_process_what {
	TAP_FORK = 1,
	TAP_EXEC,
	TAP_EXIT,
	TAP_ADOPT,		/* found watched while it made a socket */
	TAP_CANDIDATE,		/* not watched: user space may know better */
	TAP_RESOLVES,		/* not watched: asks for a watched process */
};

struct tap_process {
	struct tap_record record;
	__u32 what;			/* enum tap_process_what */
	__u32 owner, parent_owner;	/* parent: by fork, or before the exec */
	__u32 pid, parent_pid;		/* tgids as the first pid namespace */
	__u32 uid;
	__u32 reasons;
	__s32 exit_code;		/* wait status */
	__u64 start_ns;			/* CLOCK_BOOTTIME */
	__u64 cgroup;			/* cgroup v2 id */
	__u64 netns;			/* cookie */
	__u64 exe_inode;
	__u32 exe_dev;
	__u32 netns_inode;
	char comm[16];
	__u32 path_len, args_len;	/* 0 in forks and exits */
	/* FORK and EXIT records end here. */
	char path[TAP_PATH_LEN];	/* as given to execve(), NUL-padded */
	char args[TAP_ARGS_LEN];	/* NUL-separated, may be cut */
};

#define TAP_PROCESS_SHORT	__builtin_offsetof(struct tap_process, path)

_Static_assert(sizeof(struct tap_watched) == 8, "watched");
_Static_assert(sizeof(struct tap_rules) == 24, "rules");
_Static_assert(sizeof(struct tap_inode) == 16, "inode");
_Static_assert(sizeof(struct tap_path_rule) == 256, "path rule");
_Static_assert(TAP_PROCESS_SHORT == 112, "short process record");
_Static_assert(sizeof(struct tap_process) == 880, "process record");

#endif
