// SPDX-License-Identifier: Apache-2.0
#include "experiment/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static int yes = 1;

/* a B C D e F: capitals are shuffled. */
static struct plan_phase phases[] = {
	{ .name = (char[]){ "a" } },
	{ .name = (char[]){ "B" }, .shuffle = &yes },
	{ .name = (char[]){ "C" }, .shuffle = &yes },
	{ .name = (char[]){ "D" }, .shuffle = &yes },
	{ .name = (char[]){ "e" } },
	{ .name = (char[]){ "F" }, .shuffle = &yes },
};
static const struct plan plan = { .phases = phases, .phases_count = 6 };

static void
neighbours_are_shuffled_and_the_rest_stays(void **state)
{
	bool seen[6][6] = { { false } };

	for (unsigned s = 0; s < 200; s++) {
		unsigned order[PLAN_PHASES_MAX], sum = 0;

		assert_int_equal(order_phases(&plan, "seed", s, order), 0);
		for (unsigned i = 0; i < 6; i++) {
			seen[i][order[i]] = true;
			sum |= 1u << order[i];
		}
		assert_int_equal(sum, 63);
	}
	for (unsigned i = 0; i < 6; i++)
		for (unsigned k = 0; k < 6; k++)
			assert_int_equal(seen[i][k], i == k ||
			    (i >= 1 && i <= 3 && k >= 1 && k <= 3));
}

static void
a_seed_decides_and_so_does_the_session(void **state)
{
	size_t a[20], b[20], c[20], d[20], e[20];

	assert_int_equal(order_canaries("seed", 0, "scan", 20, a), 0);
	assert_int_equal(order_canaries("seed", 0, "scan", 20, b), 0);
	assert_int_equal(order_canaries("seed", 1, "scan", 20, c), 0);
	assert_int_equal(order_canaries("seed", 0, "execute", 20, d), 0);
	assert_int_equal(order_canaries("other", 0, "scan", 20, e), 0);
	assert_memory_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, c, sizeof(a));
	assert_memory_not_equal(a, d, sizeof(a));
	assert_memory_not_equal(a, e, sizeof(a));
	for (size_t want = 0; want < 20; want++) {
		size_t i = 0;

		while (i < 20 && a[i] != want)
			i++;
		assert_true(i < 20);
	}
}

static void
each_session_has_canaries_of_its_own(void **state)
{
	char a[65], b[65], c[65];

	assert_int_equal(order_seed("seed", 0, a), 0);
	assert_int_equal(order_seed("seed", 0, b), 0);
	assert_int_equal(order_seed("seed", 1, c), 0);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	assert_int_equal(strlen(a), 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_are_shuffled_and_the_rest_stays),
		cmocka_unit_test(a_seed_decides_and_so_does_the_session),
		cmocka_unit_test(each_session_has_canaries_of_its_own),
	};

	return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
