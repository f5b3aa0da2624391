/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLOW_TCP_PLACE_H
#define FLOW_TCP_PLACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "flow/tcp.h"
#include "flow/tcp_queue.h"

/*
 * Puts bytes into their place in a half's stream: delivers what is next, queues
 * what is not, compares what overlaps, and turns holes into gaps when told so.
 * Knows offsets only; sequence numbers and when to give up are the business of
 * daemon/flow/tcp.c, which alone calls it.
 */

/* One call's surroundings. */
struct tcp_job {
	struct tcp_half *half;
	struct tcp_pool *pool;
	const struct tcp_sink *sink;
	void *arg;
	uint64_t ts_ns, packet;
};

/* What is left of a segment. */
struct tcp_segment {
	uint64_t offset;
	struct cursor data;
	uint32_t extent;	/* place it takes: data, then what was cut */
};

static inline void
tcp_add_saturated(uint32_t *sum, uint64_t n)
{
	*sum = n > UINT32_MAX - *sum ? UINT32_MAX : *sum + (uint32_t)n;
}

/* The half's, made if it has none yet; the pool's if memory is out. */
struct tcp_odd *tcp_half_odd(struct tcp_half *half, struct tcp_pool *pool);

/* The next len > 0 bytes are missing for good. */
void tcp_place_gap(const struct tcp_job *j, uint64_t len);

/* Gives up waiting for what is before offset, which is no later than the first
 * piece, and delivers what no hole keeps back any more. */
void tcp_place_skip(const struct tcp_job *j, uint64_t offset);

/* A segment, anywhere in the stream. It is used up. */
void tcp_place_segment(const struct tcp_job *j, struct tcp_segment *s);

#endif
