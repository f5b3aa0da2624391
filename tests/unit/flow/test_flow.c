// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flow/flow.h"

#define SEC	UINT64_C(1000000000)

struct seen {
	unsigned begun, data, ended;
	uint64_t bytes[2], gap[2];
	uint64_t ids[64];
	enum flow_end why[64];
};

static void
on_begin(void *arg, struct flow *f, const struct packet *p)
{
	((struct seen *)arg)->begun++;
}

static void
on_data(void *arg, struct flow *f, unsigned side, const uint8_t *data,
    size_t len, uint64_t ts_ns, uint64_t packet)
{
	struct seen *s = arg;

	s->data++;
	s->bytes[side] += len;
}

static void
on_gap(void *arg, struct flow *f, unsigned side, uint64_t len, uint64_t ts_ns,
    uint64_t packet)
{
	((struct seen *)arg)->gap[side] += len;
}

static void
on_eof(void *arg, struct flow *f, unsigned side, uint64_t ts_ns,
    uint64_t packet)
{
}

static void
on_conflict(void *arg, struct flow *f, unsigned side, uint64_t offset,
    uint64_t len, uint64_t ts_ns, uint64_t packet)
{
}

static void
on_end(void *arg, struct flow *f, enum flow_end why)
{
	struct seen *s = arg;

	if (s->ended < 64) {
		s->ids[s->ended] = f->id;
		s->why[s->ended] = why;
	}
	s->ended++;
}

static const struct flow_ops ops = {
	.begin = on_begin,
	.data = on_data,
	.gap = on_gap,
	.eof = on_eof,
	.conflict = on_conflict,
	.end = on_end,
};

static struct packet
datagram(uint64_t number, unsigned client, bool back)
{
	static const uint8_t payload[10];
	struct packet p = {
		.number = number,
		.payload = payload,
		.payload_len = 10,
		.payload_wire_len = 10,
		.ip_version = 4,
		.proto = 17,
	};
	struct packet_addr a = { .b = { [10] = 0xff, 0xff, 10, 0, 0, 1 } };
	struct packet_addr b = { .b = { [10] = 0xff, 0xff, 10, 0, 0, 2 } };
	uint16_t port = (uint16_t)(1024 + client);

	p.src = back ? b : a;
	p.dst = back ? a : b;
	p.src_port = back ? 53 : port;
	p.dst_port = back ? port : 53;
	return p;
}

static void
feed(struct flow_table *t, struct packet p, uint64_t clock_ns)
{
	p.ts_ns = clock_ns;
	flow_table_packet(t, &p, clock_ns);
}

static void
both_directions_are_one_flow(void **state)
{
	struct seen s = { 0 };
	struct flow_table *t = flow_table_new(100, 65536, 0, &ops, &s);
	struct packet out = datagram(1, 0, false), in = datagram(2, 0, true);

	assert_int_equal(flow_shard(&out, 16), flow_shard(&in, 16));
	feed(t, out, SEC);
	feed(t, in, SEC);
	feed(t, datagram(3, 1, false), SEC);
	assert_int_equal(s.begun, 2);
	assert_int_equal(s.bytes[0], 20);
	assert_int_equal(s.bytes[1], 10);
	assert_int_equal(flow_table_count(t), 2);
	assert_int_equal(flow_table_end(t, UINT64_MAX, 0), 0);
	assert_int_equal(s.ended, 2);
	assert_int_equal(s.ids[0], 1);
	assert_int_equal(s.ids[1], 3);
	assert_int_equal(s.why[0], FLOW_END_CAPTURE);
	flow_table_free(t);
}

static void
ten_minutes_of_silence_end_a_datagram_flow(void **state)
{
	struct seen s = { 0 };
	struct flow_table *t = flow_table_new(100, 65536, 0, &ops, &s);

	feed(t, datagram(1, 0, false), SEC);
	feed(t, datagram(2, 0, true), 300 * SEC);
	flow_table_tick(t, 899 * SEC);
	assert_int_equal(s.ended, 0);
	flow_table_tick(t, 902 * SEC);
	assert_int_equal(s.ended, 1);
	assert_int_equal(s.why[0], FLOW_END_TIMEOUT);
	feed(t, datagram(3, 0, false), 903 * SEC);
	assert_int_equal(s.begun, 2);
	flow_table_free(t);
}

static struct packet
segment(uint64_t number, uint8_t flags, uint32_t seq, uint32_t ack, bool back)
{
	struct packet p = datagram(number, 0, back);

	p.proto = 6;
	p.tcp_flags = flags;
	p.seq = seq;
	p.ack = ack;
	p.payload_len = p.payload_wire_len = 0;
	return p;
}

/* Opened in the first second; last: the flags of its last packets. */
static void
close_after(unsigned last, bool both, enum flow_end why)
{
	struct seen s = { 0 };
	struct flow_table *t = flow_table_new(100, 65536, 0, &ops, &s);

	feed(t, segment(1, TCP_SYN, 100, 0, false), SEC);
	feed(t, segment(2, TCP_SYN | TCP_ACK, 300, 101, true), SEC);
	feed(t, segment(3, TCP_ACK | last, 101, 301, false), 2 * SEC);
	if (both)
		feed(t, segment(4, TCP_ACK | last, 301, 102, true),
		    2 * SEC);
	flow_table_tick(t, 61 * SEC);
	assert_int_equal(s.ended, 0);
	flow_table_tick(t, 64 * SEC);
	assert_int_equal(s.ended, why == FLOW_END_TIMEOUT ? 0 : 1);
	flow_table_tick(t, 3601 * SEC);
	assert_int_equal(s.ended, why == FLOW_END_TIMEOUT ? 0 : 1);
	flow_table_tick(t, 3604 * SEC);
	assert_int_equal(s.ended, 1);
	assert_int_equal(s.why[0], why);
	flow_table_free(t);
}

static void
a_closed_connection_ends_a_minute_later_an_open_one_in_an_hour(void **state)
{
	close_after(TCP_FIN, true, FLOW_END_FIN);
	close_after(TCP_RST, false, FLOW_END_RST);
	close_after(TCP_FIN, false, FLOW_END_TIMEOUT);
	close_after(0, false, FLOW_END_TIMEOUT);
}

static void
at_the_ceiling_the_flow_due_next_goes(void **state)
{
	struct seen s = { 0 };
	struct flow_table *t = flow_table_new(3, 65536, 0, &ops, &s);

	feed(t, datagram(1, 1, false), 1 * SEC);
	feed(t, datagram(2, 2, false), 2 * SEC);
	feed(t, datagram(3, 3, false), 3 * SEC);
	assert_int_equal(s.ended, 0);
	feed(t, datagram(4, 1, true), 100 * SEC);	/* the first is alive */
	feed(t, datagram(5, 4, false), 101 * SEC);
	assert_int_equal(s.ended, 1);
	assert_int_equal(s.ids[0], 2);
	assert_int_equal(s.why[0], FLOW_END_EVICTED);
	assert_int_equal(flow_table_get_stats(t)->evicted, 1);
	assert_int_equal(flow_table_count(t), 3);
	flow_table_free(t);
}

static void
the_end_tells_who_had_been_silent_for_long_enough(void **state)
{
	struct seen s = { 0 };
	struct flow_table *t = flow_table_new(100, 65536, 0, &ops, &s);

	feed(t, datagram(1, 1, false), SEC);
	feed(t, datagram(2, 2, false), SEC + 1);
	assert_int_equal(flow_table_end(t, UINT64_MAX, 601 * SEC), 0);
	assert_int_equal(s.ended, 2);
	assert_int_equal(s.why[0], FLOW_END_TIMEOUT);
	assert_int_equal(s.why[1], FLOW_END_CAPTURE);
	flow_table_free(t);
}

static void
many_flows_are_found_again_after_others_ended(void **state)
{
	struct seen s = { 0 };
	struct flow_table *t = flow_table_new(100000, 65536, 0, &ops, &s);
	uint64_t n = 0;

	for (unsigned i = 0; i < 20000; i++)
		feed(t, datagram(++n, i, false), SEC);
	for (unsigned i = 0; i < 20000; i += 2)
		feed(t, datagram(++n, i, true), 500 * SEC);
	flow_table_tick(t, 700 * SEC);		/* the odd ones are over */
	assert_int_equal(s.ended, 10000);
	assert_int_equal(flow_table_count(t), 10000);
	for (unsigned i = 0; i < 20000; i += 2)
		feed(t, datagram(++n, i, false), 701 * SEC);
	assert_int_equal(s.begun, 20000);
	assert_int_equal(flow_table_end(t, 10001, 0), 5000);
	assert_int_equal(flow_table_end(t, UINT64_MAX, 0), 0);
	assert_int_equal(s.ended, 20000);
	flow_table_free(t);
}

static void
a_new_syn_on_the_same_ports_is_another_flow(void **state)
{
	struct seen s = { 0 };
	struct flow_table *t = flow_table_new(100, 65536, 0, &ops, &s);
	struct packet data = segment(3, TCP_ACK, 101, 501, false);

	data.payload_len = data.payload_wire_len = 10;
	feed(t, segment(1, TCP_SYN, 100, 0, false), SEC);
	feed(t, segment(2, TCP_SYN | TCP_ACK, 500, 101, true), SEC);
	feed(t, data, SEC);
	feed(t, segment(4, TCP_SYN, 100, 0, false), SEC);	/* again */
	assert_int_equal(s.begun, 1);
	feed(t, segment(5, TCP_SYN, 90000, 0, false), SEC);
	assert_int_equal(s.begun, 2);
	assert_int_equal(s.ended, 1);
	assert_int_equal(s.why[0], FLOW_END_REUSED);
	assert_int_equal(s.bytes[0], 10);
	flow_table_free(t);
}

static struct packet
ten_bytes(uint64_t number, uint8_t flags, uint32_t seq, uint32_t ack, bool back)
{
	struct packet p = segment(number, TCP_ACK | flags, seq, ack, back);

	p.payload_len = p.payload_wire_len = 10;
	return p;
}

/* A connection with those flags on its last packets, and of ten bytes each way, or of
 * so many more out; then a packet whose numbers are that far ahead. */
struct jump {
	uint8_t ends;
	uint32_t more, out, in;
	unsigned connections;
};

static void
leap(const struct jump *j, bool back)
{
	struct seen s = { 0 };
	struct flow_table *t = flow_table_new(100, 65536, 0, &ops, &s);
	uint32_t fin = j->ends & TCP_FIN ? 1 : 0, seq = 101, ack = 501;
	static const uint8_t zeros[65536];
	struct packet much = ten_bytes(3, 0, seq, ack, false);

	feed(t, segment(1, TCP_SYN, 100, 0, false), SEC);
	feed(t, segment(2, TCP_SYN | TCP_ACK, 500, 101, true), SEC);
	much.payload = zeros;
	much.payload_len = much.payload_wire_len = j->more;
	feed(t, much, SEC);
	seq += j->more;
	feed(t, ten_bytes(4, j->ends, seq, ack, false), SEC);
	seq += 10 + fin;
	if (!(j->ends & TCP_RST)) {
		feed(t, ten_bytes(5, j->ends, ack, seq, true), SEC);
		ack += 10 + fin;
	}
	seq += j->out;
	ack += j->in;
	feed(t, back ? ten_bytes(6, 0, ack, seq, true) :
		       ten_bytes(6, 0, seq, ack, false), SEC);
	flow_table_end(t, UINT64_MAX, SEC);
	assert_int_equal(s.begun, j->connections);
	if (j->connections == 2)
		assert_int_equal(s.gap[0] + s.gap[1], 0);
	flow_table_free(t);
}

#define FAR	(64 << 10)
#define FAR_BUSY (1 << 20)

static void
numbers_far_from_both_halves_are_another_connection(void **state)
{
	static const struct jump jumps[] = {
		{ 0, 0, FAR, FAR, 1 },
		{ 0, 0, FAR + 1, FAR + 1, 2 },
		{ 0, 0, 1 << 30, 1 << 30, 2 },
		{ 0, 0, UINT32_MAX / 4 * 3, UINT32_MAX / 4 * 3, 2 },
		/* one direction may have lost so much */
		{ 0, 0, FAR + 1, 0, 1 },
		{ 0, 0, 0, 1 << 30, 1 },
		{ TCP_FIN, FAR, FAR, FAR, 1 },
		{ TCP_FIN, FAR, FAR + 1, FAR + 1, 2 },
		{ TCP_RST, FAR, FAR, FAR, 1 },
		{ TCP_RST, FAR, FAR + 1, FAR + 1, 2 },
		/* both may where both are busy */
		{ 0, FAR, FAR_BUSY, FAR_BUSY, 1 },
		{ 0, FAR, FAR_BUSY + 1, FAR_BUSY + 1, 2 },
	};

	for (size_t i = 0; i < sizeof(jumps) / sizeof(*jumps); i++) {
		leap(&jumps[i], false);
		leap(&jumps[i], true);
	}
}

static void
data_far_behind_a_lone_syn_are_another_connection(void **state)
{
	for (uint32_t more = 0; more < 2; more++) {
		struct seen s = { 0 };
		struct flow_table *t = flow_table_new(100, 65536, 0, &ops, &s);

		feed(t, segment(1, TCP_SYN, 100, 0, false), SEC);
		feed(t, ten_bytes(2, 0, 101 + FAR + more, 900, false), SEC);
		flow_table_end(t, UINT64_MAX, SEC);
		assert_int_equal(s.begun, 1 + more);
		assert_int_equal(s.gap[0], more ? 0 : FAR);
		flow_table_free(t);
		s = (struct seen){ 0 };
		t = flow_table_new(100, 65536, 0, &ops, &s);
		feed(t, segment(1, TCP_SYN, 100, 0, false), SEC);
		feed(t, ten_bytes(2, 0, 900, 101 + FAR + more, true), SEC);
		flow_table_end(t, UINT64_MAX, SEC);
		assert_int_equal(s.begun, 1 + more);
		assert_int_equal(s.gap[0], more ? 0 : FAR);
		flow_table_free(t);
	}
}

static void
an_answer_to_a_syn_that_was_not_captured_is_another_connection(void **state)
{
	for (uint32_t more = 0; more < 2; more++) {
		struct seen s = { 0 };
		struct flow_table *t = flow_table_new(100, 65536, 0, &ops, &s);
		uint32_t far = FAR + more;

		feed(t, ten_bytes(1, 0, 101, 501, false), SEC);
		feed(t, segment(2, TCP_ACK, 501, 111, true), SEC);
		feed(t, segment(3, TCP_SYN | TCP_ACK, 501 + far, 111 + far, true),
		    SEC);
		feed(t, ten_bytes(4, 0, 111 + far, 502 + far, false), SEC);
		flow_table_end(t, UINT64_MAX, SEC);
		assert_int_equal(s.begun, 1 + more);
		flow_table_free(t);
	}
}

static void
the_clock_neither_runs_back_nor_leaps(void **state)
{
	struct flow_clock c = { 0 };
	uint64_t a = flow_clock_tick(&c, 1000 * SEC), b;

	b = flow_clock_tick(&c, 1001 * SEC);
	assert_int_equal(b - a, SEC);
	assert_int_equal(flow_clock_tick(&c, 10 * SEC), b);
	assert_int_equal(c.backwards, 1);
	assert_int_equal(flow_clock_tick(&c, 11 * SEC), b + SEC);
	assert_int_equal(flow_clock_tick(&c, UINT64_MAX), b + SEC + 7200 * SEC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_directions_are_one_flow),
		cmocka_unit_test(ten_minutes_of_silence_end_a_datagram_flow),
		cmocka_unit_test(
		    a_closed_connection_ends_a_minute_later_an_open_one_in_an_hour),
		cmocka_unit_test(at_the_ceiling_the_flow_due_next_goes),
		cmocka_unit_test(
		    the_end_tells_who_had_been_silent_for_long_enough),
		cmocka_unit_test(many_flows_are_found_again_after_others_ended),
		cmocka_unit_test(a_new_syn_on_the_same_ports_is_another_flow),
		cmocka_unit_test(
		    numbers_far_from_both_halves_are_another_connection),
		cmocka_unit_test(
		    data_far_behind_a_lone_syn_are_another_connection),
		cmocka_unit_test(
		    an_answer_to_a_syn_that_was_not_captured_is_another_connection),
		cmocka_unit_test(the_clock_neither_runs_back_nor_leaps),
	};

	return cmocka_run_group_tests_name("flow", tests, NULL, NULL);
}
