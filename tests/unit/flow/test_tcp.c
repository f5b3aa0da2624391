// SPDX-License-Identifier: Apache-2.0
#include "tcp_bench.h"

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
what_lies_before_the_first_data_and_was_acknowledged_is_waited_for(void **state)
{
	struct bench *b = bench_new(0);

	ack(b, 100);
	segment(b, 106, TCP_ACK, "third");
	segment(b, 103, TCP_ACK, "sec");
	segment(b, 100, TCP_ACK, "one");
	assert_log(b, "onesecthird");
	assert_int_equal(bench_free(b).gap_count, 0);

	/* sent before the capture began: the acknowledgement says that it was */
	b = bench_new(0);
	ack(b, 100);
	segment(b, 130, TCP_ACK, "first");
	ack(b, 135);
	b->pkt.ts_ns += 1000000001;
	ack(b, 135);
	assert_log(b, "<30>first");
	bench_free(b);

	/* too far for a window: another start */
	b = bench_new(0);
	ack(b, 100);
	segment(b, 100 + MIB + 1, TCP_ACK, "first");
	assert_log(b, "first");
	assert_int_equal(bench_free(b).gap_count, 0);
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
		cmocka_unit_test(what_lies_before_the_first_data_and_was_acknowledged_is_waited_for),
	};

	return cmocka_run_group_tests_name("tcp", tests, NULL, NULL);
}
