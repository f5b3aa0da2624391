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
add(uint64_t ts_ns, const char *text)
{
	char copy[64];
	struct telltap_packet p = { .ts_ns = ts_ns, .data = (uint8_t *)copy,
		.cap_len = (uint32_t)strlen(text) };
	int r;

	strcpy(copy, text);
	r = hold_add(&hold, &p, 1, give, NULL);
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
	assert_int_equal(hold_release(&hold, 50, give, NULL), 0);
	assert_int_equal(add(1000, "a") | add(1050, "b") | add(1100, "c"), 0);
	assert_int_equal(hold_release(&hold, 1099, give, NULL), 0);
	assert_got("");
	assert_int_equal(hold_release(&hold, 1150, give, NULL), 0);
	assert_got("ab");
	assert_int_equal(hold_release(&hold, UINT64_MAX, give, NULL), 0);
	assert_got("c");
	assert_int_equal(hold.bytes, 0);
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
	assert_int_equal(hold_release(&hold, UINT64_MAX, give, &hold), -5);
	assert_got("a");
	hold_clear(&hold);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_wait_and_come_in_order),
		cmocka_unit_test(above_the_ceiling_the_oldest_go),
		cmocka_unit_test(a_taker_that_fails_ends_it),
	};
	int r;

	buf_init(&got, 0);
	r = cmocka_run_group_tests_name("engine/hold", tests, NULL, NULL);
	buf_clear(&got);
	return r;
}
