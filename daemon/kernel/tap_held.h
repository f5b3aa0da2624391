/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_TAP_HELD_H
#define KERNEL_TAP_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel/diag.h"
#include "telltap/packet.h"

/*
 * For a reader without tuples: packets wait here for a moment, until the kernel
 * has been asked once more who holds which socket; then whose they are is
 * guessed. Memory is bounded; what finds no room is counted.
 */

struct tap_held;

struct tap_held *tap_held_new(void);
void tap_held_free(struct tap_held *h);

/* A socket is there now, owner's. */
must_check int tap_held_guess(struct tap_held *h, const struct diag_socket *s,
    uint32_t owner, uint64_t now_ns);

/* Copies it in; false if there is no room. */
bool tap_held_put(struct tap_held *h, const struct telltap_packet *packet);

/* The next packet that has waited, with its owner or 0; false if none has. Its
 * data lives until the next call. */
bool tap_held_take(
    struct tap_held *h, uint64_t now_ns, struct telltap_packet *ret_packet);

size_t tap_held_count(const struct tap_held *h);

#endif
