// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/reads.h"

#define S UINT64_C(1000000000)

static struct reads *reads;

static int
set_up(void **state)
{
	reads = reads_new();
	return !reads;
}

static int
tear_down(void **state)
{
	reads_free(reads);
	return 0;
}

static void
add(const char *path, uint64_t size, uint64_t bytes, uint64_t ns, uint64_t pid,
    uint64_t parent)
{
	struct event_file_read r = { .path = span_str(path), .size = size,
		.bytes = bytes, .first_ns = ns, .last_ns = ns };
	struct event_process p = { .pid = pid, .parent_pid = parent };

	reads_add(reads, &r, &p);
}

static bool
find(uint64_t size, uint64_t ns, uint64_t pid, uint64_t parent,
    struct event_read_before *ret)
{
	struct reads_sender s = { pid, parent, ns };

	return reads_before(reads, size, &s, ret);
}

static void
a_whole_file_of_that_size_shortly_before_is_found(void **state)
{
	struct event_read_before r;

	add("/a/b/one.pdf", 5000, 5000, 100 * S, 7, 2);
	add("two.pdf", 5000, 4999, 101 * S, 7, 2);	/* not all of it */
	assert_true(find(5000, 102 * S, 7, 2, &r));
	assert_int_equal(r.name.len, 7);
	assert_memory_equal(r.name.p, "one.pdf", 7);
	assert_int_equal(r.before_ns, 2 * S);
	assert_true(r.same_process);
	assert_false(find(5001, 102 * S, 7, 2, &r));
	assert_false(find(4999, 102 * S, 7, 2, &r));
	assert_false(find(5000, 100 * S - 1, 7, 2, &r));
	assert_true(find(5000, 100 * S, 7, 2, &r));
	assert_true(find(5000, 100 * S + READS_BEFORE_NS, 7, 2, &r));
	assert_false(find(5000, 100 * S + READS_BEFORE_NS + 1, 7, 2, &r));
}

static void
the_last_one_counts(void **state)
{
	struct event_read_before r;

	add("one", 5000, 5000, 100 * S, 7, 2);
	add("three", 5000, 5000, 103 * S, 7, 2);
	add("two", 5000, 5000, 101 * S, 7, 2);
	assert_true(find(5000, 104 * S, 7, 2, &r));
	assert_memory_equal(r.name.p, "three", 5);
	assert_true(find(5000, 102 * S, 7, 2, &r));
	assert_memory_equal(r.name.p, "two", 3);
}

static void
the_reader_is_the_sender_or_near_it(void **state)
{
	struct event_read_before r;

	add("one", 5000, 5000, 100 * S, 7, 2);
	assert_true(find(5000, 101 * S, 9, 7, &r));	/* its child */
	assert_false(r.same_process);
	assert_true(find(5000, 101 * S, 2, 1, &r));	/* its parent */
	assert_true(find(5000, 101 * S, 8, 2, &r));	/* its sibling */
	assert_false(find(5000, 101 * S, 8, 3, &r));
	assert_false(find(5000, 101 * S, 0, 7, &r));	/* not known */
	/* what the first process started has nothing in common */
	add("two", 6000, 6000, 100 * S, 17, 1);
	assert_false(find(6000, 101 * S, 18, 1, &r));
}

static void
what_is_above_the_ceiling_is_not_kept(void **state)
{
	struct event_read_before r;

	for (uint64_t i = 0; i < READS_MAX; i++)
		add("x", 5000, 5000, S, 7, 2);
	add("y", 6000, 6000, S, 7, 2);
	assert_true(find(5000, 2 * S, 7, 2, &r));
	assert_false(find(6000, 2 * S, 7, 2, &r));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(a_whole_file_of_that_size_shortly_before_is_found),
		T(the_last_one_counts),
		T(the_reader_is_the_sender_or_near_it),
		T(what_is_above_the_ceiling_is_not_kept),
	};

	return cmocka_run_group_tests_name("reads", tests, NULL, NULL);
}
