/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_PROBE_SET_H
#define KERNEL_PROBE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "kernel/hook_functions.h"

/*
 * The probes of one process in one library. Where the kernel can, they are two
 * links, one for entries and one for returns, else a link each. To take a probe
 * away waits for the whole machine, about a tenth of a second for a link, so
 * that is done on a thread of its own.
 */

struct bpf_program;
struct probe_set;
struct probe_reaper;

/* Whether this kernel has links of many probes that hold for a process. Asked
 * before the programs are loaded: these have to be told. */
bool probe_set_can_many(void);
void probe_set_want_many(struct bpf_program *program);

/* fd: the library. Some probes may be set where this fails, too. */
must_check int probe_set_new(struct bpf_program *enter,
    struct bpf_program *leave, bool many, pid_t pid, int fd,
    const struct hook_places *places, struct probe_set **ret_set);

struct probe_reaper *probe_reaper_new(void);
/* Waits until all are taken away. Accepts NULL. */
void probe_reaper_free(struct probe_reaper *r);

/* Takes the set away by and by. The thread begins with the first, and has the
 * capabilities that the caller has then. */
void probe_reaper_take(struct probe_reaper *r, struct probe_set *set);

#endif
