// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "kernel/tuples.h"

static struct tap_tuple
tuple(uint32_t n)
{
	struct tap_tuple t;

	memset(&t, 0, sizeof(t));
	memcpy(t.local, &n, sizeof(n));
	t.proto = 17;
	return t;
}

static int
hold(struct tuples *ts, uint32_t n, uint64_t since_ns, uint64_t cookie,
    uint32_t owner)
{
	struct tap_tuple t = tuple(n);
	struct tuple_holder h = { .since_ns = since_ns, .cookie = cookie,
		.owner = owner };

	return tuples_hold(ts, &t, &h);
}

static uint32_t
owner_at(const struct tuples *ts, uint32_t n, uint64_t ts_ns)
{
	struct tap_tuple t = tuple(n);
	const struct tuple_holder *h = tuples_find(ts, &t, ts_ns);

	return h ? h->owner : 0;
}

static void
the_time_of_a_packet_says_which_holder_is_meant(void **state)
{
	struct tuples *ts = tuples_new();

	assert_int_equal(hold(ts, 1, 1000000, 11, 1), 0);
	assert_int_equal(hold(ts, 1, 2000000, 12, 2), 0);
	assert_int_equal(hold(ts, 1, 3000000, 13, 3), 0);
	assert_int_equal(owner_at(ts, 1, 1500000), 1);
	assert_int_equal(owner_at(ts, 1, 2500000), 2);
	assert_int_equal(owner_at(ts, 1, 9000000), 3);
	/* Two clocks: a packet may seem a little earlier than its record. */
	assert_int_equal(owner_at(ts, 1, 2990000), 3);
	/* Before all that is known. */
	assert_int_equal(owner_at(ts, 1, 5), 1);
	assert_int_equal(owner_at(ts, 2, 1500000), 0);
	assert_int_equal(tuples_count(ts), 1);
	tuples_free(ts);
}

#define STEP_NS	1000000ull

/* The owners of one tuple, a step each: odd ones are somebody's. */
static void
use_again(struct tuples *ts, uint64_t first, uint64_t count)
{
	for (uint64_t i = first; i < first + count; i++)
		assert_int_equal(hold(ts, 1, i * STEP_NS, i,
				     i % 2 ? (uint32_t)i : 0), 0);
}

static void
expect_uses(const struct tuples *ts, uint64_t first, uint64_t count)
{
	for (uint64_t i = first; i < first + count; i++)
		assert_int_equal(owner_at(ts, 1, i * STEP_NS + STEP_NS / 2),
		    i % 2 ? i : 0);
}

static void
expect_backlog(uint64_t count)
{
	struct tuples *ts = tuples_new();

	use_again(ts, 1, count);
	expect_uses(ts, 1, count);
	assert_int_equal(owner_at(ts, 1, 0), 1);
	assert_int_equal(tuples_holders_forgotten(ts), 0);
	tuples_free(ts);
}

static void
a_backlog_of_many_uses_of_one_port_finds_its_owners(void **state)
{
	for (uint64_t count = 1; count <= TUPLE_HOLDERS + 2; count++)
		expect_backlog(count);
	expect_backlog(TUPLE_HOLDERS + HOLDERS_OF_TUPLE);
}

static void
above_its_ceiling_the_oldest_use_is_forgotten_and_counted(void **state)
{
	const uint64_t count = TUPLE_HOLDERS + HOLDERS_OF_TUPLE + 2;
	struct tuples *ts = tuples_new();

	use_again(ts, 1, count);
	expect_uses(ts, 3, count - 2);
	assert_int_equal(owner_at(ts, 1, STEP_NS), 3);
	assert_int_equal(tuples_holders_forgotten(ts), 2);
	tuples_free(ts);
}

/* A use that ended long before the newest began: its packets have been read. */
static void
what_was_used_long_ago_makes_room(void **state)
{
	const uint64_t steps = HOLDERS_KEPT_NS / STEP_NS;
	struct tuples *ts = tuples_new();

	use_again(ts, 1, 6);
	use_again(ts, 3 + steps, 1);
	expect_uses(ts, 2, 5);
	assert_int_equal(owner_at(ts, 1, STEP_NS), 0);
	/* ... or as time goes by. */
	assert_int_equal(tuples_sweep(ts, 4 * STEP_NS, NULL, NULL), 0);
	assert_int_equal(owner_at(ts, 1, STEP_NS), 3);
	assert_int_equal(tuples_sweep(ts, UINT64_MAX, NULL, NULL), 0);
	assert_int_equal(owner_at(ts, 1, STEP_NS), 0);
	assert_int_equal(owner_at(ts, 1, 5 * STEP_NS), 5);
	assert_int_equal(tuples_holders_forgotten(ts), 0);
	tuples_free(ts);
}

static void
earlier_uses_of_many_ports_come_and_go(void **state)
{
	const uint32_t ports = 1000, uses = 10;
	struct tuples *ts = tuples_new();

	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < ports * uses; i++)
			assert_int_equal(hold(ts, i % ports, i * STEP_NS,
					     i + 1, i + 1), 0);
		for (uint32_t i = 0; i < ports * uses; i++)
			assert_int_equal(owner_at(ts, i % ports, i * STEP_NS),
			    i + 1);
		for (uint32_t i = 0; i < ports * uses; i++)
			tuples_end_cookie(ts, i + 1, 1);
		assert_int_equal(tuples_sweep(ts, 2, NULL, NULL), ports);
		assert_int_equal(tuples_count(ts), 0);
	}
	assert_int_equal(tuples_holders_forgotten(ts), 0);
	tuples_free(ts);
}

static void
the_same_socket_again_is_no_new_holder(void **state)
{
	struct tuples *ts = tuples_new();

	for (int i = 0; i < 10; i++)
		assert_int_equal(hold(ts, 1, 1000000 * i, 11, 1), 0);
	assert_int_equal(hold(ts, 1, 50000000, 11, 2), 0);
	assert_int_equal(owner_at(ts, 1, 30000000), 1);
	assert_int_equal(owner_at(ts, 1, 60000000), 2);
	tuples_free(ts);
}

static void
an_owners_next_socket_holds_on_since_the_first(void **state)
{
	struct tuples *ts = tuples_new();

	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(hold(ts, 1, 1000000 * (i + 1), 11 + i, 1), 0);
	assert_int_equal(hold(ts, 1, 20000000, 31, 2), 0);
	assert_int_equal(owner_at(ts, 1, 1500000), 1);
	assert_int_equal(owner_at(ts, 1, 30000000), 2);
	/* What ends is the last of them. */
	assert_int_equal(tuples_end_cookie(ts, 20, 100), 0);
	assert_int_equal(tuples_end_cookie(ts, 31, 100), 2);
	tuples_free(ts);
}

static void
a_tuple_may_be_nobodys_for_a_while(void **state)
{
	struct tuples *ts = tuples_new();
	struct tap_tuple t = tuple(1);

	assert_int_equal(hold(ts, 1, 1000000, 11, 1), 0);
	assert_int_equal(hold(ts, 1, 2000000, 99, 0), 0);
	assert_int_equal(hold(ts, 1, 3000000, 12, 1), 0);
	assert_int_equal(owner_at(ts, 1, 1500000), 1);
	assert_int_equal(owner_at(ts, 1, 2500000), 0);
	assert_int_equal(owner_at(ts, 1, 3500000), 1);
	assert_true(tuple_is_held(tuples_find(ts, &t, 980000), 980000));
	assert_false(tuple_is_held(tuples_find(ts, &t, 979999), 979999));
	tuples_free(ts);
}

static size_t removed_count;

static void
on_removed(void *arg, const struct tuple_entry *e)
{
	removed_count++;
}

static void
a_tuple_lingers_after_its_socket_and_then_goes(void **state)
{
	struct tuples *ts = tuples_new();

	removed_count = 0;
	assert_int_equal(hold(ts, 1, 1, 11, 1), 0);
	assert_int_equal(hold(ts, 2, 1, 11, 1), 0);
	assert_int_equal(hold(ts, 3, 1, 12, 2), 0);
	assert_int_equal(tuples_end_cookie(ts, 11, 100), 1);
	assert_int_equal(tuples_end_cookie(ts, 99, 100), 0);
	assert_int_equal(tuples_sweep(ts, 100, on_removed, NULL), 0);
	assert_int_equal(owner_at(ts, 2, 5), 1);
	assert_int_equal(tuples_sweep(ts, 101, on_removed, NULL), 2);
	assert_int_equal(removed_count, 2);
	assert_int_equal(owner_at(ts, 1, 5), 0);
	assert_int_equal(owner_at(ts, 2, 5), 0);
	assert_int_equal(owner_at(ts, 3, 5), 2);
	assert_int_equal(tuples_sweep(ts, UINT64_MAX, on_removed, NULL), 0);
	tuples_free(ts);
}

static void
a_port_used_again_does_not_go_with_its_former_socket(void **state)
{
	struct tuples *ts = tuples_new();

	assert_int_equal(hold(ts, 1, 1, 11, 1), 0);
	tuples_end_cookie(ts, 11, 100);
	assert_int_equal(hold(ts, 1, 200, 12, 2), 0);
	assert_int_equal(tuples_sweep(ts, 1000, NULL, NULL), 0);
	/* The late end of the former one does not concern it either. */
	assert_int_equal(tuples_end_cookie(ts, 11, 300), 0);
	assert_int_equal(tuples_sweep(ts, 1000, NULL, NULL), 0);
	assert_int_equal(owner_at(ts, 1, 1000000), 2);
	tuples_free(ts);
}

static void
many_come_and_go_without_a_mix_up(void **state)
{
	struct tuples *ts = tuples_new();
	const uint32_t n = 20000;

	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(hold(ts, i, 1, i + 1, i + 1), 0);
	for (uint32_t i = 0; i < n; i += 3)
		tuples_end_cookie(ts, i + 1, 10);
	assert_int_equal(tuples_sweep(ts, 11, NULL, NULL), (n + 2) / 3);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(owner_at(ts, i, 5), i % 3 ? i + 1 : 0);
	for (uint32_t i = 0; i < n; i += 3)
		assert_int_equal(hold(ts, i, 20, n + i + 1, n + i + 1), 0);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(owner_at(ts, i, 5),
		    i % 3 ? i + 1 : n + i + 1);
	assert_int_equal(tuples_count(ts), n);
	tuples_free(ts);
}

static void
the_more_there_are_the_less_they_linger(void **state)
{
	struct tuples *ts = tuples_new();

	for (uint32_t i = 0; i < 65535; i++)
		assert_int_equal(hold(ts, i, 1, i + 1, 1), 0);
	assert_int_equal(tuples_linger_ns(ts), 60000000000ull);
	assert_int_equal(hold(ts, 65535, 1, 65536, 1), 0);
	assert_int_equal(tuples_linger_ns(ts), 15000000000ull);
	for (uint32_t i = 65536; i < 3 * 65536; i++)
		assert_int_equal(hold(ts, i, 1, i + 1, 1), 0);
	assert_int_equal(tuples_linger_ns(ts), 3750000000ull);
	for (uint32_t i = 0; i < 3 * 65536; i++)
		tuples_end_cookie(ts, i + 1, 2);
	assert_int_equal(tuples_sweep(ts, 3, NULL, NULL), 3 * 65536);
	assert_int_equal(tuples_linger_ns(ts), 60000000000ull);
	tuples_free(ts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_time_of_a_packet_says_which_holder_is_meant),
		cmocka_unit_test(
		    a_backlog_of_many_uses_of_one_port_finds_its_owners),
		cmocka_unit_test(
		    above_its_ceiling_the_oldest_use_is_forgotten_and_counted),
		cmocka_unit_test(what_was_used_long_ago_makes_room),
		cmocka_unit_test(earlier_uses_of_many_ports_come_and_go),
		cmocka_unit_test(the_same_socket_again_is_no_new_holder),
		cmocka_unit_test(an_owners_next_socket_holds_on_since_the_first),
		cmocka_unit_test(a_tuple_may_be_nobodys_for_a_while),
		cmocka_unit_test(
		    a_tuple_lingers_after_its_socket_and_then_goes),
		cmocka_unit_test(
		    a_port_used_again_does_not_go_with_its_former_socket),
		cmocka_unit_test(many_come_and_go_without_a_mix_up),
		cmocka_unit_test(the_more_there_are_the_less_they_linger),
	};

	return cmocka_run_group_tests_name("kernel/tuples", tests, NULL, NULL);
}
