// SPDX-License-Identifier: Apache-2.0
#include "report/proportion.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define assert_near(a, b) assert_true(fabs((a) - (b)) < 0.0005)

/* Values as tables of Clopper and Pearson's bounds have them. */
static void
bounds_of_independent_members(void **state)
{
	static const struct {
		double hits, n, low, high;
	} rows[] = {
		{ 0, 10, 0, 0.3085 },
		{ 5, 10, 0.1871, 0.8129 },
		{ 10, 10, 0.6915, 1 },
		{ 0, 1, 0, 0.975 },
		{ 1, 1, 0.025, 1 },
		{ 197, 204, 0.9306, 0.9861 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		double low, high;

		proportion_interval(rows[i].hits, rows[i].n, &low, &high);
		assert_near(low, rows[i].low);
		assert_near(high, rows[i].high);
	}
}

static void
fewer_than_two_groups_say_nothing(void **state)
{
	struct proportion_group g[3] = { { 3, 20 }, { 0, 0 }, { 0, 0 } };
	double low = 7, high = 8;

	assert_false(proportion_by_group(g, 0, &low, &high));
	assert_false(proportion_by_group(g, 1, &low, &high));
	assert_false(proportion_by_group(g, 3, &low, &high));
	assert_true(low == 7 && high == 8);
}

/* Twenty members that all say no are one observation. */
static void
groups_that_all_agree_count_as_one_each(void **state)
{
	struct proportion_group g[5] = { { 0, 20 }, { 0, 20 }, { 0, 20 },
		{ 0, 20 }, { 0, 20 } };
	double low, high, want_low, want_high;

	assert_true(proportion_by_group(g, 5, &low, &high));
	proportion_interval(0, 5, &want_low, &want_high);
	assert_near(low, want_low);
	assert_near(high, want_high);
	for (int i = 0; i < 5; i++)
		g[i].hits = 20;
	assert_true(proportion_by_group(g, 5, &low, &high));
	proportion_interval(5, 5, &want_low, &want_high);
	assert_near(low, want_low);
	assert_near(high, want_high);
}

static void
groups_that_differ_widen_the_interval(void **state)
{
	struct proportion_group alike[4] = { { 10, 20 }, { 10, 20 }, { 10, 20 },
		{ 10, 20 } };
	struct proportion_group apart[4] = { { 20, 20 }, { 0, 20 }, { 20, 20 },
		{ 0, 20 } };
	double low, high, wide_low, wide_high, best_low, best_high;

	assert_true(proportion_by_group(alike, 4, &low, &high));
	assert_true(proportion_by_group(apart, 4, &wide_low, &wide_high));
	proportion_interval(40, 80, &best_low, &best_high);
	/* Never narrower than if all were independent. */
	assert_true(low < best_low && high > best_high);
	assert_true(wide_low < low && wide_high > high);
	/* Four groups, each all or nothing: no more than four observations. */
	proportion_interval(2, 4, &best_low, &best_high);
	assert_true(wide_low <= best_low && wide_high >= best_high);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_of_independent_members),
		cmocka_unit_test(fewer_than_two_groups_say_nothing),
		cmocka_unit_test(groups_that_all_agree_count_as_one_each),
		cmocka_unit_test(groups_that_differ_widen_the_interval),
	};

	return cmocka_run_group_tests_name("proportion", tests, NULL, NULL);
}
