/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_CAPTURE_H
#define KERNEL_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A packet socket on one interface, with our filter on it, so that only packets
 * of watched sockets are copied into its ring. This half opens it, in the
 * process that has the capabilities, and never looks at a packet; who is given
 * the descriptor reads them with packet_ring.h. libpcap does both in one handle
 * that no other process can take over.
 */

/* Which interface it is on, and the kernel's map of those that a capture listens
 * on: -1 without a filter, which passes nothing of others (bpf/capture.h). */
struct capture_at {
	uint64_t netns; /* cookie */
	int ifindex, interfaces_fd;
};

struct capture {
	struct capture_at at;
	int fd;
	uint16_t link_type; /* LINKTYPE_ of the packets */
	uint32_t block_len, block_count; /* of the ring */
	uint64_t drops; /* so far; see capture_drops() */
};

/* In the network namespace of the calling thread. The filter's descriptor is
 * not kept; without one (-1) all packets are passed. Nothing comes, and no packet
 * of the interface is any slower, until it listens. */
must_check int capture_open(const char *interface, bool loopback, int filter_fd,
    uint32_t buffer_bytes, const struct capture_at *at,
    struct capture **ret_capture);
/* -ENODEV: the interface is gone. */
must_check int capture_listen(struct capture *c);
void capture_close(struct capture *c);

/* Packets that found no room, since the capture was opened. */
uint64_t capture_drops(struct capture *c);

#endif
