// SPDX-License-Identifier: Apache-2.0
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

static void
on_data(void *arg, const uint8_t *data, size_t len, uint64_t ts_ns,
    uint64_t packet)
{
	struct bench *b = arg;

	assert_int_not_equal(len, 0);
	fwrite(data, 1, len, b->out);
	b->bytes += len;
	b->last_packet = packet;
}

static void
on_gap(void *arg, uint64_t len, uint64_t ts_ns, uint64_t packet)
{
	struct bench *b = arg;

	assert_int_not_equal(len, 0);
	fprintf(b->out, "<%llu>", (unsigned long long)len);
}

static void
on_conflict(void *arg, uint64_t offset, uint64_t len, uint64_t ts_ns,
    uint64_t packet)
{
	struct bench *b = arg;

	assert_int_not_equal(len, 0);
	fprintf(b->out, "[%llu+%llu]", (unsigned long long)offset,
	    (unsigned long long)len);
}

static void
on_eof(void *arg, uint64_t ts_ns, uint64_t packet)
{
	struct bench *b = arg;

	fputc('$', b->out);
}

static const struct tcp_sink sink = { on_data, on_gap, on_conflict, on_eof };

static struct bench *
bench_new(size_t max)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	assert_int_equal(tcp_pool_init(&b->pool, max), 0);
	b->out = open_memstream(&b->log, &b->log_len);
	assert_non_null(b->out);
	return b;
}

static void
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

static void
segment(struct bench *b, uint32_t seq, unsigned flags, const char *data)
{
	segment_cut(b, seq, flags, data, 0);
}

/* len bytes of 'x' */
static void
bulk(struct bench *b, uint32_t seq, size_t len)
{
	char *data = malloc(len + 1);

	assert_non_null(data);
	memset(data, 'x', len);
	data[len] = 0;
	segment(b, seq, TCP_ACK, data);
	free(data);
}

static void
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

static void
ack(struct bench *b, uint32_t seq)
{
	ack_with(b, seq, 0, 0);
}

static void
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

static struct tcp_stats
bench_free(struct bench *b)
{
	struct tcp_stats stats;

	finish(b);
	stats = tcp_half_stats(&b->half);
	assert_int_equal(stats.delivered_len, b->bytes);
	tcp_pool_clear(&b->pool);
	fclose(b->out);
	free(b->log);
	free(b);
	return stats;
}

static void
in_order_bytes_pass_through(void **state)
{
	struct bench *b = bench_new(0);
	struct tcp_stats s;

	segment(b, 999, TCP_SYN, "");
	segment(b, 1000, TCP_ACK, "hello ");
	segment(b, 1006, TCP_ACK, "");
	segment(b, 1006, TCP_ACK | TCP_FIN, "world");
	assert_log(b, "hello world$");
	assert_int_equal(b->last_packet, 4);
	s = bench_free(b);
	assert_int_equal(s.delivered_len, 11);
	assert_int_equal(s.gap_count + s.missing_len + s.ignored_len +
	    s.retransmitted_len + s.conflict_len + s.late_len, 0);
}

static void
segments_out_of_order_wait_for_the_hole_to_fill(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 0, TCP_SYN, "");
	segment(b, 9, TCP_ACK, "ij");
	segment(b, 5, TCP_ACK, "efgh");
	segment(b, 11, TCP_ACK | TCP_FIN, "k");
	assert_log(b, "");
	segment(b, 1, TCP_ACK, "abcd");
	assert_log(b, "abcdefghijk$");
	assert_int_equal(b->pool.used, 0);
	assert_int_equal(b->last_packet, 4);
	assert_int_equal(bench_free(b).gap_count, 0);
}

static void
data_on_syn_starts_behind_it(void **state)
{
	struct bench *b = bench_new(0);
	struct tcp_stats s;

	segment(b, 77, TCP_SYN, "fast");
	segment(b, 78, TCP_ACK, "fast");
	segment(b, 82, TCP_ACK, " open");
	assert_log(b, "fast open");
	s = bench_free(b);
	assert_int_equal(s.retransmitted_len, 4);
	assert_int_equal(s.conflict_len, 0);
}

static void
sequence_numbers_wrap(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 0xfffffffdu, TCP_SYN, "");
	segment(b, 2, TCP_ACK, "efgh");
	segment(b, 0xfffffffeu, TCP_ACK, "ab");
	assert_log(b, "ab");
	segment(b, 0, TCP_ACK, "cd");
	assert_log(b, "abcdefgh");
	segment(b, 0xfffffffeu, TCP_ACK, "abcd");
	assert_log(b, "abcdefgh");
	assert_int_equal(bench_free(b).retransmitted_len, 4);
}

static void
offsets_go_past_four_gigabytes(void **state)
{
	struct bench *b = bench_new(0);
	uint8_t *data = calloc(1, 64 * MIB);
	struct packet p = {
		.payload = data,
		.payload_len = 64 * MIB,
		.payload_wire_len = 64 * MIB,
	};
	char end[64];

	assert_non_null(data);
	fclose(b->out);
	free(b->log);
	b->out = fopen("/dev/null", "w");
	b->log = NULL;
	assert_non_null(b->out);
	tcp_half_forget(&b->half);
	for (p.number = 1; p.number <= 66; p.number++) {
		tcp_half_segment(&b->half, &b->pool, &p, &sink, b);
		p.seq += p.payload_len;
	}
	snprintf(end, sizeof(end), "%llu", (unsigned long long)b->half.offset);
	assert_string_equal(end, "4429185024");
	assert_int_equal(b->half.id, 0);
	free(data);
	bench_free(b);
}

static void
retransmissions_deliver_only_what_is_new(void **state)
{
	struct bench *b = bench_new(0);
	struct tcp_stats s;

	segment(b, 10, TCP_ACK, "abcd");
	segment(b, 10, TCP_ACK, "abcd");	/* exact */
	segment(b, 10, TCP_ACK, "ab");		/* a part */
	segment(b, 12, TCP_ACK, "cdef");	/* longer */
	segment(b, 10, TCP_ACK, "abcdefgh");	/* all again and more */
	assert_log(b, "abcdefgh");
	s = bench_free(b);
	assert_int_equal(s.retransmitted_len, 4 + 2 + 2 + 6);
	assert_int_equal(s.conflict_len, 0);
}

static void
the_first_bytes_win_while_they_wait(void **state)
{
	struct bench *b = bench_new(0);
	struct tcp_stats s;

	segment(b, 0, TCP_SYN, "");
	segment(b, 4, TCP_ACK, "DEF");
	segment(b, 8, TCP_ACK, "HI");
	segment(b, 1, TCP_ACK, "abcdXfghij");
	assert_log(b, "[3+3][7+2]abcDEFgHIj");
	s = bench_free(b);
	assert_int_equal(s.conflict_len, 5);
	assert_int_equal(s.retransmitted_len, 5);
}

static void
only_the_bytes_that_differ_are_in_conflict(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 0, TCP_SYN, "");
	segment(b, 3, TCP_ACK, "cdefgh");
	segment(b, 2, TCP_ACK, "bcdXfYhz");
	assert_log(b, "[4+3]");
	segment(b, 1, TCP_ACK, "a");
	assert_log(b, "[4+3]abcdefghz");
	assert_int_equal(b->pool.conflicts, 1);
	bench_free(b);
}

static void
a_retransmission_with_other_bytes_is_a_conflict(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK, "0123456789abcdef");
	segment(b, 17, TCP_ACK, "ghij");
	segment(b, 1, TCP_ACK, "0123456789abcdef");
	segment(b, 1, TCP_ACK, "0123456789abcdefghij");
	assert_log(b, "0123456789abcdefghij");
	segment(b, 1, TCP_ACK, "0123456789abcdeF");	/* exact range */
	segment(b, 1, TCP_ACK, "0123456789abcdefghiJ");	/* its second part */
	segment(b, 1, TCP_ACK, "01X3");			/* shorter */
	assert_log(b, "0123456789abcdefghij[0+16][16+4][0+4]");
	assert_int_equal(bench_free(b).conflict_len, 16 + 4 + 4);
}

static void
a_longer_forgery_is_compared_with_what_came_first(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK, "short");
	segment(b, 1, TCP_ACK, "OTHER and more");
	assert_log(b, "short[0+5] and more");
	bench_free(b);
}

static void
every_byte_of_a_retransmission_is_compared(void **state)
{
	char text[81];

	for (size_t len = 2; len <= 80; len++) {
		struct bench *b = bench_new(0);
		char all[16];

		memset(text, 'a', len);
		text[len] = 0;
		segment(b, 1, TCP_ACK, text);
		for (size_t i = 0; i < len; i++) {
			text[i] = 'b';
			segment(b, 1, TCP_ACK, text);
			text[i] = 'a';
		}
		segment(b, 1, TCP_ACK, text);
		assert_int_equal(b->pool.conflicts, len);
		snprintf(all, sizeof(all), "[0+%zu]", len);
		fflush(b->out);
		assert_memory_equal(b->log + len, all, strlen(all));
		bench_free(b);
	}
}

static void
a_conflict_reaches_from_the_first_to_the_last_segment(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK, "aaaa");
	segment(b, 5, TCP_ACK, "bbbb");
	segment(b, 9, TCP_ACK, "cccc");
	segment(b, 1, TCP_ACK, "aXaabbbbccXc");
	assert_log(b, "aaaabbbbcccc[0+12]");
	assert_int_equal(bench_free(b).conflict_len, 8);
}

static void
what_is_forgotten_is_not_compared(void **state)
{
	struct bench *b = bench_new(0);

	tcp_half_forget(&b->half);
	segment(b, 1, TCP_ACK, "secret");
	segment(b, 1, TCP_ACK, "SECRET");
	assert_log(b, "secret");
	assert_int_equal(bench_free(b).retransmitted_len, 6);
}

static void
what_waits_is_counted_once_when_it_comes_again(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 0, TCP_SYN, "");
	segment(b, 5, TCP_ACK, "efghij");
	segment(b, 3, TCP_ACK, "cdef");		/* overlaps two */
	assert_int_equal(tcp_half_stats(&b->half).retransmitted_len, 2);
	segment(b, 7, TCP_ACK, "gh");		/* inside */
	assert_int_equal(tcp_half_stats(&b->half).retransmitted_len, 4);
	segment(b, 9, TCP_ACK, "ijkl");		/* beyond */
	assert_int_equal(tcp_half_stats(&b->half).retransmitted_len, 6);
	segment(b, 1, TCP_ACK, "ab");
	assert_log(b, "abcdefghijkl");
	bench_free(b);
}

static void
keep_alives_are_neither_data_nor_conflict(void **state)
{
	struct bench *b = bench_new(0);
	struct tcp_stats s;

	segment(b, 1, TCP_ACK, "abc");
	segment(b, 3, TCP_ACK, "");
	segment(b, 3, TCP_ACK, "Z");
	segment(b, 4, TCP_ACK, "def");
	assert_log(b, "abcdef");
	segment(b, 9, TCP_ACK, "ij");
	segment(b, 10, TCP_ACK, "Z");
	segment(b, 7, TCP_ACK, "gh");
	assert_log(b, "abcdefghij");
	s = bench_free(b);
	assert_int_equal(s.retransmitted_len + s.conflict_len +
	    s.ignored_len, 0);
}

static void
a_zero_window_probe_is_data(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK, "abc");
	segment(b, 4, TCP_ACK, "d");
	segment(b, 4, TCP_ACK, "def");
	assert_log(b, "abcdef");
	bench_free(b);
}

static void
without_a_syn_the_first_segment_is_the_start(void **state)
{
	struct bench *b = bench_new(0);
	struct tcp_stats s;

	segment(b, 500, TCP_ACK, "mid");
	segment(b, 490, TCP_ACK, "before");
	segment(b, 498, TCP_ACK, "xxmidstream");
	assert_log(b, "midstream");
	s = bench_free(b);
	assert_int_equal(s.ignored_len, 6 + 2);
	assert_int_equal(s.gap_count, 0);
}

static void
an_acknowledgement_alone_is_a_soft_start(void **state)
{
	struct bench *b = bench_new(0);

	ack(b, 100);
	segment(b, 130, TCP_ACK, "first");
	assert_log(b, "first");
	bench_free(b);

	b = bench_new(0);
	ack(b, 100);
	segment(b, 99, TCP_ACK, "Z");	/* a keep-alive */
	segment(b, 100, TCP_ACK, "first");
	assert_log(b, "first");
	bench_free(b);

	b = bench_new(0);
	segment(b, 99, TCP_ACK, "");
	segment(b, 100, TCP_ACK, "first");
	assert_log(b, "first");
	bench_free(b);
}

static void
an_own_sequence_number_is_a_start(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 100, TCP_ACK, "");
	segment(b, 105, TCP_ACK, "later");
	assert_log(b, "");
	finish(b);
	assert_log(b, "<5>later");
	bench_free(b);
}

static void
an_answered_syn_is_a_start(void **state)
{
	struct bench *b = bench_new(0);

	ack_with(b, 100, TCP_SYN, 0);
	segment(b, 105, TCP_ACK, "later");
	finish(b);
	assert_log(b, "<5>later");
	bench_free(b);
}

static void
of_several_syns_the_acknowledged_one_counts(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 100, TCP_SYN, "");
	segment(b, 0x90000000u, TCP_SYN, "");
	ack(b, 101);
	segment(b, 101, TCP_ACK, "chosen");
	assert_log(b, "chosen");
	segment(b, 0x90000001u, TCP_ACK, "other");
	assert_log(b, "chosen");
	assert_int_equal(bench_free(b).ignored_len, 5);
}

static void
another_syn_belongs_to_another_connection(void **state)
{
	struct bench *b = bench_new(0);
	struct tcp_half none = { 0 }, some = { .offset = 1 };
	struct packet syn = { .tcp_flags = TCP_SYN, .seq = 100 };
	struct packet syn_ack = { .tcp_flags = TCP_SYN | TCP_ACK, .seq = 5000 };

	assert_false(tcp_half_reopened(&b->half, &none, &syn));
	segment(b, 100, TCP_SYN, "");
	assert_false(tcp_half_reopened(&b->half, &none, &syn));
	syn.seq = 5000;
	assert_true(tcp_half_reopened(&b->half, &none, &syn));
	assert_false(tcp_half_reopened(&b->half, &some, &syn_ack));
	segment(b, 101, TCP_ACK, "data");
	assert_true(tcp_half_reopened(&b->half, &none, &syn));
	assert_true(tcp_half_reopened(&b->half, &some, &syn_ack));
	syn.seq = 100;
	assert_false(tcp_half_reopened(&b->half, &some, &syn));
	segment(b, 5000, TCP_SYN, "more");
	assert_log(b, "data");
	assert_int_equal(bench_free(b).ignored_len, 4);
}

static void
a_split_handshake_or_a_late_syn_is_the_same_connection(void **state)
{
	struct bench *b = bench_new(0);
	struct tcp_half none = { 0 }, some = { .offset = 1 };
	struct packet syn = { .tcp_flags = TCP_SYN, .seq = 3000 };

	segment(b, 2000, TCP_ACK, "");
	assert_false(tcp_half_reopened(&b->half, &none, &syn));
	assert_true(tcp_half_reopened(&b->half, &some, &syn));
	segment(b, 3000, TCP_SYN, "");
	segment(b, 3001, TCP_ACK, "data");
	assert_log(b, "data");
	bench_free(b);

	b = bench_new(0);
	segment(b, 3500, TCP_ACK, "data");
	assert_false(tcp_half_reopened(&b->half, &some, &syn));
	syn.seq = 3499 - MIB;
	assert_false(tcp_half_reopened(&b->half, &some, &syn));
	syn.seq--;
	assert_true(tcp_half_reopened(&b->half, &some, &syn));
	bench_free(b);
}

static void
a_forged_fin_before_the_syn_is_no_start(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 0, TCP_ACK | TCP_RST, "");
	segment(b, 0, TCP_ACK | TCP_FIN, "");
	segment(b, 26175, TCP_SYN | TCP_ACK, "");
	ack_with(b, 26176, TCP_PSH, 300);
	segment(b, 26176, TCP_ACK, "reply");
	assert_log(b, "$reply");
	/* it does not end a wait either */
	segment(b, 26190, TCP_ACK, "more");
	ack(b, 26194);
	assert_log(b, "$reply");
	assert_int_equal(tcp_half_stats(&b->half).gap_count, 0);
	bench_free(b);
}

static void
an_unacknowledged_hole_is_waited_for(void **state)
{
	struct bench *b = bench_new(64 * MIB);

	segment(b, 1, TCP_ACK, "ab");
	ack(b, 3);
	for (uint32_t i = 0; i < 3; i++)
		bulk(b, 5 + i * MIB, MIB);
	ack(b, 3);
	b->pkt.ts_ns += 5000000000;
	segment(b, 3, TCP_ACK, "");
	assert_log(b, "ab");
	segment(b, 3, TCP_ACK, "cd");
	assert_int_equal(b->bytes, 4 + 3 * MIB);
	assert_int_equal(bench_free(b).gap_count, 0);
}

static void
an_acknowledged_hole_is_given_up_after_a_second(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK, "ab");
	segment(b, 6, TCP_ACK, "fg");
	ack(b, 8);
	b->pkt.ts_ns += 999000000 - 2000;
	ack(b, 8);
	assert_log(b, "ab");
	b->pkt.ts_ns += 1000000;
	ack(b, 8);
	assert_log(b, "ab<3>fg");
	segment(b, 3, TCP_ACK, "cdef");
	assert_log(b, "ab<3>fg");
	assert_int_equal(tcp_half_stats(&b->half).late_len, 3);
	assert_int_equal(tcp_half_stats(&b->half).retransmitted_len, 1);
	assert_int_equal(bench_free(b).missing_len, 3);
}

static void
every_hole_has_its_own_second(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK, "ab");
	segment(b, 5, TCP_ACK, "ef");
	segment(b, 9, TCP_ACK, "ij");
	ack(b, 11);
	b->pkt.ts_ns += 900000000;
	segment(b, 3, TCP_ACK, "cd");
	assert_log(b, "abcdef");
	b->pkt.ts_ns += 900000000;
	ack(b, 11);
	assert_log(b, "abcdef");
	b->pkt.ts_ns += 100000000;
	ack(b, 11);
	assert_log(b, "abcdef<2>ij");
	bench_free(b);
}

static void
only_bytes_of_the_last_gap_are_late(void **state)
{
	struct bench *b = bench_new(0);
	struct tcp_stats s;

	segment(b, 0, TCP_SYN, "");
	segment_cut(b, 1, TCP_ACK, "ab", 8);
	segment(b, 11, TCP_ACK, "kl");
	segment_cut(b, 13, TCP_ACK, "mn", 2);
	segment(b, 17, TCP_ACK, "qr");
	assert_log(b, "ab<8>klmn<2>qr");
	segment(b, 13, TCP_ACK, "mnop");
	segment(b, 3, TCP_ACK, "cd");
	s = bench_free(b);
	assert_int_equal(s.gap_count, 2);
	assert_int_equal(s.late_len, 2);
	assert_int_equal(s.retransmitted_len, 4);
}

static void
an_acknowledged_hole_can_still_fill_within_the_second(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK, "ab");
	segment(b, 6, TCP_ACK, "fg");
	ack(b, 8);
	segment(b, 3, TCP_ACK, "cde");
	assert_log(b, "abcdefg");
	bench_free(b);
}

static void
an_acknowledged_hole_is_given_up_behind_a_mebibyte(void **state)
{
	struct bench *b = bench_new(64 * MIB);

	segment(b, 1, TCP_ACK, "ab");
	ack(b, 3);
	bulk(b, 5, MIB - 1);
	ack(b, 4 + MIB);
	assert_log(b, "ab");
	segment(b, 4 + MIB, TCP_ACK, "z");
	assert_int_equal(b->bytes, 2 + MIB);
	assert_int_equal(bench_free(b).missing_len, 2);
}

static void
an_answer_does_not_overtake_what_it_answers(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK, "ab");
	segment(b, 6, TCP_ACK, "fg");
	ack_with(b, 8, TCP_PSH, 100);
	assert_log(b, "ab<3>fg");
	ack_with(b, 18, TCP_PSH, 100);
	assert_log(b, "ab<3>fg<10>");
	segment(b, 20, TCP_ACK, "tail");
	ack_with(b, 24, TCP_PSH, 100);
	assert_log(b, "ab<3>fg<10><2>tail");
	assert_int_equal(bench_free(b).gap_count, 2);
}

static void
an_answer_to_later_bytes_leaves_an_earlier_queue_alone(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK, "ab");
	segment(b, 6, TCP_ACK, "fg");
	ack_with(b, 3, TCP_PSH, 100);
	assert_log(b, "ab");
	ack_with(b, 5, TCP_PSH, 100);
	assert_log(b, "ab");
	/* nor does data that repeats an older acknowledgement */
	ack(b, 8);
	ack_with(b, 5, TCP_PSH, 100);
	assert_log(b, "ab");
	ack_with(b, 8, TCP_PSH, 100);
	assert_log(b, "ab<3>fg");
	bench_free(b);
}

static void
one_acknowledged_byte_more_is_a_fin_not_captured(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK, "ab");
	ack_with(b, 4, TCP_PSH, 10);
	finish(b);
	assert_log(b, "ab");
	assert_int_equal(bench_free(b).missing_len, 0);

	b = bench_new(0);
	segment(b, 1, TCP_ACK, "ab");
	ack(b, 5);
	finish(b);
	assert_log(b, "ab<2>");
	bench_free(b);
}

static void
an_absurd_acknowledgement_is_not_believed(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK, "ab");
	ack_with(b, 3 + (1u << 30) + 1, TCP_PSH, 10);
	ack_with(b, 3 + 16 * MIB + 1, TCP_PSH, 10);
	assert_log(b, "ab");
	segment(b, 3, TCP_ACK, "cd");
	assert_log(b, "abcd");
	tcp_half_clear(&b->half, &b->pool);
	bench_free(b);
}

static void
without_acknowledgements_a_mebibyte_is_enough(void **state)
{
	struct bench *b = bench_new(64 * MIB);

	segment(b, 1, TCP_ACK, "ab");
	bulk(b, 5, MIB - 1);
	b->pkt.ts_ns += 5000000000;
	segment(b, 4, TCP_ACK, "");
	assert_log(b, "ab");
	segment(b, 4 + MIB, TCP_ACK, "z");
	assert_int_equal(b->bytes, 2 + MIB);
	assert_int_equal(bench_free(b).missing_len, 2);
}

static void
the_end_delivers_all_with_gaps_between(void **state)
{
	struct bench *b = bench_new(0);
	struct tcp_stats s;

	segment(b, 0, TCP_SYN, "");
	segment(b, 3, TCP_ACK, "cd");
	segment(b, 8, TCP_ACK, "hi");
	segment(b, 12, TCP_ACK | TCP_FIN, "lm");
	assert_log(b, "");
	finish(b);
	assert_log(b, "<2>cd<3>hi<2>lm$");
	finish(b);
	assert_log(b, "<2>cd<3>hi<2>lm$");
	s = bench_free(b);
	assert_int_equal(s.gap_count, 3);
	assert_int_equal(s.missing_len, 7);
	assert_int_equal(s.delivered_len, 6);
}

static void
an_acknowledged_fin_ends_the_wait(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 0, TCP_SYN, "");
	segment(b, 3, TCP_ACK | TCP_FIN, "cd");
	ack(b, 1);
	assert_log(b, "");
	ack(b, 6);
	assert_log(b, "<2>cd$");
	bench_free(b);
}

static void
a_fin_behind_missing_bytes_makes_them_a_gap(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 0, TCP_SYN, "");
	segment(b, 7, TCP_ACK | TCP_FIN, "");
	ack(b, 8);
	assert_log(b, "");
	finish(b);
	assert_log(b, "<6>$");
	bench_free(b);
}

static void
data_behind_a_fin_still_left_the_machine(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK | TCP_FIN, "ab");
	segment(b, 3, TCP_ACK, "Z");	/* a keep-alive */
	segment(b, 3, TCP_ACK, "cd");
	segment(b, 1, TCP_ACK | TCP_FIN, "ab");
	assert_log(b, "ab$cd");
	bench_free(b);
}

static void
data_on_rst_is_data_and_its_number_alone_no_start(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 4711, TCP_RST, "");
	segment(b, 1, TCP_ACK, "ab");
	segment(b, 3, TCP_RST | TCP_ACK, "why");
	assert_log(b, "abwhy");
	bench_free(b);
}

static void
what_snaplen_cut_is_a_gap(void **state)
{
	struct bench *b = bench_new(0);
	struct tcp_stats s;

	segment(b, 0, TCP_SYN, "");
	segment_cut(b, 1, TCP_ACK, "ab", 3);
	segment_cut(b, 8, TCP_ACK, "hi", 1);
	segment_cut(b, 6, TCP_ACK, "", 2);
	segment_cut(b, 11, TCP_ACK | TCP_FIN, "k", 1);
	assert_log(b, "ab<3><2>hi<1>k<1>$");
	s = bench_free(b);
	assert_int_equal(s.delivered_len, 5);
	assert_int_equal(s.missing_len, 7);
	assert_int_equal(s.gap_count, 3);
}

static void
gaps_with_bytes_between_are_two(void **state)
{
	struct bench *b = bench_new(0);

	segment_cut(b, 1, TCP_ACK, "ab", 3);
	segment(b, 6, TCP_ACK, "fg");
	ack_with(b, 12, TCP_PSH, 100);
	ack_with(b, 14, TCP_PSH, 100);
	assert_log(b, "ab<3>fg<4><2>");
	assert_int_equal(bench_free(b).gap_count, 2);
}

static void
segments_out_of_any_window_are_ignored(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK, "ab");
	segment(b, 3 + (1u << 30), TCP_ACK, "in");
	segment(b, 3 + (1u << 30) + 1, TCP_ACK, "out");
	segment(b, 3 - (1u << 30) - 9, TCP_ACK, "old");
	segment(b, 3, TCP_ACK, "cd");
	assert_log(b, "abcd");
	assert_int_equal(tcp_half_stats(&b->half).ignored_len, 6);
	finish(b);
	assert_log(b, "abcd<1073741822>in");
	bench_free(b);
}

static void
far_away_both_sides_have_to_agree(void **state)
{
	struct bench *b = bench_new(0);
	struct tcp_stats s;

	segment(b, 1, TCP_ACK, "ab");
	segment(b, 5, TCP_ACK, "ef");
	ack(b, 0x90000000u);
	segment(b, 0x8ffffff0u, TCP_ACK, "no");
	assert_log(b, "ab");
	segment(b, 0x90000000u, TCP_ACK, "yes");
	assert_log(b, "ab<2>ef<2415919097>yes");
	ack(b, 0x90000003u);
	segment(b, 0x90000003u, TCP_ACK, "on");
	s = bench_free(b);
	assert_int_equal(s.ignored_len, 2);
	assert_int_equal(s.delivered_len, 9);
}

static void
an_acknowledgement_on_rst_is_not_believed(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK, "ab");
	ack(b, 3);
	ack_with(b, 300, TCP_RST, 0);
	finish(b);
	assert_log(b, "ab");
	bench_free(b);
}

static void
time_passes_with_every_packet(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 1, TCP_ACK, "ab");
	segment(b, 6, TCP_ACK, "fg");
	ack(b, 8);
	b->pkt.ts_ns += 1000000000;
	ack(b, 0x90000000u);
	assert_log(b, "ab<3>fg");
	bench_free(b);

	b = bench_new(0);
	segment(b, 1, TCP_ACK, "ab");
	segment(b, 6, TCP_ACK, "fg");
	ack(b, 8);
	b->pkt.ts_ns += 1000000000;
	segment(b, 8, TCP_ACK, "h");
	assert_log(b, "ab<3>fgh");
	bench_free(b);
}

static void
a_full_pool_ends_the_wait_of_the_half_that_asks(void **state)
{
	struct bench *b = bench_new(64 << 10);
	struct tcp_stats s;

	segment(b, 0, TCP_SYN, "");
	ack(b, 1);
	bulk(b, 11, 40 << 10);
	assert_int_equal(b->bytes, 0);
	bulk(b, 11 + (40 << 10) + 5, 20 << 10);
	assert_int_equal(b->bytes, 0);
	assert_int_equal(b->pool.limited, 0);
	/* the first hole is given up, the second one is still waited for */
	bulk(b, 11 + (60 << 10) + 10, 20 << 10);
	assert_int_equal(b->bytes, 40 << 10);
	assert_int_equal(b->pool.limited, 1);
	assert_true(b->half.flags & TCP_HALF_LIMITED);
	assert_true(b->pool.used <= b->pool.max);
	finish(b);
	s = bench_free(b);
	assert_int_equal(s.missing_len, 20);
	assert_int_equal(s.delivered_len, 80 << 10);
	assert_int_equal(s.gap_count, 3);
}

static void
a_segment_larger_than_the_pool_is_its_own_way_out(void **state)
{
	struct bench *b = bench_new(64 << 10);

	segment(b, 0, TCP_SYN, "");
	bulk(b, 11, 64 << 10);
	assert_int_equal(b->bytes, 64 << 10);
	assert_int_equal(b->pool.used, 0);
	assert_int_equal(bench_free(b).missing_len, 10);
}

static void
a_pool_that_others_fill_lets_nothing_wait(void **state)
{
	struct bench *b = bench_new(64 << 10);

	b->pool.used += 64 << 10;
	segment(b, 0, TCP_SYN, "");
	segment(b, 4, TCP_ACK, "d");
	segment(b, 1, TCP_ACK, "abc");
	assert_log(b, "<3>d");
	b->pool.used -= 64 << 10;
	assert_int_equal(bench_free(b).late_len, 3);
}

static void
clearing_frees_what_waits_undelivered(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 0, TCP_SYN, "");
	segment(b, 4, TCP_ACK, "d");
	tcp_half_clear(&b->half, &b->pool);
	assert_int_equal(b->pool.used, 0);
	finish(b);
	assert_log(b, "");
	bench_free(b);
}

/* 20,000 bytes in pieces of 1 to 9, last first, first first, or mixed. */
static void
many_pieces_in_any_order_give_the_same_bytes(void **state)
{
	enum { LEN = 20000 };
	static char text[LEN + 1];
	static uint32_t starts[LEN], lens[LEN];
	uint32_t count = 0, random = 1;

	for (uint32_t i = 0; i < LEN; i++)
		text[i] = (char)('!' + i * 7 % 90);
	for (uint32_t at = 0; at < LEN; count++) {
		starts[count] = at;
		lens[count] = 1 + at * 2654435761u % 9;
		if (lens[count] > LEN - at)
			lens[count] = LEN - at;
		at += lens[count];
	}
	for (int order = 0; order < 3; order++) {
		struct bench *b = bench_new(64 * MIB);

		segment(b, 0xfffff000u, TCP_SYN, "");
		for (uint32_t n = 0; n < count; n++) {
			uint32_t i = order ? count - 1 - n : n;
			char part[16] = "";

			if (order == 2) {
				uint32_t k;

				random = random * 1103515245 + 12345;
				k = n + random % (count - n);
				i = starts[k], starts[k] = starts[n];
				starts[n] = i;
				i = lens[k], lens[k] = lens[n];
				lens[n] = i;
				i = n;
			}
			memcpy(part, text + starts[i], lens[i]);
			segment(b, 0xfffff001u + starts[i], TCP_ACK, part);
		}
		assert_log(b, text);
		bench_free(b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order_bytes_pass_through),
		cmocka_unit_test(segments_out_of_order_wait_for_the_hole_to_fill),
		cmocka_unit_test(data_on_syn_starts_behind_it),
		cmocka_unit_test(sequence_numbers_wrap),
		cmocka_unit_test(offsets_go_past_four_gigabytes),
		cmocka_unit_test(retransmissions_deliver_only_what_is_new),
		cmocka_unit_test(the_first_bytes_win_while_they_wait),
		cmocka_unit_test(only_the_bytes_that_differ_are_in_conflict),
		cmocka_unit_test(a_retransmission_with_other_bytes_is_a_conflict),
		cmocka_unit_test(a_longer_forgery_is_compared_with_what_came_first),
		cmocka_unit_test(every_byte_of_a_retransmission_is_compared),
		cmocka_unit_test(a_conflict_reaches_from_the_first_to_the_last_segment),
		cmocka_unit_test(what_is_forgotten_is_not_compared),
		cmocka_unit_test(what_waits_is_counted_once_when_it_comes_again),
		cmocka_unit_test(keep_alives_are_neither_data_nor_conflict),
		cmocka_unit_test(a_zero_window_probe_is_data),
		cmocka_unit_test(without_a_syn_the_first_segment_is_the_start),
		cmocka_unit_test(an_acknowledgement_alone_is_a_soft_start),
		cmocka_unit_test(an_own_sequence_number_is_a_start),
		cmocka_unit_test(an_answered_syn_is_a_start),
		cmocka_unit_test(of_several_syns_the_acknowledged_one_counts),
		cmocka_unit_test(another_syn_belongs_to_another_connection),
		cmocka_unit_test(a_split_handshake_or_a_late_syn_is_the_same_connection),
		cmocka_unit_test(a_forged_fin_before_the_syn_is_no_start),
		cmocka_unit_test(an_unacknowledged_hole_is_waited_for),
		cmocka_unit_test(an_acknowledged_hole_is_given_up_after_a_second),
		cmocka_unit_test(every_hole_has_its_own_second),
		cmocka_unit_test(only_bytes_of_the_last_gap_are_late),
		cmocka_unit_test(an_acknowledged_hole_can_still_fill_within_the_second),
		cmocka_unit_test(an_acknowledged_hole_is_given_up_behind_a_mebibyte),
		cmocka_unit_test(an_answer_does_not_overtake_what_it_answers),
		cmocka_unit_test(an_answer_to_later_bytes_leaves_an_earlier_queue_alone),
		cmocka_unit_test(one_acknowledged_byte_more_is_a_fin_not_captured),
		cmocka_unit_test(an_absurd_acknowledgement_is_not_believed),
		cmocka_unit_test(without_acknowledgements_a_mebibyte_is_enough),
		cmocka_unit_test(the_end_delivers_all_with_gaps_between),
		cmocka_unit_test(an_acknowledged_fin_ends_the_wait),
		cmocka_unit_test(a_fin_behind_missing_bytes_makes_them_a_gap),
		cmocka_unit_test(data_behind_a_fin_still_left_the_machine),
		cmocka_unit_test(data_on_rst_is_data_and_its_number_alone_no_start),
		cmocka_unit_test(what_snaplen_cut_is_a_gap),
		cmocka_unit_test(gaps_with_bytes_between_are_two),
		cmocka_unit_test(segments_out_of_any_window_are_ignored),
		cmocka_unit_test(far_away_both_sides_have_to_agree),
		cmocka_unit_test(an_acknowledgement_on_rst_is_not_believed),
		cmocka_unit_test(time_passes_with_every_packet),
		cmocka_unit_test(a_full_pool_ends_the_wait_of_the_half_that_asks),
		cmocka_unit_test(a_segment_larger_than_the_pool_is_its_own_way_out),
		cmocka_unit_test(a_pool_that_others_fill_lets_nothing_wait),
		cmocka_unit_test(clearing_frees_what_waits_undelivered),
		cmocka_unit_test(many_pieces_in_any_order_give_the_same_bytes),
	};

	return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}
