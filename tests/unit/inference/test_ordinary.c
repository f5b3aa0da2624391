// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inference/ordinary.h"

#define FILES	8000
#define ITEMS	32
#define REDRAWS	1999

static struct ordinary_file files[FILES];
static struct inference_item items[ITEMS];
static struct ordinary_pair pairs[ITEMS * 8];
static struct ordinary_result results[ITEMS];
static struct ordinary_case in;
static uint64_t x;

static uint64_t
next(uint64_t below)
{
	x = x * 6364136223846793005u + 1442695040888963407u;
	return (x >> 33) % below;
}

/* Files of four kinds, none read and none sent. */
static void
begin(uint64_t seed)
{
	x = seed;
	for (size_t i = 0; i < FILES; i++)
		files[i] = (struct ordinary_file){
			ORDINARY_LEAST + next(2000000), (uint32_t)(i % 4) };
	in = (struct ordinary_case){ items, 0, files, FILES, pairs, 0 };
}

static void
send(uint64_t len)
{
	items[in.item_count++] = (struct inference_item){ .min = len,
		.max = len };
}

/* The transfer sent last: that file was read before. */
static void
read_before(uint32_t file)
{
	pairs[in.pair_count++] = (struct ordinary_pair){
		(uint32_t)in.item_count - 1, file };
}

static void
judge(void)
{
	assert_int_equal(ordinary_judge(&in, 0.001, REDRAWS, results), 0);
}

static void
files_read_and_sent_with_the_same_headers_are_named(void **state)
{
	begin(1);
	for (uint32_t i = 0; i < 3; i++) {
		send(files[10 * i].size + 250 + i);
		read_before(10 * i);
		read_before(10 * i + 1);
	}
	send(700000);
	read_before(5);
	judge();
	for (uint32_t i = 0; i < 3; i++) {
		assert_true(results[i].named);
		assert_int_equal(results[i].file, 10 * i);
		assert_int_equal(results[i].offset, 250 + i);
		assert_int_equal(results[i].agreeing, 3);
		assert_int_equal(results[i].like, FILES / 4);
		assert_true(results[i].p_false <= 0.001);
	}
	assert_false(results[3].named);
}

/* It is counted, so that nobody is accused by the length alone. */
static void
another_file_that_fits_as_well_is_a_rival(void **state)
{
	begin(1);
	for (uint32_t i = 0; i < 3; i++) {
		send(files[10 * i].size + 250 + i);
		read_before(10 * i);
	}
	files[4].size = files[20].size;
	files[8].size = files[20].size + 600;
	read_before(4);
	read_before(8);
	judge();
	assert_int_equal(results[0].rivals, 0);
	assert_int_equal(results[1].rivals, 0);
	assert_int_equal(results[2].rivals, 1);
	assert_int_equal(results[2].file, 4);
	assert_true(results[2].named);
}

static void
one_alone_needs_headers_in_a_record_of_their_own(void **state)
{
	begin(2);
	/* of 2000 like ones it is drawn itself too often for that level */
	send(files[7].size + 180);
	read_before(7);
	items[0].starts[items[0].start_count++] = 180;
	assert_int_equal(ordinary_judge(&in, 0.0001, ORDINARY_REDRAWS,
	    results), 0);
	assert_false(results[0].named);
	begin(2);
	for (size_t i = 0; i < FILES; i++)
		files[i].kind = 0;
	send(files[7].size + 180);
	read_before(7);
	judge();
	assert_true(results[0].fits);
	assert_false(results[0].named);
	assert_int_equal(results[0].file, 7);
	items[0].starts[items[0].start_count++] = 180;
	judge();
	assert_true(results[0].named);
	assert_true(results[0].at_start);
	items[0].carrier = INFERENCE_HTTP2;
	judge();
	assert_false(results[0].named);
	items[0].max = items[0].min += (files[7].size + 16383) / 16384 * 9;
	judge();
	assert_true(results[0].named);
	items[0].carrier = INFERENCE_QUIC;
	judge();
	assert_false(results[0].fits);
}

/* All files of their kinds were read: nothing is known of those that were not. */
static void
without_files_that_were_not_read_nothing_is_named(void **state)
{
	begin(3);
	for (uint32_t i = 0; i < 6; i++) {
		files[i].kind = 100 + i;
		send(files[i].size + 200);
		read_before(i);
	}
	judge();
	for (uint32_t i = 0; i < 6; i++) {
		assert_true(results[i].fits);
		assert_false(results[i].named);
		assert_true(results[i].p_false == 1);
		assert_int_equal(results[i].like, 1);
	}
	/* nor where unread ones are all as long */
	for (uint32_t i = 0; i < FILES; i++)
		files[i] = (struct ordinary_file){ 300000, 1 };
	for (uint32_t i = 0; i < 6; i++)
		items[i].min = items[i].max = 300200;
	judge();
	assert_false(results[0].named);
}

static void
what_was_not_read_or_is_far_is_no_candidate(void **state)
{
	begin(4);
	send(files[3].size);
	judge();
	assert_false(results[0].fits);
	read_before(3);
	judge();
	assert_true(results[0].fits);
	assert_int_equal(results[0].offset, 0);
	items[0].min = items[0].max = files[3].size + MODEL_OFFSET_MAX;
	judge();
	assert_true(results[0].fits);
	items[0].min = ++items[0].max;
	judge();
	assert_false(results[0].fits);
	items[0].min = items[0].max = files[3].size - 1;
	judge();
	assert_false(results[0].fits);
	items[0].max++;
	judge();			/* its length is not exact */
	assert_false(results[0].fits);
	in.item_count = in.pair_count = 0;
	judge();
	in.pair_count = ORDINARY_PAIRS_MAX + 1;
	assert_int_equal(ordinary_judge(&in, 0.001, 1, results), -E2BIG);
}

/* Reads that have nothing to do with what is sent: names come no more often than
 * alpha says, here for 300 cases with reports of a usual length among them. */
static void
chance_names_no_more_often_than_it_says(void **state)
{
	unsigned tenth = 0, twentieth = 0;

	for (uint64_t n = 0; n < 300; n++) {
		double p = 1;

		begin(n + 10);
		for (int i = 0; i < 16; i++) {
			send(i % 4 ? ORDINARY_LEAST + next(1000000) : 262144);
			items[i].far_end = (uint32_t)(i % 2);
			items[i].starts[items[i].start_count++] =
			    (uint32_t)next(900);
			for (int k = 0; k < 8; k++)
				read_before((uint32_t)next(FILES));
		}
		assert_int_equal(ordinary_judge(&in, 0.05, 199, results), 0);
		for (size_t i = 0; i < in.item_count; i++)
			if (results[i].fits && results[i].p_false < p)
				p = results[i].p_false;
		tenth += p <= 0.1;
		twentieth += p <= 0.05;
	}
	/* 30 and 15 expected at most; one in ten thousand goes beyond these */
	assert_in_range(tenth, 5, 51);
	assert_in_range(twentieth, 1, 31);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    files_read_and_sent_with_the_same_headers_are_named),
		cmocka_unit_test(another_file_that_fits_as_well_is_a_rival),
		cmocka_unit_test(
		    one_alone_needs_headers_in_a_record_of_their_own),
		cmocka_unit_test(
		    without_files_that_were_not_read_nothing_is_named),
		cmocka_unit_test(what_was_not_read_or_is_far_is_no_candidate),
		cmocka_unit_test(chance_names_no_more_often_than_it_says),
	};

	return cmocka_run_group_tests_name("ordinary", tests, NULL, NULL);
}
