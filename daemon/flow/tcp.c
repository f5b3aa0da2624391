// SPDX-License-Identifier: Apache-2.0
/*
 * A half is started once it is known which sequence number is offset 0 of the
 * stream. From then on everything is counted in offsets, 64 bits wide; 32-bit
 * sequence numbers are read relative to next_seq. All bytes before `offset`
 * are settled: delivered, or declared a gap. Pieces in the queue lie behind
 * it, with a hole in front of the first one.
 */
#include "flow/tcp.h"

#include "flow/tcp_memory.h"
#include "flow/tcp_place.h"

#define AHEAD_MAX	((int64_t)TCP_AHEAD_MAX)
#define SLACK_LEN	(1 << 20)
#define SLACK_NS	1000000000
#define TAIL_MAX	(16 << 20)	/* gap on the word of an ack alone */
#define REBASE_MAX	(1 << 20)
#define POOL_MIN	(64 << 10)

/* The offset of a sequence number that is less than 2 GiB away; below 0 is
 * before the start. */
static int64_t
offset_of(const struct tcp_half *half, uint32_t seq)
{
	return (int64_t)half->offset + (int32_t)(seq - half->next_seq);
}

static bool
is_near(const struct tcp_half *half, uint32_t seq)
{
	int32_t ahead = (int32_t)(seq - half->next_seq);

	return ahead <= AHEAD_MAX && ahead >= -AHEAD_MAX;
}

/* Nothing of the stream is known but where it may start. */
static bool
untouched(const struct tcp_half *half)
{
	return !half->offset && !half->queue;
}

int
tcp_pool_init(struct tcp_pool *pool, size_t max)
{
	*pool = (struct tcp_pool){
		.max = max < POOL_MIN ? POOL_MIN : max,
		.random = 2463534242u,
	};
	return tcp_memory_init(pool);
}

void
tcp_pool_clear(struct tcp_pool *pool)
{
	tcp_memory_clear(pool);
	slab_clear(&pool->odd);
}

static void
reach_fin(const struct tcp_job *j)
{
	struct tcp_half *half = j->half;

	if ((half->flags & (TCP_HALF_FIN | TCP_HALF_EOF)) == TCP_HALF_FIN &&
	    half->next_seq == half->fin_seq) {
		half->flags |= TCP_HALF_EOF;
		j->sink->eof(j->arg, j->ts_ns, j->packet);
	}
}

/* How far the other side has acknowledged, as an offset; the FIN's number is
 * not a byte's. What it has not acknowledged is 0. */
static uint64_t
acked_offset(const struct tcp_half *half)
{
	int64_t acked;

	if (!(half->flags & TCP_HALF_ACKED) || !is_near(half, half->acked))
		return 0;
	acked = offset_of(half, half->acked);
	if (half->flags & TCP_HALF_FIN && half->acked == half->fin_seq + 1)
		acked--;
	return acked > 0 ? (uint64_t)acked : 0;
}

/* Gives up every hole. */
static void
flush(const struct tcp_job *j)
{
	while (j->half->queue)
		tcp_place_skip(j, j->half->queue->first->offset);
}

/* Is it time to give up the first hole? */
static bool
is_lost(const struct tcp_job *j, bool answer)
{
	const struct tcp_half *half = j->half;
	struct tcp_queue *q = half->queue;

	if (!(half->flags & TCP_HALF_ACKED))
		return q->len >= SLACK_LEN;
	if (acked_offset(half) < q->first->offset)
		return false;
	if (!q->since_ns)
		q->since_ns = j->ts_ns;
	return answer || q->len >= SLACK_LEN ||
	    (int64_t)(j->ts_ns - q->since_ns) >= SLACK_NS;
}

/* Settles what can be settled. answer: the other side's data is about to be
 * delivered, and all that it answers has to be delivered before. */
static void
settle(const struct tcp_job *j, bool answer)
{
	struct tcp_half *half = j->half;
	uint64_t acked, tail;

	while (half->queue && is_lost(j, answer))
		tcp_place_skip(j, half->queue->first->offset);
	acked = acked_offset(half);
	tail = acked > half->offset ? acked - half->offset : 0;
	if (answer && !half->queue && tail && tail <= TAIL_MAX &&
	    (tail > 1 || half->flags & TCP_HALF_FIN))
		tcp_place_gap(j, tail);
	reach_fin(j);
}

void
tcp_half_ack_slow(struct tcp_half *half, struct tcp_pool *pool,
    const struct packet *pkt, const struct tcp_sink *sink, void *arg)
{
	struct tcp_job j = { half, pool, sink, arg, pkt->ts_ns, pkt->number };

	if (pkt->tcp_flags & TCP_RST)
		return;
	if (!(half->flags & TCP_HALF_STARTED)) {
		half->next_seq = pkt->ack;
		half->flags |= TCP_HALF_STARTED;
		half->flags |= pkt->tcp_flags & TCP_SYN ? TCP_HALF_SYN :
		    TCP_HALF_SOFT | TCP_HALF_BY_ACK;
	}
	/* while this packet's clock can tell that waiting is over */
	if (half->queue)
		settle(&j, false);
	if (!(half->flags & TCP_HALF_ACKED) || untouched(half) ||
	    !is_near(half, half->acked) || !is_near(half, pkt->ack) ||
	    (int32_t)(pkt->ack - half->acked) > 0)
		half->acked = pkt->ack;
	half->flags |= TCP_HALF_ACKED;
	settle(&j, pkt->payload_wire_len && pkt->ack == half->acked);
}

/* Moves the start of a half of which no byte has been seen. */
static void
start_at(struct tcp_half *half, uint32_t seq, uint32_t set)
{
	half->flags &= ~(uint32_t)(TCP_HALF_SOFT | TCP_HALF_BY_ACK |
	    TCP_HALF_FIN);
	half->flags |= TCP_HALF_STARTED | set;
	half->next_seq = seq;
}

/*
 * Settles which sequence number the stream starts with. seq is that of the
 * segment's first byte. False if the segment belongs to another start.
 */
static bool
start(struct tcp_half *half, const struct packet *pkt, uint32_t seq)
{
	uint32_t len = pkt->payload_wire_len;
	bool filled = len || pkt->tcp_flags & TCP_FIN;
	int32_t ahead = (int32_t)(seq - half->next_seq);

	if (pkt->tcp_flags & TCP_SYN) {
		if (!(half->flags & TCP_HALF_STARTED) || untouched(half))
			start_at(half, seq, TCP_HALF_SYN);
		return seq == half->next_seq - (uint32_t)half->offset;
	}
	if (!(half->flags & TCP_HALF_STARTED)) {
		if (pkt->tcp_flags & TCP_RST && !len)
			return false;
		start_at(half, seq, filled ? 0 : TCP_HALF_SOFT);
		return true;
	}
	if (!untouched(half) || !ahead)
		return true;
	if (half->flags & TCP_HALF_SOFT) {
		if (ahead == -1 && len <= 1)
			return true;	/* a keep-alive probe */
		if (half->flags & TCP_HALF_BY_ACK && filled && ahead > 0 &&
		    ahead <= REBASE_MAX) {
			half->flags &= ~(uint32_t)(TCP_HALF_SOFT |
			    TCP_HALF_BY_ACK);
			return true;
		}
		if (half->flags & TCP_HALF_BY_ACK || ahead < 0 ||
		    (filled && ahead == 1))
			start_at(half, seq, filled ? 0 : TCP_HALF_SOFT);
		return true;
	}
	/* of several SYNs the other side chose the one that it acknowledged */
	if (len && half->flags & TCP_HALF_ACKED && seq == half->acked &&
	    (ahead < 0 || ahead > REBASE_MAX))
		start_at(half, seq, TCP_HALF_SYN);
	return true;
}

/* A probe in front of the next byte, or over the last one that waits. */
static bool
is_keepalive(const struct tcp_half *half, const struct packet *pkt,
    uint32_t seq)
{
	const struct tcp_piece *last;

	if (pkt->payload_wire_len > 1 ||
	    pkt->tcp_flags & (TCP_SYN | TCP_FIN | TCP_RST))
		return false;
	if (seq + 1 == half->next_seq ||
	    (half->flags & TCP_HALF_EOF && seq == half->next_seq))
		return true;
	last = half->queue ? half->queue->last : NULL;
	return last && offset_of(half, seq) + 1 ==
	    (int64_t)(last->offset + last->extent);
}

static void
add_segment(const struct tcp_job *j, const struct packet *pkt, uint32_t seq)
{
	struct tcp_half *half = j->half;
	uint32_t len = pkt->payload_wire_len;
	struct tcp_segment s = {
		.data = cur_init(pkt->payload, pkt->payload_len),
		.extent = len,
	};
	int64_t offset;

	if (!is_near(half, seq) && half->flags & TCP_HALF_ACKED &&
	    half->acked == seq) {
		flush(j);
		tcp_place_gap(j, seq - half->next_seq);
	}
	offset = offset_of(half, seq);
	if (!is_near(half, seq) || offset + len <= 0) {
		tcp_add_saturated(&tcp_half_odd(half, j->pool)->ignored_len, len);
		return;
	}
	if (offset < 0) {
		uint32_t before = (uint32_t)-offset;
		size_t left = cur_left(&s.data);

		tcp_add_saturated(&tcp_half_odd(half, j->pool)->ignored_len, before);
		cur_skip(&s.data, before < left ? before : left);
		s.extent -= before;
		offset = 0;
	}
	s.offset = (uint64_t)offset;
	tcp_place_segment(j, &s);
}

void
tcp_half_segment_slow(struct tcp_half *half, struct tcp_pool *pool,
    const struct packet *pkt, const struct tcp_sink *sink, void *arg)
{
	struct tcp_job j = { half, pool, sink, arg, pkt->ts_ns, pkt->number };
	uint32_t seq = pkt->seq + (pkt->tcp_flags & TCP_SYN ? 1 : 0);
	uint32_t len = pkt->payload_wire_len;
	int32_t ahead;

	if (!start(half, pkt, seq)) {
		tcp_add_saturated(&tcp_half_odd(half, pool)->ignored_len, len);
		return;
	}
	if (half->queue)
		settle(&j, false);
	if (len && !is_keepalive(half, pkt, seq))
		add_segment(&j, pkt, seq);
	ahead = (int32_t)(seq + len - half->next_seq);
	if (pkt->tcp_flags & TCP_FIN && !(half->flags & TCP_HALF_EOF) &&
	    ahead >= 0 && ahead <= AHEAD_MAX) {
		half->flags |= TCP_HALF_FIN;
		half->fin_seq = seq + len;
	}
	if (half->queue || half->flags & TCP_HALF_FIN)
		settle(&j, false);
}

/* Where the FIN is acknowledged, as an offset; else 0. */
static uint64_t
end_offset(const struct tcp_half *half)
{
	int64_t end;

	if ((half->flags & (TCP_HALF_FIN | TCP_HALF_EOF | TCP_HALF_ACKED)) !=
	    (TCP_HALF_FIN | TCP_HALF_ACKED) || half->acked != half->fin_seq + 1)
		return 0;
	end = offset_of(half, half->fin_seq);
	return end > 0 ? (uint64_t)end : 0;
}

bool
tcp_half_waits(const struct tcp_half *half)
{
	return (half->queue && half->queue->since_ns) || end_offset(half);
}

void
tcp_half_expire(struct tcp_half *half, struct tcp_pool *pool,
    const struct tcp_sink *sink, void *arg, uint64_t ts_ns, uint64_t packet)
{
	struct tcp_job j = { half, pool, sink, arg, ts_ns, packet };
	uint64_t end;

	while (half->queue &&
	    acked_offset(half) >= half->queue->first->offset)
		tcp_place_skip(&j, half->queue->first->offset);
	end = end_offset(half);
	if (!half->queue && end > half->offset && end - half->offset <= TAIL_MAX)
		tcp_place_gap(&j, end - half->offset);
	reach_fin(&j);
}

void
tcp_half_finish(struct tcp_half *half, struct tcp_pool *pool,
    const struct tcp_sink *sink, void *arg, uint64_t ts_ns, uint64_t packet)
{
	struct tcp_job j = { half, pool, sink, arg, ts_ns, packet };
	uint64_t end, max = untouched(half) ? TAIL_MAX : AHEAD_MAX;
	int64_t fin;

	flush(&j);
	end = acked_offset(half);
	if (end > half->offset + max)
		end = 0;
	if (end == half->offset + 1 && !(half->flags & TCP_HALF_FIN))
		end = 0;
	fin = half->flags & TCP_HALF_FIN ? offset_of(half, half->fin_seq) : 0;
	if (fin > (int64_t)end)
		end = (uint64_t)fin;
	if (end > half->offset)
		tcp_place_gap(&j, end - half->offset);
	reach_fin(&j);
}

bool
tcp_half_reopened(const struct tcp_half *half, const struct tcp_half *other,
    const struct packet *pkt)
{
	uint32_t first = half->next_seq - (uint32_t)half->offset;

	if (!(half->flags & TCP_HALF_STARTED) || pkt->seq + 1 == first)
		return false;
	if (!(half->flags & TCP_HALF_SYN) &&
	    first - (pkt->seq + 1) <= REBASE_MAX)
		return false;
	if (!untouched(half))
		return true;
	if (pkt->tcp_flags & TCP_ACK)
		return false;
	return half->flags & TCP_HALF_SYN || !untouched(other);
}
