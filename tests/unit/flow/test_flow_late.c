// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "flow/flow.h"

#define SEC		UINT64_C(1000000000)
#define LIMIT		32		/* packets that wait */
#define POOL		(64u << 10)	/* the least there is */

/* What the streams say: side 0's bytes in lower case, side 1's in upper, "(n)" for a
 * gap, "." for an end. */
static struct buf said;
static struct flow_table *table;
static enum flow_end ended;
static uint64_t number, now_ns;

static void
on_begin(void *arg, struct flow *f, const struct packet *p)
{
}

static void
on_data(void *arg, struct flow *f, unsigned side, const uint8_t *data, size_t len,
    uint64_t ts_ns, uint64_t packet)
{
	for (size_t i = 0; i < len; i++)
		buf_u8(&said, side ? data[i] & 0xdf : data[i]);
}

static void
on_gap(void *arg, struct flow *f, unsigned side, uint64_t len, uint64_t ts_ns,
    uint64_t packet)
{
	buf_printf(&said, "(%d)", (int)len);
}

static void
on_eof(void *arg, struct flow *f, unsigned side, uint64_t ts_ns, uint64_t packet)
{
	buf_str(&said, ".");
}

static void
on_conflict(void *arg, struct flow *f, unsigned side, uint64_t offset, uint64_t len,
    uint64_t ts_ns, uint64_t packet)
{
}

static void
on_end(void *arg, struct flow *f, enum flow_end why)
{
	ended = why;
}

static const struct flow_ops ops = {
	.begin = on_begin,
	.data = on_data,
	.gap = on_gap,
	.eof = on_eof,
	.conflict = on_conflict,
	.end = on_end,
};

/* Sequence numbers of both sides' first bytes are 1. */
static void
packet(unsigned side, uint8_t flags, uint32_t seq, const char *text, uint32_t ack)
{
	struct packet_addr a = { .b = { [10] = 0xff, 0xff, 10, 0, 0, 1 } };
	struct packet_addr b = { .b = { [10] = 0xff, 0xff, 10, 0, 0, 2 } };
	uint32_t len = (uint32_t)strlen(text);
	uint8_t *copy = malloc(len + 1);	/* as long-lived as a packet's */
	struct packet p = {
		.number = ++number,
		.ts_ns = now_ns,
		.payload = copy,
		.payload_len = len,
		.payload_wire_len = len,
		.ip_version = 4,
		.proto = 6,
		.tcp_flags = flags,
		.src = side ? b : a,
		.dst = side ? a : b,
		.src_port = side ? 443 : 1024,
		.dst_port = side ? 1024 : 443,
		.seq = seq,
		.ack = ack,
	};

	memcpy(copy, text, len);
	flow_table_packet(table, &p, now_ns);
	free(copy);
}

static void
data(unsigned side, uint32_t seq, const char *text, uint32_t ack)
{
	packet(side, TCP_ACK, seq, text, ack);
}

static void
assert_said(const char *want)
{
	buf_u8(&said, 0);
	assert_string_equal((char *)said.data, want);
	buf_reset(&said);
}

static int
setup(void **state)
{
	buf_reset(&said);
	number = 0;
	now_ns = SEC;
	table = flow_table_new(100, POOL, 0, &ops, NULL);
	packet(0, TCP_SYN, 0, "", 0);
	packet(1, TCP_SYN | TCP_ACK, 0, "", 1);
	return table == NULL;
}

static int
teardown(void **state)
{
	flow_table_end(table, UINT64_MAX, now_ns);
	flow_table_free(table);
	return 0;
}

static void
an_answer_waits_for_its_question(void **state)
{
	data(1, 1, "yes", 6);
	assert_said("");
	data(0, 1, "well?", 1);
	assert_said("well?YES");
}

static void
what_answers_it_waits_too_and_all_else_goes_on(void **state)
{
	data(1, 1, "yes", 6);
	data(0, 6, "thanks", 4);
	data(0, 1, "wel", 1);
	assert_said("wel");
	data(0, 4, "l?", 1);
	assert_said("l?YESthanks");
}

static void
one_byte_may_be_the_end(void **state)
{
	data(1, 1, "yes", 2);
	assert_said("YES");
}

static void
what_does_not_come_is_missing_a_second_later(void **state)
{
	data(1, 1, "yes", 6);
	now_ns += SEC - 1;
	data(1, 4, "or", 6);
	assert_said("");
	now_ns++;
	data(1, 6, "no", 6);
	assert_said("(5)YESORNO");
}

static void
packets_that_wait_have_a_limit(void **state)
{
	char want[LIMIT + 10] = "(5)";

	for (uint32_t i = 0; i < LIMIT; i++)
		data(1, 1 + i, "a", 6);
	assert_said("");
	data(1, 1 + LIMIT, "a", 6);
	memset(want + 3, 'A', LIMIT + 1);
	assert_said(want);
}

static void
a_flow_that_waited_in_vain_waits_no_more(void **state)
{
	uint32_t ack = 6, seq = 1;

	for (int i = 0; i < 4; i++, ack += 5, seq += 3) {
		data(1, seq, "yes", ack);
		assert_said("");
		now_ns += SEC;
		packet(0, TCP_ACK, ack, "", seq + 3);
		assert_said("(5)YES");
	}
	data(1, seq, "yes", ack);
	assert_said("(5)YES");
}

static void
what_is_waited_for_may_wait_behind(void **state)
{
	data(1, 4, "yes", 6);
	data(0, 1, "well?", 4);
	assert_said("");
	data(1, 1, "oh-", 1);
	assert_said("OH\rwell?YES");
	data(0, 6, "more", 7);
	assert_said("more");
}

/* Nothing more comes of the flow, but of another. */
static void
wait_ns(uint64_t ns)
{
	now_ns += ns;
	flow_table_tick(table, now_ns);
}

/* What was sent before a FIN may be captured behind it. */
static void
an_end_does_not_end_the_wait(void **state)
{
	data(1, 1, "yes", 6);
	packet(1, TCP_ACK | TCP_FIN, 4, "", 6);
	packet(0, TCP_ACK | TCP_FIN, 6, "", 4);
	packet(1, TCP_ACK, 5, "", 7);
	packet(0, TCP_ACK, 7, "", 5);
	assert_said("");
	data(0, 1, "well?", 1);
	assert_said("well?.YES.");
}

static void
a_second_without_packets_ends_it(void **state)
{
	data(1, 1, "yes", 6);
	packet(1, TCP_ACK | TCP_FIN, 4, "", 6);
	packet(0, TCP_ACK | TCP_FIN, 6, "", 4);
	wait_ns(SEC - 1);
	assert_said("");
	wait_ns(2 * SEC);
	assert_said("(5).YES.");
}

/* Other flows' packets make the table look sooner. */
static void
how_often_is_looked_does_not_tell(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		uint32_t seq = 1 + i * 3, ack = 6 + i * 5;

		now_ns = (10 + 10 * i) * SEC + SEC / 10 * 2;
		data(1, seq, "yes", ack);
		wait_ns(SEC / 10 * 9);
		packet(1, TCP_ACK, seq, "", ack - 5);
		if (i)
			wait_ns(SEC / 100 * 95);
		wait_ns(SEC / 100 * (i ? 45 : 140));
		data(0, ack - 5, "well?", seq);
		assert_said("well?YES");
	}
}

/* A hole in one side, and no answer. */
static void
so_a_hole_is_given_up(void **state)
{
	data(0, 3, "thanks", 1);
	wait_ns(5 * SEC);
	assert_said("");
	packet(1, TCP_ACK, 1, "", 9);
	assert_said("");
	wait_ns(3 * SEC);
	assert_said("(2)thanks");
	data(0, 9, "more", 1);
	assert_said("more");
}

static void
an_end_may_bring_what_is_waited_for(void **state)
{
	data(1, 1, "yes", 7);
	packet(0, TCP_ACK | TCP_FIN, 1, "well?", 1);
	assert_said("well?.YES");
}

static void
or_only_some_of_it(void **state)
{
	data(1, 1, "yes", 7);
	packet(0, TCP_ACK | TCP_FIN, 4, "l?", 1);
	assert_said("");
	wait_ns(3 * SEC);
	assert_said("(3)l?.YES");
}

static void
so_is_a_reset(void **state)
{
	data(1, 1, "yes", 6);
	packet(1, TCP_RST, 4, "", 0);
	assert_said("(5)YES");
}

static void
the_end_of_the_capture_lets_all_go_on(void **state)
{
	data(1, 1, "yes", 6);
	data(0, 6, "thanks", 4);
	flow_table_end(table, UINT64_MAX, now_ns);
	assert_said("(5)YESthanks");
}

/* Of both sides the bytes before the FIN are missing, and one side's FIN is not
 * acknowledged: what is told is the same, whether others' packets made the table
 * look in time or not. */
static void
how_its_end_came_does_not_tell(void **state)
{
	for (unsigned looks = 0; looks < 2; looks++) {
		if (looks)
			assert_int_equal(setup(NULL), 0);
		packet(1, TCP_ACK | TCP_FIN, 9, "", 6);
		packet(0, TCP_ACK | TCP_FIN, 6, "", 10);
		assert_said("");
		if (looks)
			wait_ns(3 * SEC);
		else
			now_ns += 3 * SEC;
		flow_table_end(table, UINT64_MAX, now_ns);
		assert_int_equal(ended, FLOW_END_CAPTURE);
		assert_said("(8).(5).");
		if (!looks)
			flow_table_free(table);
	}
}

/* The sanitizer looks for what is left. */
static void
a_table_is_freed_while_some_wait(void **state)
{
	data(1, 1, "yes", 6);
	data(1, 4, "no", 6);
	flow_table_free(table);
	assert_said("");
	table = flow_table_new(100, POOL, 0, &ops, NULL);
}

static void
of_a_side_that_was_never_heard_nothing_is_awaited(void **state)
{
	flow_table_end(table, UINT64_MAX, now_ns);
	flow_table_free(table);
	table = flow_table_new(100, POOL, 0, &ops, NULL);
	/* the flow's first packet makes its sender side 0 */
	data(1, 100, "yes", 60);
	data(1, 103, "no", 70);
	assert_said("yes(10)no");
}

static void
without_room_nothing_waits(void **state)
{
	static char large[POOL];

	memset(large, 'a', sizeof(large) - 1);
	data(1, 1, large, 6);
	assert_true(said.len == 3 + sizeof(large) - 1);
	assert_memory_equal(said.data, "(5)A", 4);
	buf_reset(&said);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(an_answer_waits_for_its_question),
		CASE(what_answers_it_waits_too_and_all_else_goes_on),
		CASE(one_byte_may_be_the_end),
		CASE(what_does_not_come_is_missing_a_second_later),
		CASE(packets_that_wait_have_a_limit),
		CASE(a_flow_that_waited_in_vain_waits_no_more),
		CASE(what_is_waited_for_may_wait_behind),
		CASE(an_end_does_not_end_the_wait),
		CASE(how_its_end_came_does_not_tell),
		CASE(a_second_without_packets_ends_it),
		CASE(how_often_is_looked_does_not_tell),
		CASE(so_a_hole_is_given_up),
		CASE(an_end_may_bring_what_is_waited_for),
		CASE(or_only_some_of_it),
		CASE(so_is_a_reset),
		CASE(the_end_of_the_capture_lets_all_go_on),
		CASE(a_table_is_freed_while_some_wait),
		CASE(of_a_side_that_was_never_heard_nothing_is_awaited),
		CASE(without_room_nothing_waits),
	};
	int r;

	buf_init(&said, 0);
	r = cmocka_run_group_tests_name("flow/flow_late", tests, NULL, NULL);
	buf_clear(&said);
	return r;
}
