// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "content/known/catalogue_filter.h"

#define LOG2	10
#define KEYS	300
#define LEN	(FILTER_SIFT_MAX + FILTER_BYTES - 1)

static uint64_t filter[1 << LOG2];
static uint8_t key[KEYS][FILTER_BYTES];

static void
fill(void)
{
	memset(filter, 0, sizeof(filter));
	noise(key[0], sizeof(key), 3);
	for (size_t i = 0; i < KEYS; i++) {
		uint64_t mix = filter_mix(key[i]);

		filter[filter_word(filter_lowest(key[i]), mix, LOG2)] |=
		    filter_bits(mix);
	}
}

static size_t
sift(const uint8_t *p, size_t n, uint16_t *at)
{
	uint32_t lowest[FILTER_RANKS];

	filter_fetch((const uint8_t *)filter, LOG2, p, n, lowest);
	return filter_ask((const uint8_t *)filter, LOG2, p, n, lowest, at);
}

static void
what_was_entered_may_be_there(void **state)
{
	size_t others = 0;
	uint8_t p[LEN];

	fill();
	for (size_t i = 0; i < KEYS; i++)
		assert_true(filter_maybe((const uint8_t *)filter, LOG2,
		    key[i]));
	for (unsigned i = 0; i < 10000; i++) {
		noise(p, FILTER_BYTES, 1000 + i);
		others += filter_maybe((const uint8_t *)filter, LOG2, p);
	}
	assert_in_range(others, 0, 50);
}

/* In as many offsets as there are, each with a key or not, in bytes of exactly
 * that length; both ways to sift, and one offset at a time. */
static void
every_offset_is_asked_however_many(void **state)
{
	fill();
	for (size_t n = 1; n <= FILTER_SIFT_MAX; n++) {
		size_t len = n + FILTER_BYTES - 1, count, alone = 0;
		uint16_t at[FILTER_SIFT_MAX], other[FILTER_SIFT_MAX];
		uint8_t *p = malloc(len);

		noise(p, len, n);
		memcpy(p, key[n], FILTER_BYTES);
		memcpy(p + n - 1, key[n % 7], FILTER_BYTES);
		if (n > 60)
			memcpy(p + n / 2, key[n % 11], FILTER_BYTES);
		filter_force_portable(true);
		count = sift(p, n, other);
		filter_force_portable(false);
		assert_int_equal(sift(p, n, at), count);
		assert_memory_equal(at, other, count * sizeof(*at));
		assert_true(count && at[count - 1] == n - 1);
		for (size_t i = 0; i < n; i++) {
			bool maybe = filter_maybe((const uint8_t *)filter, LOG2,
			    p + i);

			assert_true(!maybe || at[alone] == i);
			alone += maybe;
		}
		assert_int_equal(alone, count);
		free(p);
	}
}

static void
one_line_is_enough(void **state)
{
	uint64_t line[FILTER_LINE] = { 0 };
	uint8_t p[FILTER_BYTES] = { 1, 2, 3 };

	assert_int_equal(filter_line(UINT32_MAX, 3), 0);
	assert_true(filter_word(filter_lowest(p), filter_mix(p), 3) <
	    FILTER_LINE);
	assert_false(filter_maybe((const uint8_t *)line, 3, p));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_entered_may_be_there),
		cmocka_unit_test(every_offset_is_asked_however_many),
		cmocka_unit_test(one_line_is_enough),
	};

	return cmocka_run_group_tests_name("content/catalogue_filter", tests,
	    NULL, NULL);
}
