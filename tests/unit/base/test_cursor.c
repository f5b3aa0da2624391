// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"

static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

static void
reads_every_width_exactly(void **state)
{
	struct cursor c = cur_init(bytes, 8);

	assert_int_equal(cur_be64(&c), 0x0102030405060708ull);
	assert_false(cur_failed(&c));
	assert_int_equal(cur_left(&c), 0);
	c = cur_init(bytes, 8);
	assert_int_equal(cur_le64(&c), 0x0807060504030201ull);
	c = cur_init(bytes, 4);
	assert_int_equal(cur_be32(&c), 0x01020304);
	c = cur_init(bytes, 4);
	assert_int_equal(cur_le32(&c), 0x04030201);
	c = cur_init(bytes, 3);
	assert_int_equal(cur_be24(&c), 0x010203);
	c = cur_init(bytes, 2);
	assert_int_equal(cur_be16(&c), 0x0102);
	c = cur_init(bytes, 2);
	assert_int_equal(cur_le16(&c), 0x0201);
	c = cur_init(bytes, 1);
	assert_int_equal(cur_u8(&c), 1);
	assert_false(cur_failed(&c));
}

static void
one_byte_short_is_zero_and_latches(void **state)
{
	struct cursor c = cur_init(bytes, 3);

	assert_int_equal(cur_be32(&c), 0);
	assert_true(cur_failed(&c));
	assert_int_equal(cur_u8(&c), 0);
	assert_int_equal(cur_left(&c), 0);
	c = cur_init(bytes, 1);
	assert_int_equal(cur_be16(&c), 0);
	assert_true(cur_failed(&c));
	c = cur_init(bytes, 2);
	assert_int_equal(cur_be24(&c), 0);
	assert_true(cur_failed(&c));
	c = cur_init(bytes, 7);
	(void)cur_be64(&c);
	assert_true(cur_failed(&c));
}

static void
empty_input_fails_on_the_first_read(void **state)
{
	struct cursor c = cur_init(NULL, 0);

	assert_int_equal(cur_left(&c), 0);
	assert_int_equal(cur_u8(&c), 0);
	assert_true(cur_failed(&c));
}

static void
a_child_sees_only_its_bytes(void **state)
{
	struct cursor c = cur_init(bytes, sizeof(bytes)), sub;

	sub = cur_sub(&c, 2);
	assert_int_equal(cur_be16(&sub), 0x0102);
	assert_int_equal(cur_u8(&sub), 0);
	assert_true(cur_failed(&sub));
	assert_false(cur_failed(&c));
	assert_int_equal(cur_u8(&c), 3);
	sub = cur_sub(&c, 7);
	assert_true(cur_failed(&sub));
	assert_true(cur_failed(&c));
}

static void
a_huge_length_is_refused(void **state)
{
	struct cursor c = cur_init(bytes, sizeof(bytes));
	uint8_t out[4] = { 9, 9, 9, 9 };

	assert_null(cur_bytes(&c, SIZE_MAX));
	assert_true(cur_failed(&c));
	cur_copy(&c, out, 4);
	assert_int_equal(out[0], 0);
	assert_int_equal(out[3], 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_width_exactly),
		cmocka_unit_test(one_byte_short_is_zero_and_latches),
		cmocka_unit_test(empty_input_fails_on_the_first_read),
		cmocka_unit_test(a_child_sees_only_its_bytes),
		cmocka_unit_test(a_huge_length_is_refused),
	};

	return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
