/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_BATCH_H
#define KERNEL_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "telltap/packet.h"

/*
 * Packets of one turn, copied out of the kernel's buffers and put in order of
 * time. Two halves take turns, so what was handed out stays until the call
 * after the next one.
 */

struct batch;

struct batch *batch_new(void);
void batch_free(struct batch *b);

/* Before any packet: their numbers begin after that one, instead of 0. */
void batch_number(struct batch *b, uint64_t before);

/* Copies a packet in; number and order are given by batch_take(). */
must_check int batch_add(struct batch *b, const struct telltap_packet *packet);
bool batch_is_full(const struct batch *b);
/* Whether one of that length may be added, and any other after it. */
bool batch_has_room(const struct batch *b, uint32_t len);

/* The packets added since the last call, by time, numbered on. */
struct telltap_packet *batch_take(struct batch *b, size_t *ret_count);

#endif
