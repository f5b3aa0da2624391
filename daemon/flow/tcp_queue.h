/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLOW_TCP_QUEUE_H
#define FLOW_TCP_QUEUE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Segments that wait for bytes in front of them, by place in the stream: a
 * treap with a list through it in order. Pieces never overlap. All is O(log n)
 * whatever the order in which segments come. For daemon/flow/tcp.c alone.
 */
struct tcp_piece {
	struct tcp_piece *left, *right, *next;
	uint64_t offset;	/* in the stream */
	uint64_t ts_ns, packet;	/* the packet it came in */
	uint32_t len;		/* bytes at data */
	uint32_t extent;	/* place it takes: len and what was cut off */
	uint32_t priority;
	uint8_t data[];
};

struct tcp_queue {
	struct tcp_piece *root;
	struct tcp_piece *first, *last;	/* NULL if empty */
	uint64_t len;		/* bytes in all pieces */
	uint64_t since_ns;	/* the first hole is acknowledged since; or 0 */
};

/* The last piece that starts at or before offset, NULL if none. */
struct tcp_piece *tcp_queue_find(const struct tcp_queue *q, uint64_t offset);

/* Takes piece, whose place must be free. random decides its depth. */
void tcp_queue_insert(struct tcp_queue *q, struct tcp_piece *piece,
    uint32_t random);

/* Takes the first piece out; the caller frees it. The queue is not empty. */
struct tcp_piece *tcp_queue_pop(struct tcp_queue *q);

#endif
