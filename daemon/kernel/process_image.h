/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_PROCESS_IMAGE_H
#define KERNEL_PROCESS_IMAGE_H

#include "kernel/process.h"

/* What is known of one program image and does not change as long as it runs.
 * Part of process.c, and for who asks the same of others. Its texts are never
 * NULL. */

/* Frees those there are; all are empty then, as they are in one that is new. */
void process_drop_strings(struct process *p);

/* value is the image's own from now on; NULL leaves what there is. */
void process_set_string(char **to, char *value);
void process_copy_args(struct process *p, const char *from, size_t len);
void process_copy_image(struct process *p, const struct process *from);

/* False if the process was gone, or ran another image by then. */
bool process_read_proc(struct process *p);
/* Whether the kernel's own record, or /proc, has had all that it was called with. */
bool process_has_args(const struct process *p);
/* That, NUL-separated; the caller frees it. -ESRCH if it is gone, -ETIMEDOUT if its
 * memory does not answer. */
must_check int process_ask_args(pid_t pid, char **ret_args, size_t *ret_len);

#endif
