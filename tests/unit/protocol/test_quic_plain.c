// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/quic/quic_plain.h"
#include "record.h"

static struct quic_plain *plain;
static uint64_t sent[2];

static int
start(void **state)
{
	record_clear();
	sent[0] = sent[1] = 0;
	plain = quic_plain_new(&record.conn);
	return plain ? 0 : -1;
}

static int
stop(void **state)
{
	quic_plain_free(plain);
	record_clear();
	return 0;
}

static void
say(unsigned side, uint64_t stream, const char *text, uint64_t ms)
{
	const struct when when = { ms * 1000000, ms };

	quic_plain_data(plain, side, stream, (const uint8_t *)text,
	    strlen(text), &when);
	sent[side] += strlen(text);
}

static void
over(void)
{
	quic_plain_finish(plain);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

static void
a_stream_is_cut_into_what_goes_out_and_its_answer(void **state)
{
	const struct when when = { 5000000, 5 };

	say(0, 0, "one", 1);
	say(0, 4, "beside", 1);
	say(1, 0, "two", 2);
	say(0, 0, "three", 3);
	quic_plain_gap(plain, 0, 0, 7, &when);
	say(0, 0, "four", 1100);	/* after a second of silence */
	assert_string_equal(record_text(0), " \"one\" <  \"two\"; complete");
	assert_string_equal(record_text(1), " \"beside\" < ; open");
	assert_string_equal(record_text(2), " \"three[7]\" < ; complete");
	over();
	assert_string_equal(record_text(3), " \"four\" < ; cut");
}

static void
a_stream_ends_with_both_of_its_sides(void **state)
{
	const struct when when = { 1, 1 };

	say(0, 0, "both", 1);
	quic_plain_end(plain, 0, 0, true, &when);
	assert_string_equal(record_text(0), " \"both\" < ; open");
	quic_plain_end(plain, 1, 0, true, &when);
	assert_string_equal(record_text(0), " \"both\" < ; complete");
	say(0, 4, "reset", 1);
	quic_plain_end(plain, 0, 4, false, &when);
	quic_plain_end(plain, 1, 4, true, &when);
	assert_string_equal(record_text(1), " \"reset\" < ; cut");
	say(0, 2, "one way", 1);
	quic_plain_end(plain, 0, 2, true, &when);
	assert_string_equal(record_text(2), " \"one way\" < ; complete");
	quic_plain_end(plain, 0, 8, true, &when);	/* never seen */
	over();
}

static void
above_the_ceiling_the_oldest_is_cut(void **state)
{
	for (uint64_t i = 0; i < QUIC_PLAIN_MAX; i++)
		say(0, 4 * i, "x", 1);
	assert_int_equal(record.ended, 0);
	say(0, 4 * QUIC_PLAIN_MAX, "x", 1);
	assert_int_equal(record.ended, 1);
	assert_string_equal(record_text(0), " \"x\" < ; cut");
	say(0, 0, "y", 1);
	assert_int_equal(record.ended, 2);
	assert_int_equal(record.count, QUIC_PLAIN_MAX + 2);
	quic_plain_finish(plain);
	assert_int_equal(record.ended, record.count);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_stream_is_cut_into_what_goes_out_and_its_answer),
		T(a_stream_ends_with_both_of_its_sides),
		T(above_the_ceiling_the_oldest_is_cut),
	};

	return cmocka_run_group_tests_name("protocol/quic_plain", tests, NULL,
	    NULL);
}
