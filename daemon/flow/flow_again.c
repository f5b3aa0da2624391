// SPDX-License-Identifier: Apache-2.0
#include "flow/flow_table.h"
#include "flow/tcp_queue.h"

/*
 * So far from all that was seen of both halves no packet of a connection lies that was
 * closed, or that has carried little; nor, of one that carries much each way, as far as
 * FAR_BUSY: both directions would have lost so much at once. The initial numbers of one
 * 4-tuple grow by 1 MiB in 67 ms on Linux, by no less than 64 KiB in TIME_WAIT.
 */
#define FAR	(64 << 10)
#define FAR_BUSY (1 << 20)

/* How far behind next_seq the half is known to reach. */
static int64_t
reach(const struct tcp_half *half)
{
	int64_t to = 0, ahead;

	if (half->queue && half->queue->last)
		to = (int64_t)(half->queue->last->offset +
		    half->queue->last->extent - half->offset);
	ahead = (int32_t)(half->acked - half->next_seq);
	if (half->flags & TCP_HALF_ACKED && ahead > to)
		to = ahead;
	ahead = (int32_t)(half->fin_seq - half->next_seq);
	if (half->flags & TCP_HALF_FIN && ahead > to)
		to = ahead;
	return to;
}

static bool
is_far(const struct tcp_half *half, uint32_t seq, int64_t far)
{
	int64_t ahead = (int32_t)(seq - half->next_seq);

	if (ahead < 0)
		return (uint64_t)-ahead > half->offset + (uint64_t)far;
	return ahead > reach(half) + far;
}

static bool
is_busy(const struct flow *f)
{
	return !f->reset && !((f->half[0].flags | f->half[1].flags) & TCP_HALF_FIN) &&
	       (f->half[0].offset >= FAR || f->half[1].offset >= FAR);
}

/* No more of it was seen than its SYN. */
static bool
is_opened(const struct tcp_half *half)
{
	return half->flags & TCP_HALF_SYN && !half->offset && !half->queue;
}

bool
flow_is_another(const struct flow *f, unsigned side, const struct packet *p)
{
	const struct tcp_half *half = &f->half[side], *other = &f->half[!side];
	int64_t far = is_busy(f) ? FAR_BUSY : FAR;
	bool acks = p->tcp_flags & TCP_ACK && other->flags & TCP_HALF_STARTED;

	if (p->tcp_flags & TCP_SYN && tcp_half_reopened(half, other, p))
		return true;
	/* An answer to a SYN that was not captured is judged as data are. */
	if ((p->tcp_flags & (TCP_SYN | TCP_ACK)) == TCP_SYN ||
	    p->tcp_flags & TCP_RST || (acks && !is_far(other, p->ack, far)))
		return false;
	if (!(half->flags & TCP_HALF_STARTED))
		return acks && !is_busy(f);
	if (!is_far(half, p->seq, far))
		return false;
	return acks || (!(other->flags & TCP_HALF_STARTED) &&
	    (half->flags & TCP_HALF_FIN || f->reset || is_opened(half)));
}
