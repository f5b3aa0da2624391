// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "content/known/known.h"
#include "content/walk/unxor_key.h"
#include "unit/noise.h"

#define LEN	20000
#define LAG	256

static uint8_t file[LEN], head[LEN], key[LAG], mask[LAG];

/* One known file, and bytes of which 10000 to 19999 are its first ones, under
 * the mask. */
static struct known *
begin(struct unxor_head *b)
{
	struct known *k = known_new();

	assert_non_null(k);
	noise(file, LEN, 1);
	noise(head, LEN, 2);
	assert_int_equal(known_add_bytes(k, "a", file, LEN), 0);
	assert_int_equal(known_seal(k), 0);
	for (size_t i = 0; i < 10000; i++)
		head[10000 + i] = file[i] ^ mask[i % LAG];
	*b = (struct unxor_head){ .known = k, .head = head, .len = LEN,
		.lag = LAG, .key = key };
	return k;
}

static bool
take(struct unxor_head *b, size_t at, uint64_t off)
{
	return unxor_take_key(b, at, &(struct known_place){ 0, off });
}

static bool
plain(const struct unxor_head *b, size_t at, uint32_t content, uint64_t off)
{
	return unxor_is_plain(b, at, &(struct known_place){ content, off });
}

static void
a_key_is_taken_where_enough_agrees(void **state)
{
	struct unxor_head b;
	struct known *k;

	noise(mask, LAG, 3);
	k = begin(&b);
	assert_false(take(&b, 12001, 2000));
	assert_false(take(&b, 5000, 2000));
	/* 256 bytes that agree, and one less */
	assert_true(take(&b, 12000, 2000));
	b.len = 10000 + LAG + 256;
	assert_true(take(&b, 10100, 100));
	b.len--;
	assert_false(take(&b, 10100, 100));
	for (size_t i = 0; i < LAG; i++)
		assert_int_equal(key[(10000 + i) % LAG], mask[i]);
	assert_false(plain(&b, 12000, 0, 2000));
	known_free(k);
}

static void
what_stands_there_as_it_is_is_kept_in_mind(void **state)
{
	struct unxor_head b;
	struct known *k;

	memset(mask, 0, LAG);
	k = begin(&b);
	assert_false(plain(&b, 12000, 0, 2000));
	assert_false(take(&b, 12000, 2000));
	assert_true(plain(&b, 12000, 0, 2000));
	assert_true(plain(&b, 19000, 0, 9000));
	assert_false(plain(&b, 12000, 0, 2001));
	assert_false(plain(&b, 12000, 1, 2000));
	assert_false(plain(&b, LEN - LAG, 0, 10000 - LAG));
	assert_false(plain(&b, 5000, 0, 0));
	/* at a length of a key, at all of them */
	b.lag = 1;
	assert_true(plain(&b, 12000, 0, 2000));
	known_free(k);
}

/* Noise does; a table of numbers that rise, or too little, does not, nor what the
 * content does not have. */
static void
what_says_much_is_long_and_no_table(void **state)
{
	struct known *k = known_new();

	assert_non_null(k);
	noise(file, LEN, 1);
	for (size_t i = 0; i < 10000; i += 2) {
		file[i] = (uint8_t)(i / 2);
		file[i + 1] = (uint8_t)(i / 512);
	}
	assert_int_equal(known_add_bytes(k, "a", file, LEN), 0);
	assert_int_equal(known_seal(k), 0);
	assert_false(unxor_says_much(k, 0, 0, 10000, 2));
	assert_true(unxor_says_much(k, 0, 10000, LEN, 2));
	assert_true(unxor_says_much(k, 0, 10001, 10001 + 1024 + LAG, LAG));
	assert_false(unxor_says_much(k, 0, 10001, 10001 + 1023 + LAG, LAG));
	assert_false(unxor_says_much(k, 0, 10001, 10001 + LAG, LAG));
	assert_false(unxor_says_much(k, 0, 10001, 10001, LAG));
	assert_false(unxor_says_much(k, 0, 10000, LEN + 1, 2));
	known_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_taken_where_enough_agrees),
		cmocka_unit_test(what_stands_there_as_it_is_is_kept_in_mind),
		cmocka_unit_test(what_says_much_is_long_and_no_table),
	};

	return cmocka_run_group_tests_name("content/unxor_key", tests, NULL,
	    NULL);
}
