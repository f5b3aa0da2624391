// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/claims.h"

#define SEC	UINT64_C(1000000000)
#define T0	(1715000000 * SEC)

static const struct packet_addr here = { .b = { [10] = 0xff, 0xff, 10, 0, 0,
	5 } };
static const struct packet_addr there = { .b = { [10] = 0xff, 0xff, 1, 2, 3,
	4 } };

static void
add(struct claims *c, uint32_t owner, uint64_t ts_ns, uint64_t end_ns,
    bool opens)
{
	struct claim claim = { .local = here, .remote = there,
		.local_port = 50000, .remote_port = 443, .proto = 6,
		.opens = opens, .first_ns = ts_ns, .last_ns = ts_ns,
		.end_ns = end_ns ? end_ns : UINT64_MAX, .owner = owner };

	assert_int_equal(claims_add(c, &claim), 0);
}

/* The owner, 0 if there is none. */
static uint32_t
find(struct claims *c, uint64_t start_ns, unsigned syn_side,
    struct claim_found *ret)
{
	struct claim_flow f = { .addr = { &here, &there },
		.port = { 50000, 443 }, .proto = 6,
		.syn_side = (uint8_t)syn_side, .start_ns = start_ns };

	if (!c->sealed)
		claims_seal(c);
	return claims_find(c, &f, ret) ? ret->owner : 0;
}

static void
a_claim_holds_about_its_time(void **state)
{
	struct claims c = { 0 };
	struct claim_found got;

	add(&c, 7, T0, 0, true);
	assert_int_equal(find(&c, T0, 1, &got), 7);
	assert_int_equal(got.side, 0);
	assert_false(got.unsure);
	assert_int_equal(got.other, 0);
	assert_int_equal(find(&c, T0 - 5 * SEC, 1, &got), 7);
	assert_int_equal(find(&c, T0 - 5 * SEC - 1, 1, &got), 0);
	assert_int_equal(find(&c, T0 + 5 * SEC, 1, &got), 7);
	assert_int_equal(find(&c, T0 + 5 * SEC + 1, 1, &got), 0);
	/* a flow that was there before the capture may be old */
	assert_int_equal(find(&c, T0 + 3600 * SEC, 0, &got), 7);
	assert_false(got.unsure);
	assert_int_equal(find(&c, T0 + 3600 * SEC + 1, 0, &got), 7);
	assert_true(got.unsure);
	claims_clear(&c);
}

static void
a_port_used_again_is_its_next_users(void **state)
{
	struct claims c = { 0 };
	struct claim_found got;

	add(&c, 8, T0 + 60 * SEC, 0, true);
	add(&c, 7, T0, 0, true);
	assert_int_equal(find(&c, T0 + SEC, 1, &got), 7);
	assert_int_equal(find(&c, T0 + 59 * SEC, 1, &got), 8);
	assert_int_equal(got.other, 0);
	assert_int_equal(find(&c, T0 + 30 * SEC, 1, &got), 0);
	assert_int_equal(find(&c, T0 + 30 * SEC, 0, &got), 7);
	assert_int_equal(find(&c, T0 + 90 * SEC, 0, &got), 8);
	claims_clear(&c);
}

static void
two_claims_at_one_time_are_both_named(void **state)
{
	struct claims c = { 0 };
	struct claim_found got;

	add(&c, 7, T0, 0, true);
	add(&c, 8, T0 + SEC, 0, true);
	assert_int_equal(find(&c, T0, 1, &got), 7);
	assert_int_equal(got.other, 8);
	claims_clear(&c);
	add(&c, 7, T0, 0, true);
	add(&c, 8, T0 + SEC + 1, 0, true);
	assert_int_equal(find(&c, T0, 1, &got), 7);
	assert_int_equal(got.other, 0);
	claims_clear(&c);
}

static void
a_process_that_has_ended_sends_nothing(void **state)
{
	struct claims c = { 0 };
	struct claim_found got;

	add(&c, 7, T0, T0 + 10 * SEC, true);
	assert_int_equal(find(&c, T0 + 15 * SEC, 0, &got), 7);
	assert_int_equal(find(&c, T0 + 15 * SEC + 1, 0, &got), 0);
	claims_clear(&c);
}

static void
an_address_that_is_not_known_makes_it_unsure(void **state)
{
	struct claim claim = { .local = here, .any_remote = true,
		.local_port = 50000, .remote_port = 443, .proto = 6,
		.first_ns = T0, .last_ns = T0, .end_ns = UINT64_MAX,
		.owner = 9 };
	struct claims c = { 0 };
	struct claim_found got;

	assert_int_equal(claims_add(&c, &claim), 0);
	assert_int_equal(find(&c, T0, 1, &got), 9);
	assert_true(got.unsure);
	claims_clear(&c);
	/* a sure one is better, though it is further off */
	assert_int_equal(claims_add(&c, &claim), 0);
	add(&c, 7, T0 - 2 * SEC, 0, true);
	assert_int_equal(find(&c, T0, 1, &got), 7);
	assert_false(got.unsure);
	claims_clear(&c);
}

static void
a_time_of_day_holds_in_any_zone(void **state)
{
	struct claim claim = { .local = here, .remote = there,
		.local_port = 50000, .remote_port = 443, .proto = 6,
		.day_time = true, .opens = true, .end_ns = UINT64_MAX,
		.owner = 9 };
	struct claims c = { 0 };
	struct claim_found got;

	claim.first_ns = claim.last_ns =
	    (T0 + 7200 * SEC) % (86400 * SEC);
	assert_int_equal(claims_add(&c, &claim), 0);
	assert_int_equal(find(&c, T0 + 3 * SEC, 1, &got), 9);
	assert_false(got.unsure);
	assert_int_equal(find(&c, T0 - 3 * SEC, 1, &got), 9);
	assert_int_equal(find(&c, T0 + 60 * SEC, 1, &got), 0);
	assert_int_equal(find(&c, T0 + 60 * SEC, 0, &got), 9);
	assert_true(got.unsure);
	claims_clear(&c);
}

static void
a_question_is_its_askers(void **state)
{
	struct claims c = { 0 };

	assert_int_equal(claims_add_query(&c, span_str("A.example"), T0, 7),
	    0);
	assert_int_equal(claims_add_query(&c, span_str("b.example"), T0, 7),
	    0);
	assert_int_equal(claims_add_query(&c, span_str("b.example"), T0, 8),
	    0);
	claims_seal(&c);
	assert_int_equal(claims_find_query(&c, span_str("a.EXAMPLE."), T0), 7);
	assert_int_equal(claims_find_query(&c, span_str("a.example"),
	    T0 + 5 * SEC), 7);
	assert_int_equal(claims_find_query(&c, span_str("a.example"),
	    T0 + 5 * SEC + 1), 0);
	assert_int_equal(claims_find_query(&c, span_str("b.example"), T0), 0);
	assert_int_equal(claims_find_query(&c, span_str("c.example"), T0), 0);
	assert_int_equal(claims_find_query(&c, span_str(""), T0), 0);
	claims_clear(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_claim_holds_about_its_time),
		cmocka_unit_test(a_port_used_again_is_its_next_users),
		cmocka_unit_test(two_claims_at_one_time_are_both_named),
		cmocka_unit_test(a_process_that_has_ended_sends_nothing),
		cmocka_unit_test(an_address_that_is_not_known_makes_it_unsure),
		cmocka_unit_test(a_time_of_day_holds_in_any_zone),
		cmocka_unit_test(a_question_is_its_askers),
	};

	return cmocka_run_group_tests_name("engine claims", tests, NULL, NULL);
}
