// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/carried.h"
#include "telltap/telltap.h"
#include "verdict/carry.h"

#define SECOND UINT64_C(1000000000)

static struct carried *carried;
static struct carried_room room;

static void
client_since(uint64_t pid, uint16_t port, uint64_t since_ns)
{
	struct telltap_process p = { .size = sizeof(p), .pid = pid,
		.start_ns = 1, .name = "browser" };
	struct telltap_client c = { .size = sizeof(c), .local_port = 3128,
		.remote_port = port, .since_ns = since_ns, .process = &p };

	assert_int_equal(carried_client(carried, &c), 0);
}

static void
client(uint64_t pid, uint16_t port)
{
	client_since(pid, port, 0);
}

static void
comes_in(uint16_t port, uint64_t ts_ns, const struct carry_marks *in)
{
	struct record r = { .came_in = in,
		.flow = { .local_port = 3128, .remote_port = port },
		.event = { .ts_ns = ts_ns } };

	carried_came_in(carried, &r);
}

/* The process on whose behalf it goes out, 0 for nobody's. */
static uint64_t
goes_out(uint64_t ts_ns, const struct carry_marks *out, bool accepted)
{
	static const struct span reason = SPAN_LITERAL("why");
	struct event_transfer t = { .end_ns = ts_ns, .carried = out,
		.reasons = &reason, .reason_count = 1 };
	struct event_process p = { .pid = 1, .accepted = accepted };
	struct record r = { .event = { .action = EVENT_TRANSFER,
		.transfer = &t, .process = &p } };

	carried_lay(carried, &r, &room);
	if (!r.event.on_behalf_of)
		return 0;
	assert_int_equal(r.event.transfer->reason_count, 2);
	return r.event.on_behalf_of->pid;
}

/* The same, and whether that one had asked for whom it goes to. */
static bool
was_asked(uint64_t ts_ns, const struct carry_marks *out,
    enum visibility visibility)
{
	struct event_transfer t = { .end_ns = ts_ns, .carried = out,
		.visibility = visibility };
	struct event_process p = { .pid = 1 };
	struct record r = { .event = { .action = EVENT_TRANSFER,
		.transfer = &t, .process = &p } };

	carried_lay(carried, &r, &room);
	assert_non_null(r.event.on_behalf_of);
	return r.event.behalf_asked;
}

static const uint64_t marks[] = { 0x1111ull << 24, 0x2222ull << 24, 0x3333ull << 24,
	0x4444ull << 24, 0x5555ull << 24, 0x6666ull << 24, 0x7777ull << 24,
	0x8888ull << 24, 0x9999ull << 24 };

static void
marks_that_came_in_tell_whose_it_is(void **state)
{
	struct carry_marks m = { .marks = marks, .count = 4 };

	client(7, 50000);
	comes_in(50000, SECOND, &m);
	assert_int_equal(goes_out(2 * SECOND, &m, false), 7);
}

static void
three_marks_are_too_few(void **state)
{
	struct carry_marks m = { .marks = marks, .count = 3 };

	client(7, 50000);
	comes_in(50000, SECOND, &m);
	assert_int_equal(goes_out(2 * SECOND, &m, false), 0);
}

static void
half_of_the_marks_is_enough_and_less_is_not(void **state)
{
	struct carry_marks four = { .marks = marks, .count = 4 };
	struct carry_marks eight = { .marks = marks, .count = 8 };
	struct carry_marks nine = { .marks = marks, .count = 9 };

	client(7, 50000);
	comes_in(50000, SECOND, &four);
	assert_int_equal(goes_out(2 * SECOND, &eight, false), 7);
	assert_int_equal(goes_out(2 * SECOND, &nine, false), 0);
}

static void
what_goes_to_the_client_is_not_on_its_behalf(void **state)
{
	struct carry_marks m = { .marks = marks, .count = 4 };

	client(7, 50000);
	comes_in(50000, SECOND, &m);
	assert_int_equal(goes_out(2 * SECOND, &m, true), 0);
}

static void
a_connection_of_nobody_known_tells_nothing(void **state)
{
	struct carry_marks m = { .marks = marks, .count = 4 };

	client(7, 50000);
	comes_in(50001, SECOND, &m);
	assert_int_equal(goes_out(2 * SECOND, &m, false), 0);
}

static void
what_came_in_long_ago_or_later_does_not_count(void **state)
{
	struct carry_marks m = { .marks = marks, .count = 4 };

	client(7, 50000);
	comes_in(50000, 10 * SECOND, &m);
	assert_int_equal(goes_out(9 * SECOND, &m, false), 0);
	assert_int_equal(goes_out(610 * SECOND, &m, false), 7);
	assert_int_equal(goes_out(611 * SECOND, &m, false), 0);
}

static void
the_client_with_most_marks_is_named(void **state)
{
	struct carry_marks three = { .marks = marks, .count = 3 };
	struct carry_marks five = { .marks = marks + 3, .count = 5 };
	struct carry_marks eight = { .marks = marks, .count = 8 };

	client(7, 50000);
	client(8, 50001);
	comes_in(50000, SECOND, &three);
	comes_in(50001, SECOND, &five);
	assert_int_equal(goes_out(2 * SECOND, &eight, false), 8);
}

static void
a_whole_entity_counts_from_32_bytes_on(void **state)
{
	struct carry_marks in = { .whole = 0xabcdull << 24, .len = 32 };
	struct carry_marks out = in;

	client(7, 50000);
	comes_in(50000, SECOND, &in);
	assert_int_equal(goes_out(2 * SECOND, &out, false), 7);
	out.len = 31;
	assert_int_equal(goes_out(2 * SECOND, &out, false), 0);
	in.head = out.head = 0x99ull << 24;
	comes_in(50000, SECOND, &in);
	assert_int_equal(goes_out(2 * SECOND, &out, false), 7);
}

static void
a_request_that_came_in_goes_out_once(void **state)
{
	struct carry_marks m = { .head = 0x99ull << 24 };
	struct carry_marks other = { .head = 0x99ull << 24, .len = 100,
		.whole = 5 };

	client(7, 50000);
	comes_in(50000, SECOND, &m);
	comes_in(50000, SECOND, &m);
	assert_int_equal(goes_out(2 * SECOND, &other, false), 0);
	assert_int_equal(goes_out(2 * SECOND, &m, false), 7);
	assert_int_equal(goes_out(2 * SECOND, &m, false), 7);
	assert_int_equal(goes_out(2 * SECOND, &m, false), 0);
	comes_in(50000, SECOND, &m);
	assert_int_equal(goes_out(62 * SECOND, &m, false), 0);
}

static struct span
text(const char *s)
{
	return span_str(s);
}

static void
whom_a_request_is_for(void **state)
{
	struct span get = text("GET"), path = text("/");
	uint64_t h = carry_host(get, text("a.example"), path);

	assert_true(h);
	assert_true(carry_host(get, text("A.Example:80"), path) == h);
	assert_true(carry_host(get, text("a.example:443"), path) == h);
	assert_true(carry_host(get, text("a.example:8080"), path) != h);
	assert_true(carry_host(get, text("b.example"), path) != h);
	assert_true(carry_host(text("CONNECT"), text("proxy"),
	    text("a.example:443")) == h);
	assert_int_equal(carry_host(get, text(""), path), 0);
	assert_int_equal(carry_host(get, text(":80"), path), 0);
}

static void
content_for_somebody_else_was_not_asked_for(void **state)
{
	uint64_t a = carry_host(text("PUT"), text("a.example"), text("/"));
	struct carry_marks head = { .head = 5ull << 24, .host = a };
	struct carry_marks body = { .marks = marks, .count = 4 };
	struct carry_marks out = body;

	client(7, 50000);
	client(8, 50001);
	comes_in(50001, SECOND, &head);
	comes_in(50000, SECOND, &body);
	/* no name at all, or one that another client had asked for */
	assert_false(was_asked(2 * SECOND, &out, VISIBLE_CLEAR));
	out.host = a;
	assert_false(was_asked(2 * SECOND, &out, VISIBLE_CLEAR));
	comes_in(50000, SECOND, &head);
	assert_true(was_asked(2 * SECOND, &out, VISIBLE_CLEAR));
	assert_true(was_asked(2 * SECOND, &out, VISIBLE_DECRYPTED));
	out.host = a ^ 2;
	assert_false(was_asked(2 * SECOND, &out, VISIBLE_CLEAR));
	/* what it can't read it only passes on */
	assert_true(was_asked(2 * SECOND, &out, VISIBLE_ENCRYPTED));
}

static void
a_port_used_again_is_the_newer_clients(void **state)
{
	struct carry_marks m = { .marks = marks, .count = 4 };

	client(7, 50000);
	client(8, 50000);
	comes_in(50000, SECOND, &m);
	assert_int_equal(goes_out(2 * SECOND, &m, false), 8);
}

static void
what_came_in_before_a_port_was_used_again_is_the_former_clients(void **state)
{
	struct carry_marks m = { .marks = marks, .count = 4 };

	for (uint64_t i = 1; i <= 17; i++)
		client_since(i, 50000, i * SECOND);
	for (uint64_t i = 2; i <= 17; i++) {
		comes_in(50000, (i + 1) * SECOND - 20001, &m);
		assert_int_equal(goes_out(20 * SECOND, &m, false), i);
	}
	/* Two clocks: it may seem a little earlier than who connects. */
	comes_in(50000, 3 * SECOND - 20000, &m);
	assert_int_equal(goes_out(20 * SECOND, &m, false), 3);
}

static void
what_came_in_before_any_client_is_nobodys(void **state)
{
	struct carry_marks m = { .marks = marks, .count = 4 };

	client_since(7, 50000, 2 * SECOND);
	comes_in(50000, SECOND, &m);
	assert_int_equal(goes_out(3 * SECOND, &m, false), 0);
	/* The seventeenth pushes the first out. */
	for (uint64_t i = 3; i <= 18; i++)
		client_since(i, 50000, i * SECOND);
	comes_in(50000, 2 * SECOND, &m);
	assert_int_equal(goes_out(19 * SECOND, &m, false), 0);
}

static void
the_oldest_connection_gives_way_at_the_ceiling(void **state)
{
	struct carry_marks m = { .marks = marks, .count = 4 };

	for (uint32_t i = 0; i < CARRIED_CONNECTIONS; i++) {
		struct telltap_process p = { .size = sizeof(p), .pid = 9 };
		struct telltap_client c = { .size = sizeof(c),
			.local = { [15] = 1 }, .remote_port = (uint16_t)i,
			.process = &p };

		assert_int_equal(carried_client(carried, &c), 0);
		if (i == 0)
			client(7, 50000);
	}
	comes_in(50000, SECOND, &m);
	assert_int_equal(goes_out(2 * SECOND, &m, false), 7);
	client(8, 50001);
	m.marks += 4;
	comes_in(50000, SECOND, &m);
	assert_int_equal(goes_out(2 * SECOND, &m, false), 0);
	assert_int_equal(carried_refused(carried), 0);
}

static void
datagrams_and_streams_of_one_port_are_two_clients(void **state)
{
	struct telltap_process p = { .size = sizeof(p), .pid = 8 };
	struct telltap_client c = { .size = sizeof(c), .local_port = 3128,
		.remote_port = 50000, .proto = 17, .process = &p };
	struct carry_marks m = { .marks = marks, .count = 4 };
	struct record r = { .came_in = &m,
		.flow = { .local_port = 3128, .remote_port = 50000,
			.proto = 17 },
		.event = { .ts_ns = SECOND } };

	client(7, 50000);
	carried_came_in(carried, &r);
	assert_int_equal(goes_out(2 * SECOND, &m, false), 0);
	assert_int_equal(carried_client(carried, &c), 0);
	carried_came_in(carried, &r);
	assert_int_equal(goes_out(2 * SECOND, &m, false), 8);
	comes_in(50000, 2 * SECOND, &m);
	assert_int_equal(goes_out(3 * SECOND, &m, false), 7);
}

static void
no_client_more_than_the_ceiling(void **state)
{
	for (uint32_t i = 0; i < CARRIED_CLIENTS; i++)
		client(1000 + i, 50000);
	assert_int_equal(carried_refused(carried), 0);
	client(7, 50000);
	assert_int_equal(carried_refused(carried), 1);
}

static int
setup(void **state)
{
	carried = carried_new();
	return carried ? 0 : -1;
}

static int
teardown(void **state)
{
	carried_free(carried);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(marks_that_came_in_tell_whose_it_is),
		TEST(three_marks_are_too_few),
		TEST(half_of_the_marks_is_enough_and_less_is_not),
		TEST(what_goes_to_the_client_is_not_on_its_behalf),
		TEST(a_connection_of_nobody_known_tells_nothing),
		TEST(what_came_in_long_ago_or_later_does_not_count),
		TEST(the_client_with_most_marks_is_named),
		TEST(a_whole_entity_counts_from_32_bytes_on),
		TEST(a_request_that_came_in_goes_out_once),
		TEST(whom_a_request_is_for),
		TEST(content_for_somebody_else_was_not_asked_for),
		TEST(a_port_used_again_is_the_newer_clients),
		TEST(what_came_in_before_a_port_was_used_again_is_the_former_clients),
		TEST(what_came_in_before_any_client_is_nobodys),
		TEST(the_oldest_connection_gives_way_at_the_ceiling),
		TEST(datagrams_and_streams_of_one_port_are_two_clients),
		TEST(no_client_more_than_the_ceiling),
	};

	return cmocka_run_group_tests_name("carried", tests, NULL, NULL);
}
