/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLOW_FLOW_H
#define FLOW_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/packet.h"
#include "flow/tcp.h"

/*
 * The flow table of one shard: every 5-tuple (ICMP: with type and code for
 * ports; other protocols: without), both directions together, and for TCP the
 * reassembled streams. Runs on the shard's thread.
 *
 * Time is the table's clock: the sum of the packets' forward steps, each at
 * most two hours, so that neither a clock set back nor one absurd timestamp
 * can expire the table or keep it from expiring.
 *
 * Flows end when idle (see flow.c for how long), when a SYN opens another
 * connection with the same ports, when one must have though it was not captured (what
 * came before it, and how much is missing between, is not known then), and at the table's ceiling: then the flow
 * whose time-out is due next is ended ("evicted") and counted.
 */

struct flow_table;

/* Side 0 sent the first packet. */
struct flow {
	struct packet_addr addr[2];
	uint16_t port[2];
	uint8_t proto, ip_version;
	uint8_t syn_side;		/* 1 + side that opened it, 0: no SYN */
	uint8_t owner_side;		/* 1 + side of the owner, 0: not known */
	uint8_t fin;			/* bit per side */
	bool reset;
	bool swapped;			/* side 0 is the greater end of the key */
	uint8_t conflicts_told;
	uint8_t tag[2];			/* 0, 1: arguments of the TCP sink */
	uint16_t wheel_slot;
	uint32_t wheel_next, wheel_prev;
	uint32_t index;			/* in the table's slabs */
	uint32_t key_hash;
	uint64_t seen_clock_ns;
	struct flow_table *table;	/* NULL: an unused record */

	uint64_t id;			/* number of its first packet */
	uint64_t start_ns, end_ns;
	uint64_t last_packet;
	uint64_t packets[2];
	uint32_t interface, owner;
	uint32_t other_owner;		/* of the other end, or another claim to
					 * the same one; 0: none */
	bool owner_told;		/* at its beginning, and for good:
					 * packets do not change it */
	bool owner_unsure;
	bool has_user;			/* see flow_user_of() */
	bool waits;			/* for bytes that may have come in
					 * another order; a second alone */
	union {
		struct tcp_half half[2];	/* TCP */
		struct {			/* all others */
			uint64_t payload[2];	/* bytes of datagrams */
			uint64_t cut[2];	/* bytes that snaplen cut */
			uint32_t cuts[2];
		};
	};
};

/* The bytes of the table's owner, see flow_table_new(); NULL while has_user is
 * false. */
static inline void *
flow_user_of(const struct flow *f)
{
	return f->has_user ? (void *)(f + 1) : NULL;
}

enum flow_end {
	FLOW_END_FIN,
	FLOW_END_RST,
	FLOW_END_TIMEOUT,
	FLOW_END_EVICTED,
	FLOW_END_REUSED,	/* its ports began another connection */
	FLOW_END_CAPTURE,	/* the capture ended before it */
};

/* What a table tells its owner. data lives for the call. */
struct flow_ops {
	void (*begin)(void *arg, struct flow *f, const struct packet *pkt);
	/* Stream bytes in order, or one datagram. */
	void (*data)(void *arg, struct flow *f, unsigned side,
	    const uint8_t *data, size_t len, uint64_t ts_ns, uint64_t packet);
	void (*gap)(void *arg, struct flow *f, unsigned side, uint64_t len,
	    uint64_t ts_ns, uint64_t packet);
	void (*eof)(void *arg, struct flow *f, unsigned side, uint64_t ts_ns,
	    uint64_t packet);
	void (*conflict)(void *arg, struct flow *f, unsigned side,
	    uint64_t offset, uint64_t len, uint64_t ts_ns, uint64_t packet);
	/* As tcp_sink.again(); may be NULL. */
	void (*again)(void *arg, struct flow *f, unsigned side, uint64_t back,
	    const uint8_t *data, size_t len);
	/* The last call; f is gone after it. */
	void (*end)(void *arg, struct flow *f, enum flow_end why);
	/* For speed alone, or NULL: f, which is in the cache, ends soon. Step 0
	 * comes some flows before step 1. */
	void (*fetch)(void *arg, const struct flow *f, unsigned step);
};

struct flow_table_stats {
	uint64_t evicted;
	uint64_t refused;	/* packets for which memory was out */
};

/* max_flows and max_stream_len (bytes out of order) are ceilings, above 0. Each
 * flow has user_len zeroed bytes of its own, unless that is 0. */
struct flow_table *flow_table_new(uint64_t max_flows, size_t max_stream_len,
    size_t user_len, const struct flow_ops *ops, void *arg);
/* Flows still there are dropped without end(). Accepts NULL. */
void flow_table_free(struct flow_table *t);

/* A packet of this shard; clock_ns is flow_clock_tick()'s. */
void flow_table_packet(struct flow_table *t, const struct packet *pkt,
    uint64_t clock_ns);

/*
 * Before flow_table_packet() of a packet that comes soon, for speed alone: has
 * the cache fetch the place in the index; with what that returned, some packets
 * later, the flow that most likely is the packet's, NULL if there is none there.
 */
uint32_t flow_table_fetch(const struct flow_table *t, const struct packet *p);
struct flow *flow_table_fetched(const struct flow_table *t, uint32_t fetched);
/* As flow_table_packet(), with what flow_table_fetch() returned. */
void flow_table_packet_fetched(struct flow_table *t, const struct packet *p,
    uint32_t fetched, uint64_t clock_ns);

/* The flow of such a packet, and the side that sends it; NULL if there is none.
 */
struct flow *flow_table_find(const struct flow_table *t,
    const struct packet *pkt, unsigned *ret_side);

/* Ends what is due without a packet (live, between packets). */
void flow_table_tick(struct flow_table *t, uint64_t clock_ns);

/*
 * flow_table_end - the capture is over, at that time of the clock: ends every
 * flow whose id is below bound, in order of id. May be called again with a greater
 * bound, but no packet may come any more. Returns the number of flows left.
 */
size_t flow_table_end(struct flow_table *t, uint64_t bound, uint64_t clock_ns);

/* Every flow, in no order. */
void flow_table_each(struct flow_table *t, void (*visit)(struct flow *f));

size_t flow_table_count(const struct flow_table *t);
const struct flow_table_stats *flow_table_get_stats(const struct flow_table *t);
uint64_t flow_table_limited(const struct flow_table *t);

/* Which shard of count (a power of two) a packet belongs to: the same for both
 * directions of a flow, and the same in every run. */
unsigned flow_shard(const struct packet *pkt, unsigned count);

/* The clock of all tables; zeroed is new. */
struct flow_clock {
	uint64_t clock_ns, last_ts_ns;
	uint64_t backwards;		/* times that the packets' clock did */
	bool started;
};

uint64_t flow_clock_tick(struct flow_clock *c, uint64_t ts_ns);

#endif
