/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_GUESS_H
#define KERNEL_GUESS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel/diag.h"

/*
 * Whose a packet probably is, by the sockets that were there when the kernel
 * was last asked. A socket that came and went between two askings is not here,
 * and a port may have passed on, so nothing from here is exact.
 */

struct guesses;

struct guesses *guesses_new(void);
void guesses_free(struct guesses *gs);

/* A socket is there now, owner's. */
must_check int guesses_note(struct guesses *gs, const struct diag_socket *s,
    uint32_t owner, uint64_t now_ns);

/* Of the socket with that local end, or of one that takes any; 0 if none. */
uint32_t guesses_find(const struct guesses *gs, uint8_t proto,
    const uint8_t *local, uint16_t local_port, const uint8_t *remote,
    uint16_t remote_port);

/* Forgets what was not noted since. */
void guesses_sweep(struct guesses *gs, uint64_t before_ns);
size_t guesses_count(const struct guesses *gs);

#endif
