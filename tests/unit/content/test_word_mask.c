// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include "content/known/byte_class.h"
#include "content/word_mask.h"

#define LEN	400

static uint8_t *text;

static int
setup(void **state)
{
	text = malloc(LEN);
	return 0;
}

static int
teardown(void **state)
{
	free(text);
	word_force_portable(false);
	return 0;
}

/* What the contract says of len bytes at p. */
static void
check(const uint8_t *p, size_t len)
{
	size_t at = word_find(p, len), run = 0;

	for (size_t i = 0; i < len; i++) {
		run = byte_is(p[i], BYTE_WORD) ? run + 1 : 0;
		if (run == WORD_MIN) {
			assert_int_equal(at, i + 1 - WORD_MIN);
			return;
		}
	}
	assert_true(at <= len && len - at < WORD_MIN);
	assert_false(at && at < len && byte_is(p[at], BYTE_WORD) &&
	    byte_is(p[at - 1], BYTE_WORD));
}

static void
a_word_is_found_wherever_it_lies(void **state)
{
	for (int portable = 0; portable < 2; portable++) {
		word_force_portable(portable);
		for (size_t at = 0; at < 150; at++) {
			for (size_t len = WORD_MIN - 1; len < WORD_MIN + 2;
			    len++) {
				memset(text, ' ', LEN);
				memset(text + at, 'a', len);
				for (size_t end = at; end <= at + len + 70;
				    end++)
					check(text, end);
			}
		}
	}
}

static void
words_of_all_lengths_are_told_apart(void **state)
{
	for (int portable = 0; portable < 2; portable++) {
		word_force_portable(portable);
		for (uint64_t seed = 0; seed < 3000; seed++) {
			noise(text, LEN, seed);
			/* mostly short words, some long ones */
			for (size_t i = 0; i < LEN; i++)
				text[i] = text[i] % (8 + seed % 30) ? 'Z' :
				    text[i] % 2 ? '.' : 0x80 | 'a';
			for (size_t from = 0; from < 8; from++)
				check(text + from, LEN - from * 7);
		}
	}
}

static void
each_byte_is_of_its_class(void **state)
{
	for (unsigned c = 0; c < 256; c++) {
		memset(text, (int)c, 64);
		assert_int_equal(word_find(text, 64) == 0,
		    byte_is((uint8_t)c, BYTE_WORD) != 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_word_is_found_wherever_it_lies, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    words_of_all_lengths_are_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(each_byte_is_of_its_class,
		    setup, teardown),
	};

	return cmocka_run_group_tests_name("content/word_mask", tests, NULL,
	    NULL);
}
