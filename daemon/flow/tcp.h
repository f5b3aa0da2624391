/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLOW_TCP_H
#define FLOW_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/slab.h"
#include "flow/packet.h"

/*
 * TCP reassembly. A connection has two halves, one per sender; each turns the
 * segments of its sender into the bytes of the stream, in order, once, with
 * gaps known by position and length. Runs in the engine on a shard's thread.
 *
 * For each packet of side s the caller calls, in this order,
 *
 *	if (pkt->tcp_flags & TCP_ACK)
 *		tcp_half_ack(&half[!s], pool, pkt, sink, arg_of_other_side);
 *	tcp_half_segment(&half[s], pool, pkt, sink, arg_of_s);
 *
 * so that what the packet answers is delivered before it, and, when the flow
 * ends, tcp_half_finish() on both. In-order data goes from the packet straight
 * to the sink; only what comes out of order is copied, into memory that the
 * shard's pool counts.
 *
 * What is decided how:
 *
 * - Overlaps: the bytes seen first are the stream's. Others are compared with
 *   them as long as they wait in the queue, byte by byte. Of what has been
 *   delivered the pool remembers recent segments (place, length, a 32-bit hash,
 *   the first 12 bytes): a retransmission that starts where such a segment
 *   started is compared with it whole if it is as long or longer, by its first
 *   bytes if it is shorter; and so on with the segments that follow. Not seen
 *   are differences in a retransmission that starts elsewhere, in one that is
 *   shorter and differs behind its 12th byte, in segments that fell out of the
 *   memory, and after tcp_half_forget(). A reported conflict is always real.
 *
 * - A hole becomes a gap when the other side has acknowledged bytes behind it
 *   and 1 MiB waits behind it, or one second passed since, also without a packet
 *   of the flow (tcp_half_expire()), or the packet that acknowledges carries data (an answer must not overtake its question; the
 *   flow has such a packet wait for a moment first, see flow_late.h); when
 *   1 MiB waits and the other side's acknowledgements are not in the capture;
 *   when the pool is full; when the flow ends. Bytes that are acknowledged and
 *   have nothing behind them are a gap likewise when an answer comes or the
 *   flow ends; one such byte alone is taken for a FIN that was not captured.
 *   What a capture's snaplen cut off is a gap at once if it is next in the
 *   stream, since it will have cut the retransmission too.
 *
 * - The pool's ceiling: the half that asks for memory gives up waiting. Its
 *   oldest hole becomes a gap, what waits behind it is delivered and freed,
 *   until there is room; if others hold it all, its own segment is delivered
 *   behind a gap. tcp_pool.limited counts this.
 *
 * - Segments more than 1 GiB from the next byte, and bytes before the start of
 *   the stream, are ignored and counted; acknowledgements as far away and those
 *   on RST are not believed. But where both agree, a segment that starts where
 *   the other side's last acknowledgement ends, the stream goes on there, after
 *   a gap whose length is right but for multiples of 4 GiB. Where both
 *   directions jump at once it is another connection (flow_again.c).
 *
 * - Keep-alive probes (no byte or one in front of the next one) are neither
 *   data nor conflict. The byte of a zero-window probe is data. Urgent data is
 *   ordinary data. Data on SYN (TCP Fast Open) and on RST is data, for it left
 *   the machine; so is what comes after a FIN, for the FIN may be a forgery.
 *
 * - Without a SYN the first segment defines where the stream starts, or an
 *   acknowledgement of the other side that came before it, if the segment's data
 *   lie at most 1 MiB behind: what is between was sent, and may come yet.
 */

struct flow_late_list;
struct tcp_queue;
struct tcp_memory;

#define TCP_AHEAD_MAX	(1u << 30)	/* no window is larger: RFC 7323 */

/* What a half has only if its segments did not come one after the other. */
struct tcp_odd {
	uint64_t retransmitted_len;
	uint64_t gap_end;	/* offset at which the last gap ends */
	uint32_t gap_len;	/* its length; these saturate: */
	uint32_t late_len;
	uint32_t conflict_len;
	uint32_t ignored_len;
	uint32_t gap_count;
	struct flow_late_list *late;	/* flow_late.h's, of the first half */
};

/* Memory of a shard. Fields are the module's but for the counts. */
struct tcp_pool {
	size_t used, max;	/* bytes of queued segments, with overhead */
	uint64_t limited;	/* times that the ceiling ended a wait */
	uint64_t conflicts;	/* conflicts reported */
	uint32_t last_id;
	uint32_t random;
	struct tcp_memory *memory;	/* what was delivered lately */
	struct slab odd;		/* struct tcp_odd of its halves */
	struct tcp_odd lost;		/* counts for which memory was out */
};

enum tcp_half_flag {
	TCP_HALF_STARTED = 1 << 0,	/* next_seq is valid */
	TCP_HALF_SYN = 1 << 1,		/* ... by a SYN, or the answer to one */
	TCP_HALF_SOFT = 1 << 2,		/* ... by an ack or a segment without
					 * data: the first data may move it */
	TCP_HALF_ACKED = 1 << 3,	/* acked is valid */
	TCP_HALF_FIN = 1 << 4,		/* FIN seen, fin_seq is valid */
	TCP_HALF_EOF = 1 << 5,		/* ... and reached, eof() was called */
	TCP_HALF_LIMITED = 1 << 6,	/* the pool's ceiling made gaps */
	TCP_HALF_FORGET = 1 << 7,	/* see tcp_half_forget() */
	TCP_HALF_AFTER_GAP = 1 << 8,	/* the last thing delivered was one */
	TCP_HALF_BY_ACK = 1 << 9,	/* with SOFT: by an ack */
};

/* One direction of a connection, in the flow's record. Zeroed is new. */
struct tcp_half {
	uint64_t offset;	/* in the stream, of the next byte */
	struct tcp_queue *queue;	/* NULL if nothing waits */
	uint32_t next_seq;	/* sequence number of the next byte */
	uint32_t acked;		/* highest acknowledgement of the other side */
	uint32_t id;		/* in the pool's memory, 0: none yet */
	uint32_t flags;		/* enum tcp_half_flag */
	uint32_t fin_seq;
	uint64_t missing_len;
	struct tcp_odd *odd;	/* NULL: all of it is zero */
};

_Static_assert(sizeof(struct tcp_half) <= 56, "two of them in every flow");

/* Of one half. */
struct tcp_stats {
	uint64_t delivered_len;		/* bytes of the stream, once */
	uint64_t missing_len;		/* bytes in gaps */
	uint64_t gap_count;		/* gaps next to each other are one */
	uint64_t retransmitted_len;	/* seen again */
	uint64_t late_len;		/* seen after the gap was declared */
	uint64_t conflict_len;		/* in ranges that differed */
	uint64_t ignored_len;		/* out of window, before the start */
};

/*
 * Who gets the stream. ts_ns and packet are of the packet that carried the
 * bytes; for a gap, of the one that made it certain. Bytes that had to wait
 * come with the time of their own packet, so time may step back by the wait.
 * data lives for the call. None of them may call back into the same half.
 */
struct tcp_sink {
	void (*data)(void *arg, const uint8_t *data, size_t len,
	    uint64_t ts_ns, uint64_t packet);
	/* len > 0 bytes of the stream were never captured. */
	void (*gap)(void *arg, uint64_t len, uint64_t ts_ns, uint64_t packet);
	/* A later segment has other bytes somewhere in this range of the
	 * stream. The range is from the first to the last byte that differ if
	 * the bytes were at hand, else that of the segment remembered. */
	void (*conflict)(void *arg, uint64_t offset, uint64_t len,
	    uint64_t ts_ns, uint64_t packet);
	/* The sender's FIN; once. Data can still follow a forged one. */
	void (*eof)(void *arg, uint64_t ts_ns, uint64_t packet);
	/* Bytes that were delivered or given up come again; they begin back bytes
	 * before the next one. May be NULL. */
	void (*again)(void *arg, uint64_t back, const uint8_t *data, size_t len);
};

/* max: ceiling in bytes on what waits, at least 64 KiB is taken. -ENOMEM. */
int tcp_pool_init(struct tcp_pool *pool, size_t max) must_check;
/* Every half must be finished or cleared before. Accepts a zeroed pool. */
void tcp_pool_clear(struct tcp_pool *pool);

void tcp_half_ack_slow(struct tcp_half *half, struct tcp_pool *pool,
    const struct packet *pkt, const struct tcp_sink *sink, void *arg);
void tcp_half_segment_slow(struct tcp_half *half, struct tcp_pool *pool,
    const struct packet *pkt, const struct tcp_sink *sink, void *arg);
void tcp_memory_add(struct tcp_half *half, struct tcp_pool *pool,
    const uint8_t *data, size_t len);

/* The other side's pkt, which has TCP_ACK, acknowledges bytes of this half. */
static inline void
tcp_half_ack(struct tcp_half *half, struct tcp_pool *pool,
    const struct packet *pkt, const struct tcp_sink *sink, void *arg)
{
	if ((half->flags & (TCP_HALF_STARTED | TCP_HALF_ACKED)) ==
	    (TCP_HALF_STARTED | TCP_HALF_ACKED) && !half->queue &&
	    (uint32_t)(half->next_seq - pkt->ack) <= TCP_AHEAD_MAX) {
		if ((int32_t)(pkt->ack - half->acked) > 0)
			half->acked = pkt->ack;
		return;
	}
	tcp_half_ack_slow(half, pool, pkt, sink, arg);
}

/* A packet of this half's sender, with or without data. */
static inline void
tcp_half_segment(struct tcp_half *half, struct tcp_pool *pool,
    const struct packet *pkt, const struct tcp_sink *sink, void *arg)
{
	if (pkt->seq != half->next_seq || half->queue ||
	    !(half->flags & TCP_HALF_STARTED) ||
	    half->flags & (TCP_HALF_SOFT | TCP_HALF_FIN) ||
	    pkt->tcp_flags & (TCP_SYN | TCP_FIN) ||
	    pkt->payload_len != pkt->payload_wire_len) {
		tcp_half_segment_slow(half, pool, pkt, sink, arg);
		return;
	}
	if (!pkt->payload_len)
		return;
	if (!(half->flags & TCP_HALF_FORGET))
		tcp_memory_add(half, pool, pkt->payload, pkt->payload_len);
	half->next_seq += pkt->payload_len;
	half->offset += pkt->payload_len;
	half->flags &= ~(uint32_t)TCP_HALF_AFTER_GAP;
	sink->data(arg, pkt->payload, pkt->payload_len, pkt->ts_ns,
	    pkt->number);
}

/*
 * tcp_half_finish - the flow is over at ts_ns: everything that waits is
 * delivered, with the gaps between. The half keeps its counts, and holds
 * nothing else. Calling it twice is harmless.
 */
void tcp_half_finish(struct tcp_half *half, struct tcp_pool *pool,
    const struct tcp_sink *sink, void *arg, uint64_t ts_ns, uint64_t packet);

/*
 * tcp_half_waits - is there a hole that the other side has acknowledged, so that
 * it is waited for alone because packets may come in another order? When nothing
 * has come for a second tcp_half_expire() gives such holes up. What the other side
 * has not got waits on.
 */
bool tcp_half_waits(const struct tcp_half *half);
void tcp_half_expire(struct tcp_half *half, struct tcp_pool *pool,
    const struct tcp_sink *sink, void *arg, uint64_t ts_ns, uint64_t packet);

/* Frees what waits, undelivered, and the counts. */
void tcp_half_clear(struct tcp_half *half, struct tcp_pool *pool);

/*
 * tcp_half_forget - from now on nothing delivered is remembered, so that
 * retransmissions with other bytes go unnoticed. For streams whose bytes no
 * one reads (encrypted without keys): it spares touching them.
 */
static inline void
tcp_half_forget(struct tcp_half *half)
{
	half->flags |= TCP_HALF_FORGET;
}

/*
 * tcp_half_reopened - pkt has TCP_SYN and is of this half's sender: does it
 * open another connection? It does with another initial sequence number,
 * unless neither side has sent a byte and this one no SYN yet (a split
 * handshake), or the SYN was captured after the bytes that follow it.
 */
bool tcp_half_reopened(const struct tcp_half *half,
    const struct tcp_half *other, const struct packet *pkt);

static inline struct tcp_stats
tcp_half_stats(const struct tcp_half *half)
{
	struct tcp_stats s = {
		.delivered_len = half->offset - half->missing_len,
		.missing_len = half->missing_len,
	};

	if (half->odd) {
		s.gap_count = half->odd->gap_count;
		s.retransmitted_len = half->odd->retransmitted_len;
		s.late_len = half->odd->late_len;
		s.conflict_len = half->odd->conflict_len;
		s.ignored_len = half->odd->ignored_len;
	}
	return s;
}

#endif
