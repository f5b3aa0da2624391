/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef TELLTAP_FILE_H
#define TELLTAP_FILE_H

/*
 * Which files watched processes read. Calls are summed up per file and program
 * image in the kernel; a record tells the name once, at the first of them.
 */

#include "record.h"

struct tap_read_key {
	__u64 inode;
	__u32 dev;			/* as the kernel packs it */
	__u32 owner;
};

enum tap_read_flag {
	TAP_READ_MAPPED = 1 << 0,
	TAP_READ_CODE = 1 << 1,		/* mapped to be executed */
};

struct tap_read {
	__u64 size;			/* of the file, at the last call */
	__u64 bytes, mapped_bytes;
	__u64 end;			/* furthest place read */
	__u64 first_ns, last_ns;	/* CLOCK_MONOTONIC */
	__u32 calls;
	__u32 flags;			/* enum tap_read_flag */
};

#define TAP_NAME_MAX	256
#define TAP_NAMES_LEN	1024

/* The file's names, its own first and the root's last, each ended by a NUL;
 * across mount points. */
struct tap_file {
	struct tap_record record;
	struct tap_read_key key;
	__u64 size;			/* of the file, at the first call */
	__u32 pid, fd;
	__u32 names_len;
	__u32 cut;			/* there are more */
	char names[TAP_NAMES_LEN + TAP_NAME_MAX];
};

_Static_assert(sizeof(struct tap_read_key) == 16, "read key");
_Static_assert(sizeof(struct tap_read) == 56, "read");
_Static_assert(sizeof(struct tap_file) == 1336, "file record");
_Static_assert(__builtin_offsetof(struct tap_file, names) == 56, "no holes");

#endif
