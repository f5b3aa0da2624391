// SPDX-License-Identifier: Apache-2.0
#include "flow/tcp_place.h"

#include <stdlib.h>
#include <string.h>

#include "flow/tcp_memory.h"

/* Marsaglia's xorshift; the same packets shape the same trees. */
static uint32_t
next_random(struct tcp_pool *pool)
{
	pool->random ^= pool->random << 13;
	pool->random ^= pool->random >> 17;
	pool->random ^= pool->random << 5;
	return pool->random;
}

static void
advance(struct tcp_half *half, uint64_t len)
{
	half->offset += len;
	half->next_seq += (uint32_t)len;
	half->flags &= ~(uint32_t)(TCP_HALF_SOFT | TCP_HALF_BY_ACK);
}

struct tcp_odd *
tcp_half_odd(struct tcp_half *half, struct tcp_pool *pool)
{
	if (half->odd)
		return half->odd;
	half->odd = slab_zalloc(&pool->odd, sizeof(*half->odd));
	if (half->odd)
		return half->odd;
	pool->limited++;
	return &pool->lost;
}

void
tcp_place_gap(const struct tcp_job *j, uint64_t len)
{
	struct tcp_half *half = j->half;
	struct tcp_odd *odd = tcp_half_odd(half, j->pool);

	if (!(half->flags & TCP_HALF_AFTER_GAP)) {
		tcp_add_saturated(&odd->gap_count, 1);
		odd->gap_len = 0;
	}
	advance(half, len);
	half->flags |= TCP_HALF_AFTER_GAP;
	half->missing_len += len;
	odd->gap_end = half->offset;
	tcp_add_saturated(&odd->gap_len, len);
	j->sink->gap(j->arg, len, j->ts_ns, j->packet);
}

static void
put_data(const struct tcp_job *j, const uint8_t *data, size_t len, uint64_t ts_ns,
    uint64_t packet)
{
	struct tcp_half *half = j->half;

	if (!(half->flags & TCP_HALF_FORGET))
		tcp_memory_add(half, j->pool, data, len);
	advance(half, len);
	half->flags &= ~(uint32_t)TCP_HALF_AFTER_GAP;
	j->sink->data(j->arg, data, len, ts_ns, packet);
}

static struct tcp_piece *
first_piece(const struct tcp_half *half)
{
	return half->queue ? half->queue->first : NULL;
}

static void
free_piece(struct tcp_pool *pool, struct tcp_piece *piece)
{
	pool->used -= sizeof(*piece) + piece->len;
	free(piece);
}

static void
free_queue(struct tcp_half *half, struct tcp_pool *pool)
{
	pool->used -= sizeof(*half->queue);
	free(half->queue);
	half->queue = NULL;
}

/* Delivers the pieces that no hole keeps back any more. */
static void
drain(const struct tcp_job *j)
{
	struct tcp_half *half = j->half;
	struct tcp_piece *p;

	while ((p = first_piece(half)) && p->offset == half->offset) {
		half->queue->since_ns = 0;
		tcp_queue_pop(half->queue);
		if (p->len)
			put_data(j, p->data, p->len, p->ts_ns, p->packet);
		if (p->extent > p->len)
			tcp_place_gap(j, p->extent - p->len);
		free_piece(j->pool, p);
	}
	if (half->queue && !half->queue->first)
		free_queue(half, j->pool);
}

void
tcp_place_skip(const struct tcp_job *j, uint64_t offset)
{
	if (offset > j->half->offset)
		tcp_place_gap(j, offset - j->half->offset);
	drain(j);
}

static void
put_conflict(const struct tcp_job *j, uint64_t offset, uint64_t len, uint64_t sum)
{
	tcp_add_saturated(&tcp_half_odd(j->half, j->pool)->conflict_len, sum);
	j->pool->conflicts++;
	j->sink->conflict(j->arg, offset, len, j->ts_ns, j->packet);
}

/* Drops len bytes of the segment's front. */
static void
trim(struct tcp_segment *s, uint64_t len)
{
	size_t left = cur_left(&s->data);

	cur_skip(&s->data, len < left ? len : left);
	s->offset += len;
	s->extent -= (uint32_t)len;
}

/* The part of the segment that lies before the half's offset: seen before, or
 * come after its gap was declared. */
static void
take_old(const struct tcp_job *j, struct tcp_segment *s)
{
	struct tcp_half *half = j->half;
	struct tcp_odd *odd = tcp_half_odd(half, j->pool);
	uint64_t len = half->offset - s->offset, end, start, late = 0;
	uint64_t at, range_len, sum;
	struct cursor data;

	if (len > s->extent)
		len = s->extent;
	end = s->offset + len;
	start = odd->gap_end - odd->gap_len;
	if (odd->gap_len && s->offset < odd->gap_end && end > start) {
		late = (end < odd->gap_end ? end : odd->gap_end) -
		    (s->offset > start ? s->offset : start);
		tcp_add_saturated(&odd->late_len, late);
	}
	odd->retransmitted_len += len - late;
	data = s->data;
	if (len < cur_left(&data))
		data = cur_sub(&data, len);
	sum = tcp_memory_compare(half, j->pool, s->offset, data, &at,
	    &range_len);
	if (sum)
		put_conflict(j, at, range_len, sum);
	if (j->sink->again && cur_left(&data))
		j->sink->again(j->arg, half->offset - s->offset,
		    cur_peek(&data), cur_left(&data));
	trim(s, len);
}

/* Compares the n bytes at offset, which a piece holds as well. */
static void
compare(const struct tcp_job *j, const uint8_t *a, const uint8_t *b, size_t n,
    uint64_t offset)
{
	size_t first = 0, last = n;

	if (!n || memcmp(a, b, n) == 0)
		return;
	while (a[first] == b[first])
		first++;
	while (a[last - 1] == b[last - 1])
		last--;
	put_conflict(j, offset + first, last - first, last - first);
}

/* Compares the segment with every piece that it overlaps. */
static void
compare_queued(const struct tcp_job *j, const struct tcp_segment *s)
{
	const struct tcp_queue *q = j->half->queue;
	uint64_t end = s->offset + s->extent;
	struct tcp_piece *p;

	if (!q)
		return;
	p = tcp_queue_find(q, s->offset);
	for (p = p ? p : q->first; p && p->offset < end; p = p->next) {
		uint64_t from = p->offset > s->offset ? p->offset : s->offset;
		uint64_t to = p->offset + p->extent;
		struct cursor ours = s->data, theirs;
		size_t n;

		if (to > end)
			to = end;
		if (to <= from)
			continue;
		tcp_half_odd(j->half, j->pool)->retransmitted_len +=
		    to - from;
		theirs = cur_init(p->data, p->len);
		cur_skip(&ours, from - s->offset);
		cur_skip(&theirs, from - p->offset);
		n = cur_left(&ours) < cur_left(&theirs) ? cur_left(&ours) :
		    cur_left(&theirs);
		if (n > to - from)
			n = to - from;
		compare(j, cur_peek(&ours), cur_peek(&theirs), n, from);
	}
}

/* Copies a segment into the queue. False if there is no memory for it. */
static bool
enqueue(const struct tcp_job *j, struct tcp_segment *s)
{
	struct tcp_half *half = j->half;
	size_t len = cur_left(&s->data), need = sizeof(struct tcp_piece) + len;
	struct tcp_piece *piece;

	if (!half->queue)
		need += sizeof(*half->queue);
	if (need > j->pool->max - j->pool->used)
		return false;
	piece = malloc(sizeof(*piece) + len);
	if (!piece)
		return false;
	if (!half->queue)
		half->queue = calloc(1, sizeof(*half->queue));
	if (!half->queue) {
		free(piece);
		return false;
	}
	*piece = (struct tcp_piece){
		.offset = s->offset,
		.ts_ns = j->ts_ns,
		.packet = j->packet,
		.len = (uint32_t)len,
		.extent = s->extent,
	};
	cur_copy(&s->data, piece->data, len);
	tcp_queue_insert(half->queue, piece, next_random(j->pool));
	j->pool->used += need;
	return true;
}

/* Delivers a part of the stream that is next, straight from the packet. */
static void
deliver(const struct tcp_job *j, struct tcp_segment *s)
{
	size_t len = cur_left(&s->data);

	if (len)
		put_data(j, cur_bytes(&s->data, len), len, j->ts_ns, j->packet);
	if (s->extent > len)
		tcp_place_gap(j, s->extent - len);
	drain(j);
}

/* Puts a part that fits between what is there: delivered, or into the queue;
 * if there is no room, holes before it are given up. */
static void
put_part(const struct tcp_job *j, struct tcp_segment *s)
{
	struct tcp_half *half = j->half;
	const struct tcp_piece *p;

	if (s->offset == half->offset) {
		deliver(j, s);
		return;
	}
	if (enqueue(j, s))
		return;
	j->pool->limited++;
	half->flags |= TCP_HALF_LIMITED;
	while ((p = first_piece(half)) && p->offset < s->offset) {
		tcp_place_skip(j, p->offset);
		if (s->offset > half->offset && enqueue(j, s))
			return;
	}
	tcp_place_skip(j, s->offset);
	deliver(j, s);
}

/* Puts what nothing else has been seen for. */
static void
fill(const struct tcp_job *j, struct tcp_segment *s)
{
	while (s->extent) {
		const struct tcp_queue *q = j->half->queue;
		const struct tcp_piece *p = NULL, *next = NULL;
		struct tcp_segment part = *s;
		uint64_t taken;
		size_t left = cur_left(&s->data);

		/* delivering the part before let pieces follow it */
		if (s->offset < j->half->offset) {
			taken = j->half->offset - s->offset;
			trim(s, taken < s->extent ? taken : s->extent);
			continue;
		}
		if (q) {
			p = tcp_queue_find(q, s->offset);
			next = p ? p->next : q->first;
		}
		if (p && p->offset + p->extent > s->offset) {
			taken = p->offset + p->extent - s->offset;
			trim(s, taken < s->extent ? taken : s->extent);
			continue;
		}
		if (next && next->offset - s->offset < s->extent)
			part.extent = (uint32_t)(next->offset - s->offset);
		if (part.extent < left)
			part.data = cur_sub(&part.data, part.extent);
		taken = part.extent;
		put_part(j, &part);
		trim(s, taken);
	}
}

void
tcp_half_clear(struct tcp_half *half, struct tcp_pool *pool)
{
	while (half->queue && half->queue->first)
		free_piece(pool, tcp_queue_pop(half->queue));
	if (half->queue)
		free_queue(half, pool);
	slab_free(&pool->odd, half->odd, sizeof(*half->odd));
	half->odd = NULL;
}

void
tcp_place_segment(const struct tcp_job *j, struct tcp_segment *s)
{
	if (s->offset < j->half->offset)
		take_old(j, s);
	if (s->extent) {
		compare_queued(j, s);
		fill(j, s);
	}
}
