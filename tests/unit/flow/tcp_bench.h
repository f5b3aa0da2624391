/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_FLOW_TCP_BENCH_H
#define UNIT_FLOW_TCP_BENCH_H

/* One half of a TCP stream, fed segment by segment, with a log of what its sink
 * was told; for the tests of its order, its starts and its gaps. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/tcp.h"

#define MIB	(1u << 20)

/* One half, its pool, and a log of what its sink was told: bytes as they are,
 * <5> a gap, [3+2] a conflict, $ the FIN. */
struct bench {
	struct tcp_pool pool;
	struct tcp_half half;
	struct packet pkt;
	char *log;
	size_t log_len;
	FILE *out;
	uint64_t number;
	uint64_t last_packet;	/* that the last data came in */
	uint64_t bytes;
};

static inline void
on_data(void *arg, const uint8_t *data, size_t len, uint64_t ts_ns,
    uint64_t packet)
{
	struct bench *b = arg;

	assert_int_not_equal(len, 0);
	fwrite(data, 1, len, b->out);
	b->bytes += len;
	b->last_packet = packet;
}

static inline void
on_gap(void *arg, uint64_t len, uint64_t ts_ns, uint64_t packet)
{
	struct bench *b = arg;

	assert_int_not_equal(len, 0);
	fprintf(b->out, "<%llu>", (unsigned long long)len);
}

static inline void
on_conflict(void *arg, uint64_t offset, uint64_t len, uint64_t ts_ns,
    uint64_t packet)
{
	struct bench *b = arg;

	assert_int_not_equal(len, 0);
	fprintf(b->out, "[%llu+%llu]", (unsigned long long)offset,
	    (unsigned long long)len);
}

static inline void
on_eof(void *arg, uint64_t ts_ns, uint64_t packet)
{
	struct bench *b = arg;

	fputc('$', b->out);
}

static const struct tcp_sink sink = { on_data, on_gap, on_conflict, on_eof,
	NULL };

static inline struct bench *
bench_new(size_t max)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	assert_int_equal(tcp_pool_init(&b->pool, max), 0);
	b->out = open_memstream(&b->log, &b->log_len);
	assert_non_null(b->out);
	return b;
}

static inline void
segment_cut(struct bench *b, uint32_t seq, unsigned flags, const char *data,
    uint32_t cut)
{
	size_t len = strlen(data);
	/* exactly sized, so that a sanitizer sees an over-read */
	uint8_t *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, data, len);
	b->pkt = (struct packet){
		.number = ++b->number,
		.ts_ns = b->pkt.ts_ns + 1000,
		.payload = copy,
		.payload_len = (uint32_t)len,
		.payload_wire_len = (uint32_t)len + cut,
		.tcp_flags = (uint8_t)flags,
		.seq = seq,
	};
	tcp_half_segment(&b->half, &b->pool, &b->pkt, &sink, b);
	free(copy);
}

static inline void
segment(struct bench *b, uint32_t seq, unsigned flags, const char *data)
{
	segment_cut(b, seq, flags, data, 0);
}

/* len bytes of 'x' */
static inline void
bulk(struct bench *b, uint32_t seq, size_t len)
{
	char *data = malloc(len + 1);

	assert_non_null(data);
	memset(data, 'x', len);
	data[len] = 0;
	segment(b, seq, TCP_ACK, data);
	free(data);
}

static inline void
ack_with(struct bench *b, uint32_t ack, unsigned flags, uint32_t len)
{
	b->pkt = (struct packet){
		.number = ++b->number,
		.ts_ns = b->pkt.ts_ns + 1000,
		.payload_len = len,
		.payload_wire_len = len,
		.tcp_flags = (uint8_t)(TCP_ACK | flags),
		.ack = ack,
	};
	tcp_half_ack(&b->half, &b->pool, &b->pkt, &sink, b);
}

static inline void
ack(struct bench *b, uint32_t seq)
{
	ack_with(b, seq, 0, 0);
}

static inline void
finish(struct bench *b)
{
	tcp_half_finish(&b->half, &b->pool, &sink, b, b->pkt.ts_ns,
	    b->number);
	assert_null(b->half.queue);
	assert_int_equal(b->pool.used, 0);
}

#define assert_log(b, text) do {					\
	fflush((b)->out);						\
	assert_string_equal((b)->log, text);				\
} while (0)

static inline struct tcp_stats
bench_free(struct bench *b)
{
	struct tcp_stats stats;

	finish(b);
	stats = tcp_half_stats(&b->half);
	assert_int_equal(stats.delivered_len, b->bytes);
	tcp_half_clear(&b->half, &b->pool);
	tcp_pool_clear(&b->pool);
	fclose(b->out);
	free(b->log);
	free(b);
	return stats;
}

#endif
