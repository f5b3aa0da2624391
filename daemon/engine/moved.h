/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_MOVED_H
#define ENGINE_MOVED_H

#include <stdbool.h>

/*
 * QUIC connections that go on by other addresses: the client moved, a NAT on the
 * way gave it another port, or the server prefers an address of its own (RFC
 * 9000, 9). Such datagrams are a flow of their own, most often of another shard.
 * Between two batches, when no thread runs, what has waited of them goes to the
 * session that opens it, found by the connection IDs of all shards; nothing but
 * the keys decides whose a packet is. The flow that began stays the one of all
 * transfers, and lives on while any of its others does.
 *
 * Records are put in the order of packets, so that what is told does not hang on
 * where batches end.
 */
struct conn;
struct shard;
struct telltap_engine;

/* c waits for its connection in the shard. If there is none and it has waited long
 * enough (due) it goes on by itself. */
void engine_moved_hand(struct telltap_engine *e, struct shard *s,
    struct conn *c, bool due);

/* The capture is over, and nothing waits: what was carried by other addresses is
 * known for what it is before flows end. */
void engine_moved_end(struct telltap_engine *e);

#endif
