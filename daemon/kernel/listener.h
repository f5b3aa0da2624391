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
 * Who waits keeps a processor to itself. So there are two threads, each on one
 * half of the processors.
 */

struct capture;
struct listener;

/* Descriptors of the kernel's maps, which must outlive it: of the ring that it
 * asks by, and of what listens where. */
must_check int listener_new(int ring_fd, int listening_fd,
    struct listener **ret_listener);
/* Its threads, with the rights that the calling one has by then; a second call
 * does nothing. Without them the tap serves those that ask. */
void listener_start(struct listener *l);
void listener_free(struct listener *l);

/* The capture is open and does not listen; part: one of enum tap_capture_place,
 * netns: the cookie of its namespace. It is borrowed until it is removed. More
 * than there is room for wait for the tap. */
void listener_add(struct listener *l, struct capture *c, int ifindex,
    uint64_t netns, uint32_t part);
void listener_remove(struct listener *l, const struct capture *c);

/* Tells the kernel what listens in a namespace, beside what it was told before, and
 * how long what does not is to be waited for. */
void listener_tell(struct listener *l, uint64_t netns, uint32_t what,
    uint32_t wait_ms);
/* That nothing does: its captures will be closed, and are removed. */
void listener_forget(struct listener *l, uint64_t netns);

#endif
