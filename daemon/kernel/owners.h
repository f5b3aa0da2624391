/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_OWNERS_H
#define KERNEL_OWNERS_H

#include <stdint.h>

#include "kernel/process.h"
#include "kernel/tap.h"

/*
 * Numbers for packets to bear: one for each combination of who made a socket,
 * who sent through it and how that is known. A socket that turns out to be
 * shared gets another number from then on.
 */

struct owners;

struct owners *owners_new(const struct processes *processes);
void owners_free(struct owners *os);

/* The number of a combination; *ret_info is set when it is a new one, else
 * NULL. Returns 0 if memory is out. */
uint32_t owners_number(struct owners *os, uint32_t creator, uint32_t sender,
    uint32_t flags, const struct tap_owner_info **ret_info);

/* Lives as long as the table. NULL for 0. */
const struct tap_owner_info *owners_info(const struct owners *os, uint32_t id);
uint32_t owners_count(const struct owners *os);

#endif
