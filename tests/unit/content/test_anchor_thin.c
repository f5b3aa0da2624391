// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "content/known/anchor_thin.h"

#define LEN	(4u << 20)
#define DENSE	(64u << 10)

static uint8_t *data;
static uint64_t kept[LEN / 64], all[LEN / 64];
static size_t kept_count, all_count;

/* What is kept of the anchors of the data, in the order given out. */
static void
run(uint64_t dense)
{
	struct anchor_kept out[ANCHOR_WAITING + 1], next = { 0 };
	struct anchor_stream *s = malloc(sizeof(*s));
	struct anchor found[32];
	struct anchor_thin t;
	size_t n;

	kept_count = all_count = 0;
	anchor_stream_init(s);
	anchor_thin_init(&t, dense);
	anchor_stream_open(s, data, LEN);
	while ((n = anchor_stream_next(s, true, found, 32))) {
		for (size_t i = 0; i < n; i++) {
			all[all_count++] = found[i].offset;
			next.anchor = found[i];
			for (size_t k = anchor_thin_next(&t, &next, out), j = 0;
			    j < k; j++)
				kept[kept_count++] = out[j].anchor.offset;
		}
	}
	anchor_stream_close(s);
	free(s);
}

static void
fill(unsigned kind)
{
	uint32_t x = 99 + kind;

	for (size_t i = 0; i < LEN; i++) {
		x = x * 1664525 + 1013904223;
		data[i] = kind == 0 ? (uint8_t)(x >> 24) :
		    (uint8_t)"etaoin shrdlu\n.,"[x >> 28];
	}
}

/* No window of a class is without one, each is given out once and in order,
 * and is an anchor. */
static void
every_window_keeps_one(void **state)
{
	for (unsigned kind = 0; kind < 2; kind++) {
		struct anchor_thin t;
		size_t at = 0, i = 0;

		fill(kind);
		run(DENSE);
		anchor_thin_init(&t, DENSE);
		for (; i < kept_count; i++) {
			uint64_t before = i ? kept[i - 1] : 0;
			unsigned class = anchor_thin_class(&t, kept[i]);

			while (at < all_count && all[at] < kept[i])
				at++;
			assert_int_equal(all[at], kept[i]);
			assert_true(!i || before < kept[i]);
			assert_true(kept[i] - before <=
			    (uint64_t)ANCHOR_WINDOW << class);
		}
		/* of twice the bytes, half of those that the first have */
		assert_int_equal(anchor_thin_class(&t, LEN - 1), 6);
		assert_in_range(kept_count, 38 * DENSE / 970,
		    42 * DENSE / 970);
	}
}

static void
all_are_kept_up_to_the_limit(void **state)
{
	struct anchor_thin t;

	fill(0);
	run(LEN);
	assert_int_equal(kept_count, all_count);
	assert_memory_equal(kept, all, all_count * sizeof(*all));
	anchor_thin_init(&t, ANCHOR_DENSE);
	assert_int_equal(anchor_thin_class(&t, ANCHOR_DENSE - 1), 0);
	assert_int_equal(anchor_thin_class(&t, ANCHOR_DENSE), 1);
	assert_int_equal(anchor_thin_class(&t, 10ull << 30), 7);
}

/* Ranks that rise for long leave no room to wait: they are kept at once. */
static void
more_than_can_wait_are_kept(void **state)
{
	struct anchor_kept out[ANCHOR_WAITING + 1], next = { 0 };
	struct anchor_thin t;
	size_t k;

	anchor_thin_init(&t, 1u << 20);
	for (unsigned i = 0; i < ANCHOR_WAITING + 10; i++) {
		next.anchor.offset = (1ull << 20) + i;
		next.anchor.rank = i;
		k = anchor_thin_next(&t, &next, out);
		assert_int_equal(k, i == 0 || i >= ANCHOR_WAITING);
	}
	next.anchor.offset = (1u << 20) + 100000;
	k = anchor_thin_next(&t, &next, out);
	assert_int_equal(k, ANCHOR_WAITING);
	assert_int_equal(out[0].anchor.rank, 1);
	assert_int_equal(out[k - 1].anchor.offset, next.anchor.offset);
}

static int
setup(void **state)
{
	data = malloc(LEN);
	return data ? 0 : -1;
}

static int
teardown(void **state)
{
	free(data);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_window_keeps_one),
		cmocka_unit_test(all_are_kept_up_to_the_limit),
		cmocka_unit_test(more_than_can_wait_are_kept),
	};

	return cmocka_run_group_tests_name("content/anchor_thin", tests, setup,
	    teardown);
}
