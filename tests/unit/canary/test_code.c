// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "canary/code.h"

#define WINDOWS (2 * CODE_ENCODING_COUNT)

static void
windows_of(uint64_t size, struct code_window ret[WINDOWS])
{
	for (int e = 0; e < CODE_ENCODING_COUNT; e++) {
		ret[2 * e] = code_window_whole(size, (enum code_encoding)e);
		ret[2 * e + 1] = code_window_half(size, (enum code_encoding)e);
	}
}

static bool
touch(struct code_window a, struct code_window b)
{
	return a.min <= b.max && b.min <= a.max;
}

/* Every window of every canary against every window of every other. */
static void
assert_separate(const uint64_t *sizes, size_t count)
{
	struct code_window a[WINDOWS], b[WINDOWS];

	for (size_t i = 0; i < count; i++) {
		windows_of(sizes[i], a);
		for (int x = 0; x < WINDOWS; x++)
			assert_true(a[x].min > CODE_LOOKUP_MAX);
		for (size_t j = 0; j < i; j++) {
			windows_of(sizes[j], b);
			for (int x = 0; x < WINDOWS; x++) {
				for (int y = 0; y < WINDOWS; y++)
					assert_false(touch(a[x], b[y]));
			}
		}
	}
}

static void
no_canary_and_no_half_can_be_taken_for_another(void **state)
{
	static const size_t counts[] = { 1, 2, 3, 7, 20, 60, CODE_COUNT_MAX };
	uint64_t sizes[CODE_COUNT_MAX];
	char seed[16];

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		struct code c = code_for(counts[i]);

		for (int n = 0; n < 25; n++) {
			snprintf(seed, sizeof(seed), "seed %d", n);
			assert_int_equal(code_draw(&c, span_str(seed), sizes),
			    0);
			for (size_t k = 0; k < counts[i]; k++)
				assert_in_range(sizes[k], c.min, c.max);
			assert_separate(sizes, counts[i]);
		}
	}
}

static void
the_halves_of_one_canary_are_not_its_whole_but_in_hex(void **state)
{
	struct code c = code_for(60);
	uint64_t sizes[60];

	assert_int_equal(code_draw(&c, span_str("own"), sizes), 0);
	for (size_t i = 0; i < 60; i++) {
		for (int w = 0; w < CODE_ENCODING_COUNT; w++) {
			for (int h = 0; h < CODE_ENCODING_COUNT; h++) {
				if (h == CODE_HEX)
					continue;
				assert_false(touch(code_window_whole(sizes[i],
					(enum code_encoding)w),
				    code_window_half(sizes[i],
					(enum code_encoding)h)));
			}
		}
	}
}

static void
same_seed_same_sizes_other_seed_others(void **state)
{
	struct code c = code_for(60);
	uint64_t a[60], b[60];
	size_t same = 0;

	assert_int_equal(code_draw(&c, span_str("S"), a), 0);
	assert_int_equal(code_draw(&c, span_str("S"), b), 0);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(code_draw(&c, span_str("T"), b), 0);
	for (size_t i = 0; i < 60; i++)
		same += a[i] == b[i];
	assert_true(same < 3);
}

static void
a_range_too_small_is_a_limit_and_bad_codes_are_refused(void **state)
{
	uint64_t sizes[CODE_COUNT_MAX];
	struct code c = code_for(60);

	c.max = c.min + 100 * 1024;
	assert_int_equal(code_draw(&c, span_str("S"), sizes), ERR_LIMIT);
	c = code_for(60);
	c.count = 0;
	assert_true(code_draw(&c, span_str("S"), sizes) < 0);
	c = code_for(CODE_COUNT_MAX);
	c.count++;
	assert_true(code_draw(&c, span_str("S"), sizes) < 0);
	c = code_for(1);
	c.max = UINT64_MAX;
	assert_true(code_draw(&c, span_str("S"), sizes) < 0);
	c = code_for(1);
	c.min = 0;
	assert_true(code_draw(&c, span_str("S"), sizes) < 0);
}

static void
windows_hold_the_sizes_of_their_encodings(void **state)
{
	const uint64_t size = 100001;
	struct code_window w = code_window_whole(size, CODE_RAW);

	assert_int_equal(w.min, size);
	assert_int_equal(w.max, size + 4096);
	w = code_window_whole(size, CODE_BASE64);
	assert_int_equal(w.min, 133335);	/* no padding */
	assert_int_equal(w.max, 133336 + 4096);
	w = code_window_whole(size, CODE_HEX);
	assert_int_equal(w.min, 200002);
	w = code_window_half(size, CODE_RAW);
	assert_int_equal(w.min, 50000);
	assert_int_equal(w.max, 50001 + 4096);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_canary_and_no_half_can_be_taken_for_another),
		cmocka_unit_test(
		    the_halves_of_one_canary_are_not_its_whole_but_in_hex),
		cmocka_unit_test(same_seed_same_sizes_other_seed_others),
		cmocka_unit_test(
		    a_range_too_small_is_a_limit_and_bad_codes_are_refused),
		cmocka_unit_test(windows_hold_the_sizes_of_their_encodings),
	};

	return cmocka_run_group_tests_name("code", tests, NULL, NULL);
}
