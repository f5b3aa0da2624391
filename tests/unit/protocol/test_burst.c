// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocol/burst.h"

#define SECOND	UINT64_C(1000000000)

static struct when
at(uint64_t ns)
{
	return (struct when){ ns, ns };
}

static bool
add(struct burst *b, bool outbound, uint64_t ns)
{
	struct when w = at(ns);

	return burst_add(b, outbound, &w);
}

static void
first_bytes_begin_a_burst(void **state)
{
	struct burst out = { 0 }, in = { 0 };

	assert_true(add(&out, true, 0));
	assert_true(add(&in, false, 0));
	assert_false(in.sent);
	assert_true(in.answered);
}

static void
answer_belongs_to_what_it_answers(void **state)
{
	struct burst b = { 0 };

	add(&b, true, 5);
	assert_false(add(&b, true, 6));
	assert_false(add(&b, false, 7));
	assert_false(add(&b, false, 7 + 100 * SECOND));
	assert_int_equal(b.last.ts_ns, 7 + 100 * SECOND);
}

static void
bytes_out_after_bytes_in_begin_another(void **state)
{
	struct burst b = { 0 };

	add(&b, true, 1);
	add(&b, false, 2);
	assert_true(add(&b, true, 3));
	assert_false(b.answered);
	assert_false(add(&b, true, 4));
}

static void
bytes_out_after_bytes_in_alone_begin_another(void **state)
{
	struct burst b = { 0 };

	add(&b, false, 1);
	assert_true(add(&b, true, 2));
}

static void
more_than_a_second_of_silence_cuts(void **state)
{
	struct burst b = { 0 };

	add(&b, true, 10);
	assert_false(add(&b, true, 10 + SECOND));
	assert_true(add(&b, true, 10 + 2 * SECOND + 1));
}

static void
clock_that_jumps_back_cuts_nothing(void **state)
{
	struct burst b = { 0 };

	add(&b, true, 100 * SECOND);
	assert_false(add(&b, true, 1));
	assert_false(add(&b, true, 1 + SECOND));
}

static void
asking_changes_nothing(void **state)
{
	struct burst b = { 0 };
	struct when w = at(9);

	assert_true(burst_begins(&b, true, &w));
	assert_false(b.open);
	add(&b, true, 1);
	add(&b, false, 2);
	assert_true(burst_begins(&b, true, &w));
	assert_false(burst_begins(&b, false, &w));
	assert_true(b.answered);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_bytes_begin_a_burst),
		cmocka_unit_test(answer_belongs_to_what_it_answers),
		cmocka_unit_test(bytes_out_after_bytes_in_begin_another),
		cmocka_unit_test(bytes_out_after_bytes_in_alone_begin_another),
		cmocka_unit_test(more_than_a_second_of_silence_cuts),
		cmocka_unit_test(clock_that_jumps_back_cuts_nothing),
		cmocka_unit_test(asking_changes_nothing),
	};

	return cmocka_run_group_tests_name("burst", tests, NULL, NULL);
}
