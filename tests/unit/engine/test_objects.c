// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "engine/objects.h"

static struct objects objects;
static const uint8_t bytes[8];

static struct event_file
choose(unsigned number, uint64_t size, bool there)
{
	struct event_file f = { .size = size, .kept = EVENT_LEFT_OUT,
		.has_sha256 = true, .object = there ? bytes : NULL };
	struct event_transfer t = { .files = &f, .file_count = 1 };

	memcpy(f.sha256, &number, sizeof(number));
	objects_choose(&objects, &t);
	return f;
}

static int
begin(void **state)
{
	memset(&objects, 0, sizeof(objects));
	return 0;
}

static void
one_is_kept_once(void **state)
{
	struct event_file f = choose(1, 5, true);

	assert_int_equal(f.kept, EVENT_KEPT);
	assert_ptr_equal(f.object, bytes);
	f = choose(1, 5, true);
	assert_int_equal(f.kept, EVENT_KEPT);
	assert_null(f.object);
	/* too large to be brought along again, but it is there */
	assert_int_equal(choose(1, 5, false).kept, EVENT_KEPT);
}

static void
what_was_not_brought_along_is_left_out(void **state)
{
	assert_int_equal(choose(1, 5, false).kept, EVENT_LEFT_OUT);
	assert_int_equal(objects.count, 0);
}

static void
there_are_no_more_than_the_seal_can_name(void **state)
{
	struct event_file f;

	for (unsigned i = 0; i < OBJECTS_MAX; i++)
		assert_int_equal(choose(i, 5, true).kept, EVENT_KEPT);
	f = choose(OBJECTS_MAX, 5, true);
	assert_int_equal(f.kept, EVENT_LEFT_OUT);
	assert_null(f.object);
	assert_int_equal(choose(0, 5, true).kept, EVENT_KEPT);
}

static void
their_bytes_have_a_ceiling(void **state)
{
	assert_int_equal(choose(1, OBJECTS_BYTES_MAX - 5, true).kept,
	    EVENT_KEPT);
	assert_int_equal(choose(2, 6, true).kept, EVENT_LEFT_OUT);
	assert_int_equal(choose(3, 5, true).kept, EVENT_KEPT);
	assert_int_equal(choose(4, 1, true).kept, EVENT_LEFT_OUT);
}

static void
where_nothing_was_asked_nothing_is_said(void **state)
{
	struct event_file f = { .size = 5, .object = bytes };
	struct event_transfer t = { .files = &f, .file_count = 1 };

	objects_choose(&objects, &t);
	assert_int_equal(f.kept, EVENT_NOT_ASKED);
	assert_int_equal(objects.count, 0);
}

#define T(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_is_kept_once),
		T(what_was_not_brought_along_is_left_out),
		T(there_are_no_more_than_the_seal_can_name),
		T(their_bytes_have_a_ceiling),
		T(where_nothing_was_asked_nothing_is_said),
	};

	return cmocka_run_group_tests_name("objects", tests, NULL, NULL);
}
