// SPDX-License-Identifier: Apache-2.0
/*
 * Any order, repetition and overlap of segments of one stream gives the same
 * bytes: the input chooses which part of a known stream comes next. Every byte
 * that was sent must be delivered once, at its place, without a conflict. With
 * acknowledgements, segments cut by snaplen or a small pool bytes may be lost,
 * with other bytes in retransmissions they may differ; then lengths must still
 * add up.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "flow/tcp.h"

#define STREAM_LEN 4096
#define FIRST_SEQ 0xfffffc01u	/* wraps within the stream */

struct check {
	uint64_t offset, delivered;
	unsigned gaps, conflicts, eofs;
	bool honest;
	bool sent[STREAM_LEN];
};

static uint8_t
stream_byte(uint64_t offset)
{
	return (uint8_t)(offset * 167 + (offset >> 8));
}

static void
on_data(void *arg, const uint8_t *data, size_t len, uint64_t ts, uint64_t n)
{
	struct check *c = arg;

	for (size_t i = 0; i < len && c->honest; i++)
		if (data[i] != stream_byte(c->offset + i))
			abort();
	c->offset += len;
	c->delivered += len;
}

static void
on_gap(void *arg, uint64_t len, uint64_t ts, uint64_t n)
{
	struct check *c = arg;

	if (!len)
		abort();
	c->offset += len;
	c->gaps++;
}

static void
on_conflict(void *arg, uint64_t at, uint64_t len, uint64_t ts, uint64_t n)
{
	struct check *c = arg;

	if (c->honest || !len)
		abort();
	c->conflicts++;
}

static void
on_eof(void *arg, uint64_t ts, uint64_t n)
{
	struct check *c = arg;

	if (c->eofs++)
		abort();
}

static const struct tcp_sink sink = { on_data, on_gap, on_conflict, on_eof,
	NULL };

/* One segment or acknowledgement, as the input says. */
static void
step(struct cursor *in, struct tcp_half *half, struct tcp_pool *pool,
    struct packet *pkt, bool acks, struct check *c)
{
	uint8_t what = cur_u8(in), *data;
	uint32_t at = cur_le16(in) % STREAM_LEN, len = cur_u8(in) * 4u;

	if (at + len > STREAM_LEN)
		len = STREAM_LEN - at;
	pkt->number++;
	pkt->ts_ns += (uint64_t)(what >> 4) << 26;
	pkt->payload_wire_len = pkt->payload_len = len;
	if (acks && what & 1) {
		pkt->ack = FIRST_SEQ + at;
		pkt->tcp_flags = TCP_ACK;
		tcp_half_ack(half, pool, pkt, &sink, c);
		return;
	}
	data = malloc(len ? len : 1);
	if (!data)
		return;
	for (uint32_t i = 0; i < len; i++) {
		data[i] = stream_byte(at + i);
		c->sent[at + i] = true;
	}
	if (!c->honest && len && what & 2)
		data[len / 2] ^= what;
	if (acks && what & 4)
		pkt->payload_len = len / 2;
	pkt->payload = data;
	pkt->seq = FIRST_SEQ + at;
	pkt->tcp_flags = at + len == STREAM_LEN ? TCP_FIN : 0;
	tcp_half_segment(half, pool, pkt, &sink, c);
	free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cursor in = cur_init(data, len);
	uint8_t mode = cur_u8(&in);
	bool acks = mode & 1;
	struct check c = { .honest = !(mode & 2) };
	struct packet pkt = { .seq = FIRST_SEQ - 1, .tcp_flags = TCP_SYN };
	struct tcp_half half = { 0 };
	struct tcp_pool pool;
	struct tcp_stats stats;
	uint64_t sent = 0;

	if (tcp_pool_init(&pool, mode & 4 ? 0 : 1 << 20))
		return 0;
	tcp_half_segment(&half, &pool, &pkt, &sink, &c);
	while (cur_left(&in))
		step(&in, &half, &pool, &pkt, acks, &c);
	if (!acks && c.gaps && !pool.limited)
		abort();
	tcp_half_finish(&half, &pool, &sink, &c, pkt.ts_ns, pkt.number);
	stats = tcp_half_stats(&half);
	if (pool.used || half.queue || c.offset != half.offset ||
	    c.offset > STREAM_LEN || stats.delivered_len != c.delivered)
		abort();
	for (size_t i = 0; i < STREAM_LEN; i++)
		sent += c.sent[i];
	if (!acks && !pool.limited && c.delivered != sent)
		abort();
	tcp_half_clear(&half, &pool);
	tcp_pool_clear(&pool);
	return 0;
}
