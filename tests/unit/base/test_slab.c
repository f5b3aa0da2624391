// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/slab.h"

#define COUNT 5000

static void
pieces_of_all_sizes_lie_apart(void **state)
{
	static uint8_t *p[COUNT];
	struct slab s = { 0 };
	size_t size;

	for (size_t i = 0; i < COUNT; i++) {
		size = i % 1100 + 1;
		p[i] = slab_zalloc(&s, size);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] % 16, 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(p[i][k], 0);
		memset(p[i], (int)(i % 251), size);
	}
	for (size_t i = 0; i < COUNT; i++) {
		size = i % 1100 + 1;
		for (size_t k = 0; k < size; k++)
			assert_int_equal(p[i][k], i % 251);
		slab_free(&s, p[i], size);
	}
	slab_clear(&s);
}

static void
what_was_freed_comes_back_zeroed(void **state)
{
	static const size_t sizes[] = { 1, 15, 16, 17, 72, 1008, 1009, 1024,
					1025 };
	struct slab s = { 0 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		uint8_t *p = slab_zalloc(&s, sizes[i]);

		assert_non_null(p);
		memset(p, 0xff, sizes[i]);
		slab_free(&s, p, sizes[i]);
		p = slab_zalloc(&s, sizes[i]);
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(p[k], 0);
		slab_free(&s, p, sizes[i]);
	}
	slab_clear(&s);
}

static void
what_was_freed_is_used_again(void **state)
{
	struct slab s = { 0 };
	void *first = slab_zalloc(&s, 100);
	size_t left = s.left;

	slab_free(&s, first, 100);
	if (!s.blocks)
		skip();		/* under a sanitizer nothing is kept */
	for (int i = 0; i < COUNT; i++)
		slab_free(&s, slab_zalloc(&s, 97 + (size_t)i % 16), 97 +
		    (size_t)i % 16);
	assert_int_equal(s.left, left);
	slab_clear(&s);
}

static void
nothing_is_asked_for_or_freed(void **state)
{
	struct slab s = { 0 };
	void *p = slab_zalloc(&s, 0);

	assert_non_null(p);
	slab_free(&s, p, 0);
	slab_free(&s, NULL, 10);
	p = slab_zalloc(NULL, 100);
	assert_non_null(p);
	slab_free(NULL, p, 100);
	slab_clear(&s);
	slab_clear(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_of_all_sizes_lie_apart),
		cmocka_unit_test(what_was_freed_comes_back_zeroed),
		cmocka_unit_test(what_was_freed_is_used_again),
		cmocka_unit_test(nothing_is_asked_for_or_freed),
	};

	return cmocka_run_group_tests_name("slab", tests, NULL, NULL);
}
