/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_TAP_DIAG_H
#define KERNEL_TAP_DIAG_H

#include <sys/types.h>

#include "base/err.h"

/*
 * The tap without programs in the kernel: it asks again and again which sockets
 * the watched processes hold; the reader holds all packets back for a moment, until
 * it was told (tap_held.h). What is short-lived is missed, all traffic is copied
 * to user space, and whose a packet is remains a guess.
 */

struct tap;
struct tap_diag;

must_check int tap_diag_open(struct tap *t);
void tap_diag_close(struct tap_diag *d);

/* Looks for processes and sockets, and tells the reader of them. */
must_check int tap_diag_turn(struct tap *t);
must_check int tap_diag_watch(struct tap *t, pid_t pid);

#endif
