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

static void
packets_of_quic_are_taken_off(void **state)
{
	for (size_t i = 0; i < 6; i++) {
		uint64_t packets = sizes[i] / 1180 + 1;

		item(i, sizes[i] + 90 + 7 * packets);
		items[i].packets = packets;
		items[i].carrier = INFERENCE_QUIC;
	}
	run(6);
	for (size_t i = 0; i < 6; i++) {
		assert_true(results[i].named);
		assert_int_equal(results[i].list[0].canary, i);
	}
}

/* count uploads by QUIC, each with that many packets whose number takes a byte
 * more than the least. */
static void
quic_items(size_t count, const unsigned *longer)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t packets = sizes[i] / 1180 + 1;

		item(i, sizes[i] + 90 + 8 * packets + longer[i]);
		items[i].packets = packets;
		items[i].carrier = INFERENCE_QUIC;
	}
}

static void
longer_packet_numbers_are_allowed_for(void **state)
{
	unsigned longer[6] = { 0, 9, 30, 24, 0, 40 };

	quic_items(6, longer);
	run(6);
	for (size_t i = 0; i < 6; i++) {
		assert_true(results[i].named);
		assert_int_equal(results[i].list[0].canary, i);
		assert_int_equal(results[i].list[0].wrap, MODEL_RAW);
	}
}

/* What rides along on some packets, as many as there are of them. */
static void
what_rides_along_is_averaged(void **state)
{
	unsigned longer[6];

	for (size_t i = 0; i < 6; i++)
		longer[i] = (unsigned)(sizes[i] / 1180 + 1) * 3 / 16;
	quic_items(6, longer);
	run(6);
	for (size_t i = 0; i < 6; i++) {
		assert_true(results[i].named);
		assert_int_equal(results[i].list[0].canary, i);
		assert_int_equal(results[i].list[0].frame, MODEL_QUIC +
		    2 * MODEL_QUIC_STEPS + 3);
	}
}

/* An excess as large as its packets allow, and one byte more; and one that chance
 * gives to another transfer too often. */
static void
an_excess_has_its_limits(void **state)
{
	unsigned packets = (unsigned)(sizes[5] / 1180 + 1);
	unsigned longer[6] = { 0 }, most = packets / 16 + 64 +
	    (packets > 1024 ? packets - 1024 : 0);

	longer[5] = most;
	quic_items(6, longer);
	run(6);
	assert_true(results[5].named);
	longer[5] = most + 1;
	quic_items(6, longer);
	run(6);
	assert_true(results[0].named);
	assert_false(results[5].named);
	longer[5] = most;
	quic_items(6, longer);
	for (size_t i = 6; i < 30; i++) {
		item(i, 100000 + 50021 * i);
		items[i].carrier = INFERENCE_QUIC;
	}
	run(30);
	assert_true(results[0].named);
	assert_false(results[5].named);
}

/* The same to the byte: chance may bring one of the 25 that are not among the
 * other five in one case of a hundred. */
static void
an_excess_is_no_larger_than_chance_lets_it_be(void **state)
{
	uint64_t range = set.code.max - set.code.min + 1;
	unsigned longer[6] = { 0 };

	longer[5] = (unsigned)(range / (100 * 25 * COUNT)) - 1;
	for (unsigned more = 0; more < 2; more++, longer[5]++) {
		quic_items(6, longer);
		for (size_t i = 6; i < 30; i++) {
			item(i, 100000 + 50021 * i);
			items[i].carrier = INFERENCE_QUIC;
		}
		run(30);
		assert_true(results[0].named);
		assert_int_equal(results[5].named, !more);
	}
}

/* Two agree in any of the frames, which weigh as 19: chance must be as much smaller. */
static void
two_may_differ_by_less(void **state)
{
	uint64_t range = set.code.max - set.code.min + 1;
	uint64_t most = range / (100 * 19 * COUNT) - 1;

	for (uint64_t more = 0; more < 2; more++) {
		for (size_t i = 0; i < 2; i++) {
			item(i, sizes[i] + 90 + 8 * 100 + (i ? most + more : 0));
			items[i].packets = 100;
			items[i].carrier = INFERENCE_QUIC;
		}
		run(2);
		for (size_t i = 0; i < 2; i++)
			assert_int_equal(results[i].named, !more);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_of_quic_are_taken_off),
		cmocka_unit_test(longer_packet_numbers_are_allowed_for),
		cmocka_unit_test(what_rides_along_is_averaged),
		cmocka_unit_test(an_excess_has_its_limits),
		cmocka_unit_test(an_excess_is_no_larger_than_chance_lets_it_be),
		cmocka_unit_test(two_may_differ_by_less),
	};

	return cmocka_run_group_tests_name("fits_excess", tests, set_up, tear_down);
}
