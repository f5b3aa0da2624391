/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_TAP_FILES_H
#define KERNEL_TAP_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "bpf/file.h"

/*
 * Files that watched processes read: takes their names in, and hands on what
 * the kernel has summed up once a file is no longer read from.
 */

struct tap;
struct tap_files;

struct tap_files *tap_files_new(void);
void tap_files_free(struct tap_files *fs);

void tap_files_name(struct tap *t, const struct tap_file *f);

/* Tells of the files that watched processes have begun to read. */
void tap_files_hand(struct tap *t);

/* Reports files that have been left alone for a while, or all of them. */
void tap_files_flush(struct tap *t, bool all);

/* "/usr/lib/x" out of "x\0lib\0usr\0"; the caller frees it. NULL if memory is
 * out. */
char *tap_files_join(const char *names, size_t len, bool cut);

#endif
