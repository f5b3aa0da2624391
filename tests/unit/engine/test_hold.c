// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "engine/hold.h"

static struct buf got;
static struct hold hold;

static int
give(void *arg, const struct telltap_packet *packets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_append(&got, packets[i].data, packets[i].cap_len);
	return arg ? -5 : 0;
}

static int
note(void *arg, const void *text)
{
	buf_append(&got, text, strlen(text));
	return arg ? -5 : 0;
}

static const struct hold_to to = { give, note, NULL };
static const struct hold_to failing = { give, note, &hold };

static int
add(uint64_t ts_ns, const char *text)
{
	char copy[64];
	struct telltap_packet p = { .ts_ns = ts_ns, .data = (uint8_t *)copy,
		.cap_len = (uint32_t)strlen(text) };
	int r;

	strcpy(copy, text);
	r = hold_add(&hold, &p, 1, &to);
	memset(copy, '?', sizeof(copy));
	return r;
}

static void
assert_got(const char *want)
{
	buf_u8(&got, 0);
	assert_string_equal((char *)got.data, want);
	buf_reset(&got);
}

static void
packets_wait_and_come_in_order(void **state)
{
	hold_init(&hold, 100, 1 << 20);
	assert_int_equal(hold_release(&hold, 50, &to), 0);
	assert_int_equal(add(1000, "a") | add(1050, "b") | add(1100, "c"), 0);
	assert_int_equal(hold_release(&hold, 1099, &to), 0);
	assert_got("");
	assert_int_equal(hold_release(&hold, 1150, &to), 0);
	assert_got("ab");
	assert_int_equal(hold_release(&hold, UINT64_MAX, &to), 0);
	assert_got("c");
	assert_int_equal(hold.bytes, 0);
}

static void
a_clock_that_was_set_back_holds_nothing_for_long(void **state)
{
	hold_init(&hold, 100, 1 << 20);
	assert_int_equal(add(1000, "a"), 0);
	assert_int_equal(hold_release(&hold, 901, &to), 0);
	assert_got("");
	assert_int_equal(hold_release(&hold, 900, &to), 0);
	assert_got("a");
}

static void
above_the_ceiling_the_oldest_go(void **state)
{
	size_t one;

	hold_init(&hold, 100, 1 << 20);
	assert_int_equal(add(1, "a"), 0);
	one = hold.bytes;
	hold_clear(&hold);
	hold_init(&hold, 100, 2 * one);
	assert_int_equal(add(1, "a") | add(2, "b"), 0);
	assert_int_equal(hold.early, 0);
	assert_int_equal(add(3, "c"), 0);
	assert_int_equal(hold.early, 1);
	assert_got("a");
	hold_clear(&hold);
	/* one alone that is too big is not kept either */
	hold_init(&hold, 100, one - 1);
	assert_int_equal(add(1, "d"), 0);
	assert_got("d");
	assert_null(hold.first);
}

static void
a_taker_that_fails_ends_it(void **state)
{
	hold_init(&hold, 100, 1 << 20);
	assert_int_equal(add(1, "a") | add(2, "b"), 0);
	assert_int_equal(hold_release(&hold, UINT64_MAX, &failing), -5);
	assert_got("a");
	hold_clear(&hold);
}

static int
add_three(const uint64_t ts_ns[3], const char *letters)
{
	struct telltap_packet p[3];

	for (int i = 0; i < 3; i++)
		p[i] = (struct telltap_packet){ .ts_ns = ts_ns[i],
			.data = (const uint8_t *)letters + i, .cap_len = 1 };
	return hold_add(&hold, p, 3, &to);
}

static int
add_note(uint64_t ts_ns, const char *text)
{
	return hold_add_note(&hold, ts_ns, text, 1, text + 1, strlen(text),
	    &to);
}

static void
notes_take_their_place_among_packets(void **state)
{
	const uint64_t times[3] = { 10, 20, 30 };

	hold_init(&hold, 100, 1 << 20);
	assert_int_equal(add_three(times, "abc"), 0);
	assert_int_equal(add_note(5, "-1") | add_note(20, "-2") |
		add_note(25, "-3") | add_note(31, "-4"), 0);
	assert_int_equal(hold_release(&hold, 129, &to), 0);
	assert_got("-1");
	assert_int_equal(hold_release(&hold, 130, &to), 0);
	assert_got("ab-2-3c");
	assert_int_equal(hold_release(&hold, 131, &to), 0);
	assert_got("-4");
	assert_int_equal(hold.bytes, 0);
	assert_int_equal(add_note(40, "-"), 0);
	hold_clear(&hold);
	assert_int_equal(hold.bytes, 0);
}

static void
notes_stay_in_the_order_they_came_in(void **state)
{
	const uint64_t times[3] = { 10, 20, 30 };

	hold_init(&hold, 100, 1 << 20);
	assert_int_equal(add_note(25, "-1") | add_note(5, "-2"), 0);
	assert_int_equal(add_three(times, "abc"), 0);
	assert_int_equal(hold_release(&hold, UINT64_MAX, &to), 0);
	assert_got("ab-1-2c");
}

static void
the_ceiling_holds_for_notes_too(void **state)
{
	hold_init(&hold, 100, 1 << 20);
	assert_int_equal(add_note(1, "-1"), 0);
	hold.max_bytes = hold.bytes;
	assert_int_equal(add_note(2, "-2"), 0);
	assert_got("-1");
	assert_int_equal(hold.early, 0);
	hold_clear(&hold);
}

static void
all_has_gone_on_until_the_first_that_waits(void **state)
{
	hold_init(&hold, 100, 1 << 20);
	assert_int_equal(hold_until(&hold, 500), 500);
	assert_int_equal(add(200, "a") | add(300, "b"), 0);
	assert_int_equal(hold_until(&hold, 500), 200);
	assert_int_equal(hold_until(&hold, 150), 150);
	assert_int_equal(hold_release(&hold, 350, &to), 0);
	assert_int_equal(hold_until(&hold, 500), 300);
	assert_int_equal(hold_release(&hold, UINT64_MAX, &to), 0);
	assert_int_equal(hold_until(&hold, 500), 500);
	assert_got("ab");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_wait_and_come_in_order),
		cmocka_unit_test(a_clock_that_was_set_back_holds_nothing_for_long),
		cmocka_unit_test(above_the_ceiling_the_oldest_go),
		cmocka_unit_test(a_taker_that_fails_ends_it),
		cmocka_unit_test(notes_take_their_place_among_packets),
		cmocka_unit_test(notes_stay_in_the_order_they_came_in),
		cmocka_unit_test(the_ceiling_holds_for_notes_too),
		cmocka_unit_test(all_has_gone_on_until_the_first_that_waits),
	};
	int r;

	buf_init(&got, 0);
	r = cmocka_run_group_tests_name("engine/hold", tests, NULL, NULL);
	buf_clear(&got);
	return r;
}
