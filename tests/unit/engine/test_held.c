// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "canary/canary.h"
#include "engine/held.h"
#include "inference/inference.h"

static char dir[] = "/tmp/telltap-held-XXXXXX";
static struct known *known;
static struct set set;

static int
set_up(void **state)
{
	static const int types[] = { 2 };
	struct canary_error e;

	known = known_new();
	return !known || !mkdtemp(dir) || set_draw(&set, "held", 2, types, 1) ||
	    canary_plant(dir, &set, NULL, &e) || known_add_path(known, dir) ||
	    known_seal(known);
}

static int
tear_down(void **state)
{
	struct canary_error e;
	enum canary_state unused;
	int r = 0;

	for (size_t i = 0; i < set.count; i++)
		r |= canary_remove(dir, &set.files[i], &unused, &e);
	r |= canary_remove_manifest(dir, &e);
	set_clear(&set);
	known_free(known);
	return r | rmdir(dir);
}

/* A run of bytes on a flow of its own, and whether it was kept. */
static bool
take(struct held *h, uint64_t flow, uint64_t len)
{
	struct event_transfer t = { .visibility = VISIBLE_ENCRYPTED,
		.payload_out = len, .plain_min_out = len, .plain_max_out = len,
		.plain_max_in = 500, .records_out = 1 };
	struct record r = { .event = { .action = EVENT_TRANSFER,
		.transfer = &t } };

	r.flow.id = flow;
	return held_take(h, &r);
}

static void
nothing_is_held_where_no_canary_is_known(void **state)
{
	struct known *none = known_new();
	struct held *h = (struct held *)1;

	assert_int_equal(known_seal(none), 0);
	assert_int_equal(held_new(none, 0.001, false, &h), 0);
	assert_null(h);
	known_free(none);
}

static void
small_runs_go_on_and_are_not_counted(void **state)
{
	struct held *h;

	assert_int_equal(held_new(known, 0.001, false, &h), 0);
	assert_true(take(h, 1, 1024));
	assert_false(take(h, 2, 1023));
	assert_int_equal(held_refused(h), 0);
	held_free(h);
}

static int
count(void *arg, struct event *e)
{
	++*(unsigned *)arg;
	return 0;
}

static void
for_files_that_were_read_none_need_be_known(void **state)
{
	unsigned visited = 0;
	struct held *h;

	assert_int_equal(held_new(NULL, 0.001, true, &h), 0);
	assert_int_equal(held_release(h, NULL, count, &visited), 0);
	assert_true(take(h, 1, 5000));
	assert_int_equal(held_release(h, NULL, count, &visited), 0);
	assert_int_equal(visited, 1);
	held_free(h);
}

static void
above_the_ceiling_they_go_on_and_are_counted(void **state)
{
	struct held *h;

	assert_int_equal(held_new(known, 0.001, false, &h), 0);
	for (uint64_t i = 0; i < INFERENCE_ITEMS_MAX; i++)
		assert_true(take(h, i + 1, 100000));
	assert_int_equal(held_refused(h), 0);
	assert_false(take(h, INFERENCE_ITEMS_MAX + 1, 100000));
	assert_false(take(h, INFERENCE_ITEMS_MAX + 2, 100));
	assert_false(take(h, INFERENCE_ITEMS_MAX + 3, 100000));
	assert_int_equal(held_refused(h), 2);
	held_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_held_where_no_canary_is_known),
		cmocka_unit_test(small_runs_go_on_and_are_not_counted),
		cmocka_unit_test(for_files_that_were_read_none_need_be_known),
		cmocka_unit_test(above_the_ceiling_they_go_on_and_are_counted),
	};

	return cmocka_run_group_tests_name("held", tests, set_up, tear_down);
}
