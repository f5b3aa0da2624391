// SPDX-License-Identifier: Apache-2.0
#include "tcp_bench.h"

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
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
	};

	return cmocka_run_group_tests_name("tcp_start", tests, NULL, NULL);
}
