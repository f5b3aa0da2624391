// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "items.h"

static int
set_up(void **state)
{
	return draw_set("inference");
}

/* How far the offsets of a set may be apart where so many transfers may be in it
 * by chance: in one case of a hundred one is. */
static uint64_t
widest(size_t others)
{
	uint64_t range = set.code.max - set.code.min + 1;

	return range / (100 * others * COUNT) - 1;
}

/* Uploads with headers that are 100 bytes long, half of that longer, and as much
 * longer, beside three transfers that are too long for what they fit. */
static void
run_three(uint64_t longer)
{
	item(0, sizes[19] + 100);
	item(1, sizes[0] + 100 + longer / 2);
	item(2, sizes[10] + 100 + longer);
	for (size_t i = 3; i < 6; i++)
		item(i, sizes[i] + 5000);
	run(6);
}

static void
a_set_is_no_wider_than_chance_lets_it_be(void **state)
{
	run_three(widest(4));
	for (size_t i = 0; i < 3; i++) {
		assert_true(results[i].named);
		assert_int_equal(results[i].list[0].agreeing, 3);
	}
	run_three(widest(4) + 1);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(results[i].list[0].agreeing, i < 2 ? 2 : 1);
	assert_false(results[2].named);
}

/* Two uploads with headers of 63 and 258 bytes, and what is as long as a third one
 * with 395 by chance: not where two more transfers might have been. */
static void
headers_that_differ_take_no_stranger_in(void **state)
{
	item(0, sizes[9] + 63);
	item(1, sizes[0] + 258);
	item(2, sizes[18] + 395);
	run(3);
	assert_true(results[2].named);
	item(3, sizes[3] + 5000);
	item(4, sizes[4] + 5000);
	run(5);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(results[i].named, i < 2);
}

/* A member between others counts like one at the edge: the set as a whole is
 * asked, and one that is too wide with a few may do with more. */
static void
a_set_that_has_nearly_all_may_be_wider(void **state)
{
	uint64_t wide = widest(2);

	for (size_t i = 0; i < 8; i++)
		item(i, sizes[i] + 100 + wide * i / 7);
	item(8, sizes[8] + 5000);
	run(9);
	for (size_t i = 0; i < 8; i++) {
		assert_true(results[i].named);
		assert_int_equal(results[i].list[0].agreeing, 8);
	}
}

/* A client that writes each frame for itself ends a record with it, whatever lengths
 * windows give its frames. */
static void
frames_of_any_length_are_counted_by_their_writes(void **state)
{
	for (int by_alpn = 0; by_alpn < 2; by_alpn++) {
		for (size_t i = 0; i < 4; i++) {
			uint64_t frames = 20 + 37 * i;

			item(i, sizes[i] + 9 * frames + 240 + i % 2);
			items[i].packets = frames;
			items[i].carrier = by_alpn ? INFERENCE_HTTP2 :
						     INFERENCE_STREAM;
		}
		run(4);
		for (size_t i = 0; i < 4; i++) {
			assert_true(results[i].named);
			assert_int_equal(results[i].list[0].canary, i);
			assert_int_equal(results[i].list[0].frame,
			    MODEL_HTTP2_WRITES);
			assert_int_equal(results[i].list[0].offset, 240 + i % 2);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_is_no_wider_than_chance_lets_it_be),
		cmocka_unit_test(headers_that_differ_take_no_stranger_in),
		cmocka_unit_test(
		    frames_of_any_length_are_counted_by_their_writes),
		cmocka_unit_test(a_set_that_has_nearly_all_may_be_wider),
	};

	return cmocka_run_group_tests_name("fits_search", tests, set_up,
	    tear_down);
}
