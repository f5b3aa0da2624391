/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_HOOK_SESSIONS_H
#define KERNEL_HOOK_SESSIONS_H

#include "kernel/tap.h"

/*
 * Which sessions of TLS libraries go over which sockets, kept so that a reader
 * that comes later can be told. Numbers of streams are given in order; a newer
 * stream takes the room of the one that is HOOK_SESSIONS_MAX older.
 */

#define HOOK_SESSIONS_MAX	16384u

struct hook_sessions;

struct hook_sessions *hook_sessions_new(void);
void hook_sessions_free(struct hook_sessions *s);

/* It goes over that socket from now on. */
void hook_sessions_note(struct hook_sessions *s,
    const struct tap_session *session);
void hook_sessions_end(struct hook_sessions *s, uint64_t stream);

/* Those that have not ended; what the callback returns, if it is not 0. */
must_check int hook_sessions_each(const struct hook_sessions *s,
    int (*on_session)(void *arg, const struct tap_session *session), void *arg);

#endif
