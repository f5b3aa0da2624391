/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLOW_TCP_MEMORY_H
#define FLOW_TCP_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/err.h"

/*
 * What the shard remembers of segments that it has delivered, to notice
 * retransmissions with other bytes: a table of fixed size in which a newer
 * segment takes the place of an older one. For daemon/flow/tcp.c alone.
 */
struct tcp_half;
struct tcp_pool;

#define TCP_MEMORY_SLOTS	2048	/* 32 bytes each, per shard */

int tcp_memory_init(struct tcp_pool *pool) must_check;
void tcp_memory_clear(struct tcp_pool *pool);

/*
 * tcp_memory_compare - compares the bytes at offset with what is remembered,
 * segment by segment, as far as the memory reaches. Returns the bytes in
 * segments that differ; if there are any, the range from the first to the last
 * of them is in the out-parameters.
 */
uint64_t tcp_memory_compare(const struct tcp_half *half,
    const struct tcp_pool *pool, uint64_t offset, struct cursor data,
    uint64_t *ret_offset, uint64_t *ret_len);

#endif
