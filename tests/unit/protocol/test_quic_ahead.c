// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/quic/quic_ahead.h"

static bool
keep(struct quic_ahead *a, unsigned side, const void *p, size_t len)
{
	const struct quic_ahead_piece piece = { { 7 + side, 3 }, { p, len },
		side, side };

	return quic_ahead_keep(a, &piece);
}

static void
what_is_kept_comes_back_in_order(void **state)
{
	struct quic_ahead a = { 0 };
	struct quic_ahead_piece p;
	struct buf kept;
	struct cursor c;

	assert_true(keep(&a, 0, "one", 3));
	assert_true(keep(&a, 1, "", 0));
	assert_true(keep(&a, 1, "three", 5));
	kept = quic_ahead_draw(&a);
	c = cur_init(kept.data, kept.len);
	assert_true(quic_ahead_next(&c, &p));
	assert_int_equal(p.side, 0);
	assert_false(p.filled);
	assert_int_equal(p.when.ts_ns, 7);
	assert_int_equal(p.bytes.len, 3);
	assert_memory_equal(p.bytes.p, "one", 3);
	assert_true(quic_ahead_next(&c, &p));
	assert_int_equal(p.bytes.len, 0);
	assert_true(quic_ahead_next(&c, &p));
	assert_true(p.filled);
	assert_int_equal(p.when.ts_ns, 8);
	assert_memory_equal(p.bytes.p, "three", 5);
	assert_false(quic_ahead_next(&c, &p));
	buf_clear(&kept);
	assert_int_equal(a.kept.len, 0);
	kept = quic_ahead_draw(&a);
	assert_int_equal(kept.len, 0);
	buf_clear(&kept);
}

static void
above_the_ceiling_nothing_is_kept(void **state)
{
	static const uint8_t bytes[QUIC_AHEAD_MAX];
	struct quic_ahead a = { 0 };
	size_t head;

	assert_true(keep(&a, 0, bytes, 1));
	head = a.kept.len - 1;
	assert_false(keep(&a, 0, bytes, QUIC_AHEAD_MAX - 2 * head));
	assert_true(keep(&a, 0, bytes, QUIC_AHEAD_MAX - 2 * head - 1));
	assert_false(keep(&a, 0, "", 0));
	assert_int_equal(a.kept.len, QUIC_AHEAD_MAX);
	buf_clear(&a.kept);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept_comes_back_in_order),
		cmocka_unit_test(above_the_ceiling_nothing_is_kept),
	};

	return cmocka_run_group_tests_name("protocol/quic_ahead", tests, NULL,
	    NULL);
}
