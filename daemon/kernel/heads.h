/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_HEADS_H
#define KERNEL_HEADS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Addresses of a captured frame's outermost IP packet, just enough to ask which
 * socket it belongs to; the same reading as bpf/packet.h does in the kernel.
 */

struct heads {
	uint8_t src[16], dst[16];
	uint16_t sport, dport;		/* ICMP echo: the identifier, in both */
	uint32_t fragment_id;
	uint8_t proto;
	uint8_t fragment;		/* 0: none, 1: the first, 2: later */
};

struct tap_tuple;

must_check int heads_read(const uint8_t *data, uint32_t len,
    uint16_t link_type, struct heads *ret_heads);

/* The tuple as the sender sees it or, swapped, the receiver. */
void heads_tuple(const struct heads *h, uint64_t netns, bool swapped,
    struct tap_tuple *ret_tuple);

#endif
