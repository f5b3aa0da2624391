/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_CAPTURE_H
#define KERNEL_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * libpcap on one interface, with our filter on its descriptor, so that only
 * packets of watched sockets are copied to user space.
 */

struct capture;

struct capture_packet {
	uint64_t ts_ns;			/* Unix epoch */
	const uint8_t *data;		/* until the callback returns */
	uint32_t cap_len, wire_len;
	uint16_t link_type;
};

/* Returns false when it can take no more for now. */
typedef bool (*capture_fn)(void *arg, const struct capture_packet *packet);

/* In the network namespace of the calling thread. The filter's descriptor is
 * not kept; without one (-1) all packets are passed. */
must_check int capture_open(const char *interface, bool loopback,
    int filter_fd, uint32_t buffer_bytes, struct capture **ret_capture);
void capture_close(struct capture *c);

int capture_fd(const struct capture *c);

/* Hands out what has come, until the callback has enough. -ENODEV: the interface
 * is gone or down, nothing more will come. */
must_check int capture_read(struct capture *c, capture_fn on_packet, void *arg);

/* Packets that found no room, since the capture was opened. */
uint64_t capture_drops(struct capture *c);

#endif
