/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_HOOK_FILES_H
#define KERNEL_HOOK_FILES_H

#include "kernel/hook_functions.h"
#include "kernel/maps_file.h"

/*
 * The files that watched processes map to execute, and which of them have functions
 * of a TLS library. A file is known by its inode, and is looked at anew when it was
 * changed meanwhile: another file may have got the inode, or the functions may lie
 * elsewhere.
 */

#define HOOK_FILES_MAX	128	/* with such functions; they keep their numbers */

struct hook_files;

struct hook_file {
	int fd;			/* a probe is set by what it stands for */
	uint64_t changed_ns;	/* as it was when it was looked at */
	struct hook_places places;
};

/* NULL if memory is out. */
struct hook_files *hook_files_new(void);
void hook_files_free(struct hook_files *h);

/* Looks for libraries in the usual places, and at a program that is about to be
 * started, as a shell finds it. */
void hook_files_expect_usual(struct hook_files *h);
void hook_files_expect_program(struct hook_files *h, const char *name);

/* The number of a mapped file, or -1: it has nothing of interest, or none can be
 * kept any more, or it lies where we might wait for it for ever, by mountinfo. */
int hook_files_of(struct hook_files *h, pid_t pid, const struct maps_file *m,
    const char *mountinfo);

size_t hook_files_count(const struct hook_files *h);
/* Whether it is to get its probes in every process, before that maps it: the first
 * few do, be it that they were looked for or that a process has mapped them. */
bool hook_files_is_expected(size_t number);
/* As it is now. NULL if it has no such functions any more. */
const struct hook_file *hook_files_get(struct hook_files *h, size_t number);

/* Files that had them and could not be kept, or could not be looked at. */
uint64_t hook_files_lost(const struct hook_files *h);

#endif
