// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "protocol/conn_told.h"

static size_t told_len;
static const struct conn_env env = { .told_len = &told_len };
static struct conn conn = { .env = &env };
static struct conn_told_list list;

static int
teardown(void **state)
{
	conn_told_clear(&conn, &list);
	assert_int_equal(told_len, 0);
	assert_int_equal(list.len, 0);
	return 0;
}

static uint64_t
add(const char *data, uint64_t len, uint64_t ts_ns)
{
	const struct conn_told_piece p = { (const uint8_t *)data, len,
		{ ts_ns, 1 }, false };

	return conn_told_add(&conn, &list, &p);
}

static void
expect(const char *data, uint64_t len, uint64_t most, uint64_t ts_ns)
{
	struct conn_told_piece p;

	assert_true(conn_told_first(&list, most, &p));
	assert_int_equal(p.len, len);
	assert_int_equal(p.when.ts_ns, ts_ns);
	if (data)
		assert_memory_equal(p.data, data, len);
	else
		assert_null(p.data);
	conn_told_drop(&conn, &list, len);
}

static void
pieces_come_in_order_and_in_parts(void **state)
{
	struct conn_told_piece p;

	assert_false(conn_told_first(&list, 1, &p));
	assert_int_equal(add("first", 5, 1), 0);
	assert_int_equal(add("second", 6, 2), 0);
	assert_int_equal(list.len, 11);
	assert_false(conn_told_first(&list, 0, &p));
	expect("fi", 2, 2, 1);
	expect("rst", 3, 3, 1);
	expect("secon", 5, 5, 2);
	assert_int_equal(list.len, 1);
	expect("d", 1, 100, 2);
	assert_false(conn_told_first(&list, 1, &p));
}

static void
gaps_that_meet_are_one(void **state)
{
	assert_int_equal(add(NULL, 10, 1), 10);
	assert_int_equal(add(NULL, 20, 2), 20);
	assert_int_equal(add("x", 1, 3), 0);
	assert_int_equal(add(NULL, 5, 4), 5);
	expect(NULL, 30, 1000, 1);
	expect("x", 1, 1000, 3);
	expect(NULL, 4, 4, 4);
	expect(NULL, 1, 4, 4);
}

static void
above_the_ceiling_is_a_gap(void **state)
{
	char *much = calloc(1, CONN_TOLD_MAX + 1);
	size_t most;

	assert_int_equal(add(much, CONN_TOLD_MAX + 1, 1), CONN_TOLD_MAX + 1);
	expect(NULL, CONN_TOLD_MAX + 1, UINT64_MAX, 1);
	assert_int_equal(add(much, 1, 1), 0);
	most = CONN_TOLD_MAX - 2 * told_len + 1;
	assert_int_equal(add(much, most + 1, 2), most + 1);
	expect(much, 1, 1, 1);
	expect(NULL, most + 1, UINT64_MAX, 2);
	assert_int_equal(add(much, 1, 1), 0);
	assert_int_equal(add(much, most, 2), 0);
	assert_int_equal(told_len, CONN_TOLD_MAX);
	assert_int_equal(add(much, 1, 3), 1);
	free(much);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(pieces_come_in_order_and_in_parts,
		    teardown),
		cmocka_unit_test_teardown(gaps_that_meet_are_one, teardown),
		cmocka_unit_test_teardown(above_the_ceiling_is_a_gap, teardown),
	};

	return cmocka_run_group_tests_name("protocol/conn_told", tests, NULL,
	    NULL);
}
