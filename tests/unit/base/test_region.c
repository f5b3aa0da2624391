// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/region.h"

#define MANY	100

static void
pieces_do_not_overlap_and_are_used_again(void **state)
{
	uint8_t *pieces[MANY];

	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < MANY; i++) {
			pieces[i] = region_take();
			assert_non_null(pieces[i]);
			memset(pieces[i], i, REGION_PIECE_LEN);
		}
		for (int i = 0; i < MANY; i++) {
			assert_int_equal(pieces[i][0], i);
			assert_int_equal(pieces[i][REGION_PIECE_LEN - 1], i);
			/* given back in an order of its own */
			if (i % 3)
				region_give(pieces[i]);
		}
		for (int i = 0; i < MANY; i += 3) {
			assert_int_equal(pieces[i][REGION_PIECE_LEN / 2], i);
			region_give(pieces[i]);
		}
	}
	region_give(NULL);
}

static void
a_piece_is_aligned(void **state)
{
	void *piece = region_take();

	assert_int_equal((uintptr_t)piece % 16, 0);
	region_give(piece);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_do_not_overlap_and_are_used_again),
		cmocka_unit_test(a_piece_is_aligned),
	};

	return cmocka_run_group_tests_name("region", tests, NULL, NULL);
}
