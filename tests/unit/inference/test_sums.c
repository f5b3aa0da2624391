// SPDX-License-Identifier: Apache-2.0
/* Canaries that went out side by side on one connection of HTTP/2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "drawn_set.h"

static struct inference_item items[8];
static struct inference_result results[8];
static struct inference_group group;
static struct inference_sum sum;
static uint8_t name_lens[COUNT];

static int
set_up(void **state)
{
	for (size_t i = 0; i < COUNT; i++)
		name_lens[i] = (uint8_t)(12 + i * i % 17);
	return draw_set("sums");
}

static void
add_end(uint32_t item, uint64_t len)
{
	group.ends[group.end_count++] = (struct inference_end){ item,
		(uint16_t)len };
}

/* One more body, with 200 bytes of headers; its last frame is in that run. */
static void
add_body(uint64_t size, uint32_t item)
{
	uint64_t len = size + (size + 16383) / 16384 * 9 + 200;

	group.total += len;
	items[item].min += len;
	items[item].max += len;
	add_end(item, size % 16384 + 9);
}

static void
add(size_t canary, uint32_t item)
{
	add_body(sizes[canary], item);
}

static void
begin(void)
{
	memset(&group, 0, sizeof(group));
	memset(items, 0, sizeof(items));
	for (size_t i = 0; i < 2; i++)
		items[i] = (struct inference_item){ .group = 1,
			.carrier = INFERENCE_HTTP2 };
	add_end(0, 333);	/* headers */
}

static enum inference_why
run(void)
{
	struct inference_case in = { items, 2, &group, 1 };

	assert_int_equal(inference_judge(null, &set, &in, 0.001, results, &sum),
	    0);
	return sum.why;
}

static void
canaries_side_by_side_are_a_sum(void **state)
{
	begin();
	add(2, 0);
	add(5, 0);
	add(11, 1);
	assert_int_equal(run(), INFERENCE_WHY_NAMED);
	assert_true(sum.p_false <= 0.001);
	assert_int_equal(sum.count, 3);
	for (size_t i = 0; i < 3; i++) {
		uint32_t canary = sum.members[i].canary;

		assert_true(canary == 2 || canary == 5 || canary == 11);
		assert_int_equal(sum.members[i].item, canary == 11);
	}
	/* what is in the sum is not taken for another one */
	assert_false(results[0].named);
	assert_false(results[1].named);
}

/* An upload that was resumed has its pieces among the runs: that is another way to
 * take them, however well it fits. */
static void
a_sum_is_not_named_as_a_whole_too(void **state)
{
	struct inference_case in = { items, 3, &group, 1 };

	for (int apart = 0; apart < 2; apart++) {
		begin();
		add(2, 0);
		add(5, 0);
		add(11, 1);
		items[0].also_in = items[1].in = 3;
		items[2] = (struct inference_item){
			.min = sizes[7] + 300, .max = sizes[7] + 300,
			.starts = { 300 }, .start_count = 1,
			.far_end = INFERENCE_RESUMED,
		};
		if (apart)	/* nothing says that both are the same bytes */
			items[2].also_in = items[0].also_in = items[1].in = 0;
		assert_int_equal(inference_judge(null, &set, &in, 0.05,
		    results, &sum), 0);
		assert_int_equal(sum.why, apart || !results[2].named ?
		    INFERENCE_WHY_NAMED : INFERENCE_WHY_CHANCE);
		assert_int_equal((sum.why == INFERENCE_WHY_NAMED) +
		    results[2].named, apart ? 2 : 1);
	}
}

static void
expect_members(enum model_wrap wrap, const size_t *canaries, size_t count)
{
	assert_int_equal(run(), INFERENCE_WHY_NAMED);
	assert_int_equal(sum.wrap, wrap);
	assert_int_equal(sum.count, count);
	for (size_t i = 0; i < count; i++) {
		bool is = false;

		for (size_t k = 0; k < count; k++)
			is |= sum.members[i].canary == canaries[k];
		assert_true(is);
	}
}

/* What is around them is as long for each, but for the name, or not at all. */
static void
forms_side_by_side_are_a_sum(void **state)
{
	static const size_t sent[] = { 1, 4, 6, 9 };

	for (uint64_t added = 40; added <= 4000; added += 990) {
		begin();
		for (size_t i = 0; i < 4; i++)
			add_body(sizes[sent[i]] + added, 0);
		expect_members(MODEL_RAW, sent, 4);
		set.name_lens = name_lens;
		begin();
		for (size_t i = 0; i < 4; i++)
			add_body(sizes[sent[i]] + added + name_lens[sent[i]], 0);
		expect_members(MODEL_RAW, sent, 4);
		set.name_lens = NULL;
		assert_int_not_equal(run(), INFERENCE_WHY_NAMED);
	}
}

static void
wrapped_ones_side_by_side_are_a_sum(void **state)
{
	static const size_t sent[] = { 3, 5, 8, 10 };

	begin();
	for (size_t i = 0; i < 4; i++)
		add_body((sizes[sent[i]] + 2) / 3 * 4 + 120, 0);
	expect_members(MODEL_BASE64, sent, 4);
	begin();
	for (size_t i = 0; i < 4; i++)
		add_body(2 * sizes[sent[i]], 0);
	expect_members(MODEL_HEX, sent, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(sum.members[i].len, 2 * sizes[sum.members[i]
		    .canary] + (2 * sizes[sum.members[i].canary] + 16383) /
		    16384 * 9);
}

/* Two of them that one number of bytes would explain are so by chance. */
static void
different_bytes_around_each_are_no_sum(void **state)
{
	begin();
	add_body(sizes[1] + 310, 0);
	add_body(sizes[4] + 377, 0);
	add_body(sizes[6] + 1204, 0);
	assert_int_not_equal(run(), INFERENCE_WHY_NAMED);
}

static void
a_frame_cut_short_by_a_byte_moves_the_last_one(void **state)
{
	begin();
	add(2, 0);
	add(5, 0);
	group.ends[1].len++;
	assert_int_equal(run(), INFERENCE_WHY_NAMED);
	group.ends[1].len++;
	assert_int_equal(run(), INFERENCE_WHY_NONE);
}

/* A set of which one canary's last frame is as short as control frames are;
 * returns its number. */
static size_t
draw_unseen(char seed[static 32])
{
	for (unsigned i = 0; i < 1000; i++) {
		snprintf(seed, 32, "unseen %u", i);
		assert_int_equal(code_draw(&set.code, span_str(seed), sizes), 0);
		for (size_t k = 0; k < COUNT; k++)
			if (sizes[k] % 16384 + 9 < INFERENCE_END_LEAST)
				return k;
	}
	fail();
	return 0;
}

static void
one_that_ends_unseen_may_be_in_it(void **state)
{
	struct inference_set drawn = set;
	struct inference_null *kept = null;
	char seed[32];
	size_t unseen = draw_unseen(seed);

	set.seed = seed;
	assert_int_equal(inference_null_new(&set, REDRAWS, &null), 0);
	begin();
	for (size_t i = 1; i <= 3; i++)
		add((unseen + i) % COUNT, 0);
	assert_int_equal(run(), INFERENCE_WHY_NAMED);
	assert_int_equal(sum.count, 3);
	add(unseen, 0);
	group.end_count--;
	assert_int_equal(run(), INFERENCE_WHY_NAMED);
	assert_int_equal(sum.count, 4);
	/* in place of one that is seen it may be anything */
	add_end(0, sizes[(unseen + 4) % COUNT] % 16384 + 9);
	assert_int_equal(run(), INFERENCE_WHY_AMBIGUOUS);
	group.end_count--;
	/* nor is it, where headers would have to be long */
	group.total += 4 * 312 + 1;
	assert_int_equal(run(), INFERENCE_WHY_UNEXPLAINED);
	inference_null_free(null);
	null = kept;
	set = drawn;
	assert_int_equal(code_draw(&set.code, span_str(set.seed), sizes), 0);
}

static void
what_does_not_add_up_is_refused(void **state)
{
	begin();
	add(2, 0);
	add(5, 0);
	add(7, 0);
	group.total += 3 * 4096;	/* with 600 of headers: too many */
	assert_int_equal(run(), INFERENCE_WHY_UNEXPLAINED);
	assert_int_equal(sum.count, 0);
	group.total -= 600;
	assert_int_equal(run(), INFERENCE_WHY_NAMED);
	group.total -= 3 * 4096 + 1;	/* less than the files */
	assert_int_not_equal(run(), INFERENCE_WHY_NAMED);
}

/* A record that is there by chance is no file, for the sum lacks it. */
static void
a_record_too_many_is_left_out(void **state)
{
	begin();
	add(2, 0);
	add(5, 0);
	add(7, 1);
	add_end(1, sizes[9] % 16384 + 9);
	assert_int_equal(run(), INFERENCE_WHY_NAMED);
	assert_int_equal(sum.count, 3);
	for (size_t i = 0; i < sum.count; i++)
		assert_int_not_equal(sum.members[i].canary, 9);
}

static uint64_t
framed(size_t canary)
{
	return sizes[canary] + (sizes[canary] + 16383) / 16384 * 9;
}

static size_t
longest(void)
{
	size_t n = 0;

	for (size_t i = 1; i < COUNT; i++)
		if (sizes[i] > sizes[n])
			n = i;
	return n;
}

/* Where one whose last frame is there is left out, what adds up may be that one and
 * another, whose last frame a window cut, in the guise of a third. */
static void
two_are_not_taken_for_a_third(void **state)
{
	size_t third = longest();

	for (uint64_t more = 0; more < 2; more++) {
		begin();
		add(2, 0);
		add(5, 0);
		add(11, 1);
		add(7, 1);
		add_end(1, sizes[third] % 16384 + 9);
		group.total = framed(2) + framed(5) + framed(11) +
		    framed(third) + 4 * 512 + more;
		assert_int_equal(run(), more ? INFERENCE_WHY_UNEXPLAINED :
		    INFERENCE_WHY_NAMED);
	}
}

static void
one_after_the_other_is_no_sum(void **state)
{
	begin();
	add(2, 0);
	add(5, 1);
	assert_int_equal(run(), INFERENCE_WHY_NONE);
	begin();
	add(2, 0);
	assert_int_equal(run(), INFERENCE_WHY_NONE);
}

static void
too_many_records_are_refused(void **state)
{
	begin();
	add(2, 0);
	add(5, 0);
	group.too_many = true;
	assert_int_equal(run(), INFERENCE_WHY_MANY);
	assert_int_equal(sum.count, 0);
	/* as many as there is room for are not */
	group.too_many = false;
	while (group.end_count < INFERENCE_ENDS_MAX)
		add_end(0, 100);
	assert_int_equal(run(), INFERENCE_WHY_NAMED);
}

/* The rank among redrawn codes is what names: where many records and a wide sum
 * make a match likely, none is. */
static void
other_files_side_by_side_are_not_named(void **state)
{
	unsigned named = 0;
	uint64_t z = 1;

	for (int n = 0; n < 20; n++) {
		begin();
		for (uint32_t i = 0; i < 40; i++) {
			z = z * 6364136223846793005u + 1442695040888963407u;
			add_end(i % 2, 100 + (z >> 33) % 16000);
			group.total += 200000 + (z >> 40) % 1000000;
		}
		items[0].min = items[0].max = group.total / 2;
		items[1].min = items[1].max = group.total / 2;
		named += run() == INFERENCE_WHY_NAMED;
	}
	assert_int_equal(named, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(canaries_side_by_side_are_a_sum),
		cmocka_unit_test(a_sum_is_not_named_as_a_whole_too),
		cmocka_unit_test(forms_side_by_side_are_a_sum),
		cmocka_unit_test(wrapped_ones_side_by_side_are_a_sum),
		cmocka_unit_test(different_bytes_around_each_are_no_sum),
		cmocka_unit_test(a_frame_cut_short_by_a_byte_moves_the_last_one),
		cmocka_unit_test(one_that_ends_unseen_may_be_in_it),
		cmocka_unit_test(what_does_not_add_up_is_refused),
		cmocka_unit_test(a_record_too_many_is_left_out),
		cmocka_unit_test(two_are_not_taken_for_a_third),
		cmocka_unit_test(one_after_the_other_is_no_sum),
		cmocka_unit_test(too_many_records_are_refused),
		cmocka_unit_test(other_files_side_by_side_are_not_named),
	};

	return cmocka_run_group_tests_name("sums", tests, set_up, tear_down);
}
