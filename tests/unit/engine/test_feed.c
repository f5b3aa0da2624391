// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/feed.c"

#define SECOND	UINT64_C(1000000000)

static struct telltap_engine engine;

static size_t
len_of(const uint64_t *ts_ns, size_t count)
{
	struct telltap_packet packets[8] = { 0 };

	for (size_t i = 0; i < count; i++)
		packets[i].ts_ns = ts_ns[i];
	return batch_len(&engine, packets, count);
}

static void
batches_are_as_long_as_they_come(void **state)
{
	static const uint64_t days[] = { 0, 86400 * SECOND, UINT64_MAX };

	engine.keys = NULL;
	assert_int_equal(len_of(days, 1), 1);
	assert_int_equal(len_of(days, 3), 3);
}

static void
with_keys_they_end_after_half_a_minute(void **state)
{
	static const uint64_t below[] = { SECOND, 31 * SECOND - 1 };
	static const uint64_t at[] = { SECOND, 2 * SECOND, 31 * SECOND };
	static const uint64_t back[] = { 90 * SECOND, SECOND, 91 * SECOND };
	static const uint64_t last[] = { UINT64_MAX - 1, UINT64_MAX };

	engine.keys = (struct telltap_keys *)1;
	assert_int_equal(len_of(below, 2), 2);
	assert_int_equal(len_of(at, 3), 2);
	assert_int_equal(len_of(back, 3), 3);
	assert_int_equal(len_of(last, 2), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_are_as_long_as_they_come),
		cmocka_unit_test(with_keys_they_end_after_half_a_minute),
	};

	return cmocka_run_group_tests_name("feed", tests, NULL, NULL);
}
