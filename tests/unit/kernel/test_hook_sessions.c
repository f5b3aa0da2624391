// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/hook_sessions.h"

struct told {
	size_t count;
	uint64_t last;
	uint32_t owner;
};

static int
on_session(void *arg, const struct tap_session *s)
{
	struct told *t = arg;

	t->count++;
	t->last = s->stream;
	t->owner = s->owner;
	return 0;
}

static int
refuse(void *arg, const struct tap_session *s)
{
	++*(size_t *)arg;
	return -12;
}

static struct told
all_of(const struct hook_sessions *s)
{
	struct told t = { 0 };

	assert_int_equal(0, hook_sessions_each(s, on_session, &t));
	return t;
}

static void
note(struct hook_sessions *s, uint64_t stream, uint32_t owner)
{
	struct tap_session session = { .stream = stream, .owner = owner };

	hook_sessions_note(s, &session);
}

static void
those_that_run_are_told(void **state)
{
	struct hook_sessions *s = hook_sessions_new();

	assert_int_equal(0, all_of(s).count);
	note(s, 1, 7);
	note(s, 2, 8);
	assert_int_equal(2, all_of(s).count);
	hook_sessions_end(s, 2);
	assert_int_equal(1, all_of(s).count);
	assert_int_equal(1, all_of(s).last);
	assert_int_equal(7, all_of(s).owner);
	hook_sessions_end(s, 3);	/* never heard of */
	assert_int_equal(1, all_of(s).count);
	hook_sessions_free(s);
}

static void
a_session_that_moves_is_told_once(void **state)
{
	struct hook_sessions *s = hook_sessions_new();

	note(s, 5, 1);
	note(s, 5, 2);
	assert_int_equal(1, all_of(s).count);
	assert_int_equal(2, all_of(s).owner);
	hook_sessions_free(s);
}

static void
the_newest_take_the_room_of_the_oldest(void **state)
{
	struct hook_sessions *s = hook_sessions_new();

	for (uint64_t i = 1; i <= HOOK_SESSIONS_MAX; i++)
		note(s, i, 1);
	assert_int_equal(HOOK_SESSIONS_MAX, all_of(s).count);
	note(s, HOOK_SESSIONS_MAX + 1, 2);
	assert_int_equal(HOOK_SESSIONS_MAX, all_of(s).count);
	/* What is said of the old one does not touch the new. */
	hook_sessions_end(s, 1);
	note(s, 1, 1);
	assert_int_equal(HOOK_SESSIONS_MAX, all_of(s).count);
	hook_sessions_end(s, HOOK_SESSIONS_MAX + 1);
	assert_int_equal(HOOK_SESSIONS_MAX - 1, all_of(s).count);
	hook_sessions_free(s);
}

static void
telling_ends_with_a_failure(void **state)
{
	struct hook_sessions *s = hook_sessions_new();
	size_t told = 0;

	note(s, 1, 1);
	note(s, 2, 1);
	assert_int_equal(-12, hook_sessions_each(s, refuse, &told));
	assert_int_equal(1, told);
	hook_sessions_free(s);
	hook_sessions_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_that_run_are_told),
		cmocka_unit_test(a_session_that_moves_is_told_once),
		cmocka_unit_test(the_newest_take_the_room_of_the_oldest),
		cmocka_unit_test(telling_ends_with_a_failure),
	};

	return cmocka_run_group_tests_name("kernel/hook_sessions", tests, NULL,
	    NULL);
}
