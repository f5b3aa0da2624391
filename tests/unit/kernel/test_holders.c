// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/holders.h"

#define CHAINS	(HOLDERS_MAX / HOLDERS_OF_TUPLE)
#define STEP_NS	1000000ull

static void
push(struct holders *hs, struct holder_chain *chain, uint32_t owner)
{
	struct tuple_holder h = { .since_ns = owner * STEP_NS, .owner = owner };

	holders_push(hs, chain, &h);
}

static uint32_t
owner_at(const struct holders *hs, const struct holder_chain *chain,
    uint64_t ts_ns)
{
	const struct tuple_holder *h = holders_find(hs, chain, ts_ns);

	return h ? h->owner : 0;
}

static void
an_empty_chain_has_nobody(void **state)
{
	struct holders hs = { 0 };
	struct holder_chain chain = { 0 };

	assert_null(holders_find(&hs, &chain, STEP_NS));
	holders_trim(&hs, &chain, 0, UINT64_MAX);
	holders_clear(&hs, &chain);
	assert_int_equal(hs.count, 0);
	holders_drop(&hs);
}

static void
each_goes_once_the_next_is_that_old(void **state)
{
	struct holders hs = { 0 };
	struct holder_chain chain = { 0 };

	push(&hs, &chain, 1);
	push(&hs, &chain, 2);
	holders_trim(&hs, &chain, 3 * STEP_NS, 2 * STEP_NS);
	assert_int_equal(owner_at(&hs, &chain, STEP_NS), 1);
	holders_trim(&hs, &chain, 3 * STEP_NS, 2 * STEP_NS + 1);
	assert_int_equal(owner_at(&hs, &chain, STEP_NS), 2);
	holders_trim(&hs, &chain, 3 * STEP_NS, 3 * STEP_NS + 1);
	assert_int_equal(owner_at(&hs, &chain, STEP_NS), 0);
	push(&hs, &chain, 4);
	assert_int_equal(owner_at(&hs, &chain, 9 * STEP_NS), 4);
	assert_int_equal(hs.count, 1);
	assert_int_equal(hs.forgotten, 0);
	holders_drop(&hs);
}

static void
where_the_pool_is_full_a_chain_gives_up_its_own_oldest(void **state)
{
	struct holders hs = { 0 };
	struct holder_chain chains[CHAINS] = { 0 }, late = { 0 };

	for (size_t c = 0; c < CHAINS; c++)
		for (uint32_t i = 1; i <= HOLDERS_OF_TUPLE; i++)
			push(&hs, &chains[c], i);
	assert_int_equal(hs.count, HOLDERS_MAX);
	assert_int_equal(hs.forgotten, 0);
	push(&hs, &late, 1);
	assert_int_equal(hs.forgotten, 1);
	assert_int_equal(owner_at(&hs, &late, STEP_NS), 0);
	holders_trim(&hs, &chains[0], UINT64_MAX, 2 * STEP_NS + 1);
	push(&hs, &late, 2);
	assert_int_equal(hs.forgotten, 1);
	push(&hs, &late, 3);
	assert_int_equal(hs.forgotten, 2);
	assert_int_equal(owner_at(&hs, &late, 2 * STEP_NS), 3);
	assert_int_equal(owner_at(&hs, &chains[1], STEP_NS), 1);
	holders_clear(&hs, &chains[1]);
	assert_int_equal(hs.count, HOLDERS_MAX - HOLDERS_OF_TUPLE);
	holders_drop(&hs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_chain_has_nobody),
		cmocka_unit_test(each_goes_once_the_next_is_that_old),
		cmocka_unit_test(
		    where_the_pool_is_full_a_chain_gives_up_its_own_oldest),
	};

	return cmocka_run_group_tests_name("kernel/holders", tests, NULL, NULL);
}
