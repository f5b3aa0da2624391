// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "drawn_set.h"
#include "inference/parts.h"

#define MB 1000000u

static struct inference_item items[64];
static struct inference_result results[64];
static size_t count;

static int
set_up(void **state)
{
	return draw_set("parts");
}

static struct inference_item *
add(uint32_t far_end, uint64_t len)
{
	items[count] = (struct inference_item){ .min = len, .max = len,
		.far_end = far_end, .packets = 1 };
	return &items[count++];
}

static void
parts_and_what_is_left_are_one(void **state)
{
	count = 0;
	add(1, MB + 300);
	add(2, 5 * MB);			/* another far end */
	add(1, MB + 310);
	add(1, 400000)->starts[0] = 310;
	items[3].start_count = 1;
	assert_int_equal(parts_join(items, 4, 6), 5);
	assert_int_equal(items[4].min, 2 * MB + 400000);
	assert_int_equal(items[4].max, 2 * MB + 400000);
	assert_int_equal(items[4].far_end, 1);
	assert_int_equal(items[4].packets, 3);
	assert_int_equal(items[4].starts[0], 310);
	assert_int_equal(items[4].in, 0);
	assert_int_equal(items[0].in, 5);
	assert_int_equal(items[1].in, 0);
	assert_int_equal(items[1].part, 0);
	assert_int_equal(items[2].in, 5);
	assert_int_equal(items[3].in, 5);
	assert_int_equal(items[0].part, MB);
	assert_int_equal(items[3].part, 400000 - 310);
}

static void
frames_are_taken_off_parts(void **state)
{
	count = 0;
	/* 62 frames, and 13 */
	add(0, MB + 62 * 9 + 200)->carrier = INFERENCE_HTTP2;
	add(0, 200000 + 13 * 9 + 200)->carrier = INFERENCE_HTTP2;
	assert_int_equal(parts_join(items, 2, 3), 3);
	assert_int_equal(items[2].max, MB + 200000 + 200);
	assert_int_equal(items[2].carrier, INFERENCE_STREAM);
}

/* One by one what makes two transfers no parts of one file. */
static void
what_is_unlike_is_not_joined(void **state)
{
	static const uint64_t second[] = { 2 * MB + 300, MB + 300, 3 * MB };

	for (size_t i = 0; i < 3; i++) {
		count = 0;
		add(0, MB + 300);
		add(0, second[i]);
		assert_int_equal(parts_join(items, 2, 3), 2);
		assert_int_equal(items[0].in, 0);
		assert_int_equal(items[0].part, 0);
		assert_int_equal(items[1].part, 0);
	}
	/* as long as a part without headers, or with more than there can be */
	for (uint64_t head = 0; head <= PARTS_HEAD_MAX + 1;
	     head += PARTS_HEAD_MAX + 1) {
		count = 0;
		add(0, MB + head);
		add(0, 5000);
		assert_int_equal(parts_join(items, 2, 3), 2);
	}
	count = 0;
	add(0, MB + PARTS_HEAD_MAX);
	add(0, 5000);
	assert_int_equal(parts_join(items, 2, 2), 2);	/* no room */
	assert_int_equal(parts_join(items, 2, 3), 3);
	/* headers that differ by too much begin anew */
	count = 0;
	add(0, MB + 100);
	add(0, MB + 100 + PARTS_HEAD_VARY + 1);
	add(0, 5000);
	assert_int_equal(parts_join(items, 3, 4), 4);
	assert_int_equal(items[0].in, 0);
	assert_int_equal(items[3].max, MB + 5000);
	/* QUIC, and what is not exact */
	count = 0;
	add(0, MB + 100)->carrier = INFERENCE_QUIC;
	add(0, 5000);
	assert_int_equal(parts_join(items, 2, 3), 2);
	items[0].carrier = INFERENCE_STREAM;
	items[0].max++;
	assert_int_equal(parts_join(items, 2, 3), 2);
	assert_int_equal(parts_join(items, 0, 0), 0);
}

static void
a_file_in_parts_is_named_once(void **state)
{
	size_t all;

	count = 0;
	for (int i = 0; i < 4; i++) {
		uint64_t left = sizes[i];

		for (; left > 100000; left -= 100000)
			add(7, 100000 + 250);
		add(7, left + 250);
	}
	assert_in_range(count, 5, 58);
	all = parts_join(items, count, 64);
	assert_int_equal(all, count + 4);
	assert_int_equal(inference_run(null, &set, items, all, 0.001, results), 0);
	for (size_t i = 0; i < count; i++)
		assert_false(results[i].named);
	for (size_t i = count; i < all; i++) {
		assert_true(results[i].named);
		assert_int_equal(results[i].list[0].canary, i - count);
		assert_int_equal(results[i].list[0].offset, 250);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_and_what_is_left_are_one),
		cmocka_unit_test(frames_are_taken_off_parts),
		cmocka_unit_test(what_is_unlike_is_not_joined),
		cmocka_unit_test(a_file_in_parts_is_named_once),
	};

	return cmocka_run_group_tests_name("parts", tests, set_up, tear_down);
}
