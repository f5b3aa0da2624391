/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_LISTENER_H
#define KERNEL_LISTENER_H

#include <stdint.h>

#include "base/err.h"

/*
 * Has captures that are open listen as soon as the kernel asks for them
 * (bpf/ask.h), whatever the tap itself is busy with: it may be setting probes
 * while the first packet waits, and what it waits for then is the end of that
 * very wait. Threads of the process that opens captures; the tap takes in by
 * itself, in its own time, what they have done.
 *
 * Where no capture is open yet, they attach the program that copies what comes in
 * until one is (bpf/early.bpf.c), which takes no such wait.
 *
 * Who waits keeps a processor to itself. So there are two threads, each on one
 * half of the processors.
 */

struct capture;
struct listener;

/* Descriptors that must outlive it: of the kernel's ring that it asks by and its
 * map of what is asked for where, of the program that copies what comes in, and of the
 * root of the cgroups. */
struct listener_fds {
	int ring, listening, early, cgroup;
};

must_check int listener_new(const struct listener_fds *fds,
    struct listener **ret_listener);
/* Its threads, with the rights that the calling one has by then; a second call
 * does nothing. Without them the tap serves those that ask. */
void listener_start(struct listener *l);
void listener_free(struct listener *l);

/* The capture is open and does not listen; part: one of enum tap_capture_place. It
 * is borrowed until it is removed. More than there is room for wait for the tap. */
void listener_add(struct listener *l, struct capture *c, uint32_t part);
void listener_remove(struct listener *l, const struct capture *c);

/* Tells the kernel what listens in a namespace, beside what it was told before, and
 * how long what does not is to be waited for. */
void listener_tell(struct listener *l, uint64_t netns, uint32_t what,
    uint32_t wait_ms);
/* Every second or so: ends the copying where it is not needed any more. */
void listener_sweep(struct listener *l);
/* That nothing does: its captures will be closed, and are removed. */
void listener_forget(struct listener *l, uint64_t netns);

#endif
