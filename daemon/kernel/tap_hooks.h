/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_TAP_HOOKS_H
#define KERNEL_TAP_HOOKS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Probes in the TLS libraries of watched processes. They are set for each
 * process alone, since one that is not watched would pay for every call, and
 * by file, whatever its name is where the process sees it. What lies in the
 * usual places gets its probes when a process begins, before it is mapped; the
 * rest when it is, and from then on as those do.
 */

struct tap;
struct tap_hooks;
struct tap_options;
struct tap_mapped;

/* Looks at what is about to be started and watched, by its name. */
must_check int tap_hooks_open(struct tap *t, const struct tap_options *options);
void tap_hooks_close(struct tap *t);

/* A process is watched from now on, or executes another program, or has gone.
 * parent: whose mappings it has; 0 if that is not known. */
void tap_hooks_begin(struct tap *t, pid_t pid, pid_t parent);
void tap_hooks_end(struct tap *t, pid_t pid);

/* It has mapped something; looked at by tap_hooks_turn(). */
void tap_hooks_mapped(struct tap *t, const struct tap_mapped *m);
void tap_hooks_turn(struct tap *t);

/* For a new reader: calls on_session for all that go on. */
must_check int tap_hooks_retell(struct tap *t);

/* A record of the ring of plaintext; what came with it is not looked at. */
int tap_hooks_record(void *tap, void *data, size_t len);

#endif
