/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KERNEL_PACKET_RING_H
#define KERNEL_PACKET_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Reads the ring of a capture (capture.h), in whichever process was given its
 * descriptor; needs no capability. Another process may have read from it before
 * and have died: reading goes on where that one was.
 */

struct packet_ring;

struct packet_ring_shape {
	uint32_t block_len, block_count;
	uint16_t link_type;
};

struct ring_packet {
	uint64_t ts_ns; /* Unix epoch */
	const uint8_t *data; /* until the callback returns */
	uint32_t cap_len, wire_len;
	uint16_t link_type;
};

/* Returns false when it can take no more for now. */
typedef bool (*packet_ring_fn)(void *arg, const struct ring_packet *packet);

/* The descriptor stays the caller's, and may be closed. */
must_check int packet_ring_open(int fd, const struct packet_ring_shape *shape,
    struct packet_ring **ret_ring);
void packet_ring_close(struct packet_ring *r);

/* Hands out what has come, until the callback has enough. ERR_MALFORMED: the
 * ring is not what its shape says. */
must_check int packet_ring_read(
    struct packet_ring *r, packet_ring_fn on_packet, void *arg);

#endif
