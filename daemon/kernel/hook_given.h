/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_HOOK_GIVEN_H
#define KERNEL_HOOK_GIVEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Files that a TLS library is given in place of bytes, as SSL_sendfile() is: what
 * of them is sent is read from the file itself. That holds only for a file that has
 * not been changed from before the call until after the reading, by its change time;
 * what can't be known is an error, and counts as lost. The file is opened when the call
 * begins, as the calling process has it open, and all of it is done by the process
 * that is waited for, see patience.h.
 */

struct tap_given;

#define HOOK_GIVEN_READ_MAX	16384u

/* A call begins, at that time of the machine's clock. What can't be opened is an
 * error of each hook_given_read(). */
void hook_given_begin(const struct tap_given *g, uint64_t ts_ns);

/* len bytes of the call's file, from that place in it; HOOK_GIVEN_READ_MAX at most.
 * They are in ret_bytes if it returns 0. */
must_check int hook_given_read(const struct tap_given *g, uint64_t at,
    size_t len, uint8_t *ret_bytes);

/* The call is over, and has been read. */
void hook_given_end(const struct tap_given *g);

#endif
