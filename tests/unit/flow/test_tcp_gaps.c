// SPDX-License-Identifier: Apache-2.0
#include "tcp_bench.h"

#include "base/buf.h"

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
expire(struct bench *b)
{
	tcp_half_expire(&b->half, &b->pool, &sink, b, b->pkt.ts_ns, 0);
}

/* For the data may come behind it. */
static void
an_acknowledged_fin_ends_the_wait_in_time(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 0, TCP_SYN, "");
	segment(b, 3, TCP_ACK | TCP_FIN, "cd");
	ack(b, 1);
	assert_false(tcp_half_waits(&b->half));
	expire(b);
	assert_log(b, "");
	ack(b, 6);
	assert_true(tcp_half_waits(&b->half));
	assert_log(b, "");
	expire(b);
	assert_log(b, "<2>cd$");
	assert_false(tcp_half_waits(&b->half));
	bench_free(b);
}

static void
so_it_does_where_nothing_lies_in_front_of_it(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 0, TCP_SYN, "");
	segment(b, 1, TCP_ACK, "ab");
	segment(b, 7, TCP_ACK | TCP_FIN, "");
	ack(b, 7);
	assert_false(tcp_half_waits(&b->half));
	ack(b, 8);
	assert_true(tcp_half_waits(&b->half));
	segment(b, 5, TCP_ACK, "ef");
	assert_log(b, "ab");
	segment(b, 3, TCP_ACK, "cd");
	assert_log(b, "abcdef$");
	assert_false(tcp_half_waits(&b->half));
	bench_free(b);
}

/* What the other side has not got may be sent again, later than that. */
static void
only_what_is_acknowledged_is_given_up_in_time(void **state)
{
	struct bench *b = bench_new(0);

	segment(b, 0, TCP_SYN, "");
	segment(b, 3, TCP_ACK, "cd");
	segment(b, 7, TCP_ACK, "gh");
	ack(b, 5);
	expire(b);
	assert_log(b, "<2>cd");
	assert_false(tcp_half_waits(&b->half));
	expire(b);
	assert_log(b, "<2>cd");
	segment(b, 5, TCP_ACK, "ef");
	assert_log(b, "<2>cdefgh");
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

static struct buf again;

static void
on_again(void *arg, uint64_t back, const uint8_t *data, size_t len)
{
	buf_printf(&again, "%u:%.*s ", (unsigned)back, (int)len,
	    (const char *)data);
}

/* Of a segment that begins before the next byte, and goes on behind it. */
static void
what_comes_again_is_told_with_its_place(void **state)
{
	const struct tcp_sink all = { on_data, on_gap, on_conflict, on_eof,
		on_again };
	struct bench *b = bench_new(0);
	uint8_t bytes[] = "efGHijkl";

	buf_init(&again, 0);
	segment(b, 1, TCP_ACK, "abcdefgh");
	b->pkt.seq = 5;
	b->pkt.payload = bytes;
	b->pkt.payload_len = b->pkt.payload_wire_len = 8;
	tcp_half_segment(&b->half, &b->pool, &b->pkt, &all, b);
	b->pkt.seq = 12;
	b->pkt.payload_len = 1;		/* the other was cut off */
	tcp_half_segment(&b->half, &b->pool, &b->pkt, &all, b);
	b->pkt.payload_len = 0;
	tcp_half_segment(&b->half, &b->pool, &b->pkt, &all, b);
	buf_u8(&again, '\0');
	assert_string_equal((const char *)again.data, "4:efGH 1:e ");
	buf_clear(&again);
	bench_free(b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_again_is_told_with_its_place),
		cmocka_unit_test(the_end_delivers_all_with_gaps_between),
		cmocka_unit_test(an_acknowledged_fin_ends_the_wait_in_time),
		cmocka_unit_test(so_it_does_where_nothing_lies_in_front_of_it),
		cmocka_unit_test(only_what_is_acknowledged_is_given_up_in_time),
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

	return cmocka_run_group_tests_name("tcp_gaps", tests, NULL, NULL);
}
