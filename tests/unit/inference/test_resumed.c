// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "inference/resumed.h"
#include "items.h"

static int
set_up(void **state)
{
	return draw_set("resumed");
}

/* Headers in a record of their own, and the body. */
static void
piece(size_t i, uint32_t head, uint64_t body)
{
	item(i, head + body);
	items[i].far_end = 1;
	items[i].starts[items[i].start_count++] = head;
}

static void
two_in_a_row_are_one_more(void **state)
{
	piece(0, 150, 50000);
	piece(1, 151, 70000);
	piece(2, 150, 4096 - 150);
	assert_int_equal(resumed_join(items, 3, 3, 64), 5);
	assert_int_equal(items[3].min, 50000 + 151 + 70000);
	assert_int_equal(items[3].max, items[3].min);
	assert_int_equal(items[3].part, 50000);
	assert_int_equal(items[3].starts[0], 151);
	assert_int_equal(items[3].far_end, 1 | INFERENCE_RESUMED);
	assert_int_equal(items[4].max, 70000 + 4096);
	assert_int_equal(items[0].also_in, 4);
	assert_int_equal(items[1].in, 4);
	assert_int_equal(items[1].also_in, 5);
	assert_int_equal(items[2].in, 5);
}

static void
what_is_no_piece_is_passed_over(void **state)
{
	piece(0, 150, 50000);
	piece(1, 150, 4095 - 150);	/* too short */
	piece(2, 150, 60000);
	items[2].carrier = INFERENCE_QUIC;
	piece(3, 150, 60000);
	items[3].max++;			/* not known exactly */
	piece(4, 150, 60000);
	items[4].in = 1;		/* a part already */
	piece(5, 150, 60000);
	items[5].far_end = 2;
	piece(6, 150, 70000);
	assert_int_equal(resumed_join(items, 7, 7, 64), 8);
	assert_int_equal(items[7].max, 50000 + 150 + 70000);
	assert_int_equal(items[0].also_in, 8);
	assert_int_equal(items[6].in, 8);
	assert_int_equal(items[5].in, 0);
}

static void
without_room_there_is_none(void **state)
{
	for (size_t i = 0; i < 4; i++)
		piece(i, 150, 50000);
	assert_int_equal(resumed_join(items, 4, 4, 4), 4);
	for (size_t i = 0; i < 4; i++)
		piece(i, 150, 50000);
	assert_int_equal(resumed_join(items, 4, 4, 5), 5);
	assert_int_equal(resumed_join(items, 0, 0, 5), 0);
}

static void
frames_of_http2_are_taken_off(void **state)
{
	for (size_t i = 0; i < 2; i++) {
		item(i, 2 * (16384 + 9) + 100);
		items[i].far_end = 1;
		items[i].carrier = INFERENCE_HTTP2;
	}
	assert_int_equal(resumed_join(items, 2, 2, 64), 3);
	assert_int_equal(items[2].carrier, INFERENCE_STREAM);
	assert_int_equal(items[2].max, 2 * (2 * 16384 + 100 - 9));
}

static void
canaries_that_were_resumed_are_named(void **state)
{
	size_t all;

	for (size_t i = 0; i < 4; i++) {
		piece(2 * i, 180, 20000 + 1000 * i);
		piece(2 * i + 1, 180, sizes[i] - 20000 - 1000 * i);
	}
	all = resumed_join(items, 8, 8, 64);
	assert_int_equal(all, 15);
	run(all);
	for (size_t i = 0; i < 4; i++) {
		const struct inference_result *r =
		    &results[items[2 * i].also_in - 1];

		assert_true(r->named);
		assert_int_equal(r->list[0].canary, i);
		assert_false(results[2 * i].named);
	}
	/* the second piece of one and the first of the next are nothing */
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(results[items[2 * i + 1].also_in - 1].count, 0);
}

/* Nor is what follows a canary that was named a piece of another. */
static void
what_is_named_is_no_piece(void **state)
{
	size_t all;

	for (size_t i = 0; i < 5; i++)
		piece(i, 180, sizes[i]);
	all = resumed_join(items, 5, 5, 64);
	run(all);
	for (size_t i = 0; i < 5; i++)
		assert_true(results[i].named);
	for (size_t i = 5; i < all; i++)
		assert_int_equal(results[i].count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_in_a_row_are_one_more),
		cmocka_unit_test(what_is_no_piece_is_passed_over),
		cmocka_unit_test(without_room_there_is_none),
		cmocka_unit_test(frames_of_http2_are_taken_off),
		cmocka_unit_test(canaries_that_were_resumed_are_named),
		cmocka_unit_test(what_is_named_is_no_piece),
	};

	return cmocka_run_group_tests_name("resumed", tests, set_up, tear_down);
}
