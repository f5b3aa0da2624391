// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/shared.h"

static void
equal_bytes_are_kept_once(void **state)
{
	struct shared_table t = { 0 };
	const struct shared *a = shared_take(&t, SPAN_LITERAL("name")),
		*b = shared_take(&t, SPAN_LITERAL("name")),
		*c = shared_take(&t, SPAN_LITERAL("nam")),
		*d = shared_take(&t, SPAN_LITERAL("nam\0"));

	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, c);
	assert_ptr_not_equal(c, d);
	assert_int_equal(t.count, 3);
	assert_true(span_eq(shared_span(c), SPAN_LITERAL("nam")));
	assert_int_equal(shared_span(c).p[3], 0);
	shared_drop(&t, a);
	assert_int_equal(t.count, 3);
	assert_true(span_eq(shared_span(b), SPAN_LITERAL("name")));
	shared_drop(&t, b);
	shared_drop(&t, c);
	shared_drop(&t, d);
	assert_int_equal(t.count, 0);
	shared_table_clear(&t);
}

static void
nothing_is_not_kept(void **state)
{
	struct shared_table t = { 0 };

	assert_null(shared_take(&t, (struct span){ 0 }));
	assert_int_equal(shared_span(NULL).len, 0);
	shared_drop(&t, NULL);
	shared_table_clear(&t);
}

static void
without_a_table_nothing_is_shared(void **state)
{
	const struct shared *a = shared_take(NULL, SPAN_LITERAL("name")),
		*b = shared_take(NULL, SPAN_LITERAL("name"));

	assert_ptr_not_equal(a, b);
	assert_true(span_eq(shared_span(a), shared_span(b)));
	shared_drop(NULL, a);
	shared_drop(NULL, b);
}

#define MANY	1000

static void
many_are_found_and_dropped_in_any_order(void **state)
{
	struct shared_table t = { 0 };
	const struct shared *held[MANY];
	char text[16];

	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "%d", i);
		held[i] = shared_take(&t, span_str(text));
	}
	assert_int_equal(t.count, MANY);
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "%d", i);
		assert_ptr_equal(shared_take(&t, span_str(text)), held[i]);
	}
	for (int i = 0; i < 2 * MANY; i++)
		shared_drop(&t, held[i * 7 % MANY]);
	assert_int_equal(t.count, 0);
	shared_table_clear(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_bytes_are_kept_once),
		cmocka_unit_test(nothing_is_not_kept),
		cmocka_unit_test(without_a_table_nothing_is_shared),
		cmocka_unit_test(many_are_found_and_dropped_in_any_order),
	};

	return cmocka_run_group_tests_name("shared", tests, NULL, NULL);
}
