// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/tls/secrets.h"

static uint8_t name[SECRETS_NAME_LEN], bytes[SECRETS_BYTES_MAX + 1];

/* A secret whose bytes are all the same. */
static int
add(struct secrets *s, unsigned number, uint8_t label, uint8_t byte, size_t len)
{
	memcpy(name, &number, sizeof(number));
	memset(bytes, byte, sizeof(bytes));
	return secrets_add(s, label, name, (struct span){ bytes, len });
}

static void
assert_secret(const struct secrets *s, unsigned number, uint8_t label, unsigned n,
    uint8_t byte, size_t len)
{
	struct span found;

	memcpy(name, &number, sizeof(number));
	memset(bytes, byte, sizeof(bytes));
	found = secrets_find(s, label, name, n);
	assert_int_equal(found.len, len);
	assert_memory_equal(found.p, bytes, len);
}

static void
assert_none(const struct secrets *s, unsigned number, uint8_t label, unsigned n)
{
	memcpy(name, &number, sizeof(number));
	assert_null(secrets_find(s, label, name, n).p);
}

static void
an_empty_store_has_none(void **state)
{
	struct secrets s = { 0 };

	assert_none(&s, 0, 0, 0);
	secrets_clear(&s);
}

static void
secrets_of_one_name_are_told_apart_by_label(void **state)
{
	struct secrets s = { 0 };

	for (uint8_t label = 0; label < 9; label++)
		assert_int_equal(add(&s, 7, label, label, 32 + label), 1);
	assert_int_equal(s.name_count, 1);
	for (uint8_t label = 0; label < 9; label++) {
		assert_secret(&s, 7, label, 0, label, 32 + label);
		assert_none(&s, 7, label, 1);
	}
	assert_none(&s, 7, 9, 0);
	assert_none(&s, 8, 0, 0);
	secrets_clear(&s);
}

static void
some_of_one_label_are_kept_in_order(void **state)
{
	struct secrets s = { 0 };

	for (uint8_t i = 0; i <= SECRETS_OTHERS_MAX; i++) {
		assert_int_equal(add(&s, 1, 3, i, 48), 1);
		assert_int_equal(add(&s, 1, 3, i, 48), 0);
	}
	assert_int_equal(add(&s, 1, 3, 99, 48), ERR_LIMIT);
	assert_int_equal(add(&s, 1, 3, SECRETS_OTHERS_MAX, 48), 0);
	assert_int_equal(add(&s, 1, 4, 99, 48), 1);
	for (unsigned i = 0; i <= SECRETS_OTHERS_MAX; i++)
		assert_secret(&s, 1, 3, i, (uint8_t)i, 48);
	assert_none(&s, 1, 3, SECRETS_OTHERS_MAX + 1);
	assert_secret(&s, 1, 4, 0, 99, 48);
	secrets_clear(&s);
}

static void
they_have_any_length_up_to_the_greatest(void **state)
{
	struct secrets s = { 0 };

	for (unsigned len = 1; len <= SECRETS_BYTES_MAX; len++)
		assert_int_equal(add(&s, len, 0, (uint8_t)len, len), 1);
	assert_int_equal(add(&s, 99, 0, 1, SECRETS_BYTES_MAX + 1),
	    ERR_LIMIT);
	for (unsigned len = 1; len <= SECRETS_BYTES_MAX; len++)
		assert_secret(&s, len, 0, 0, (uint8_t)len, len);
	assert_none(&s, 99, 0, 0);
	secrets_clear(&s);
}

static void
many_names_are_found_again(void **state)
{
	struct secrets s = { 0 };

	for (unsigned i = 0; i < 20000; i++)
		for (uint8_t label = 0; label < 4; label++)
			assert_int_equal(add(&s, i, label, (uint8_t)(i + label),
			    48), 1);
	assert_int_equal(s.name_count, 20000);
	for (unsigned i = 0; i < 20000; i++)
		for (uint8_t label = 0; label < 4; label++)
			assert_secret(&s, i, label, 0, (uint8_t)(i + label), 48);
	assert_none(&s, 20000, 0, 0);
	secrets_clear(&s);
}

/* The run from one slot on until a free one, at its longest. */
static unsigned
longest_run(const struct secrets *s)
{
	unsigned run = 0, longest = 0;

	for (uint32_t i = 0; i < s->slot_count; i++) {
		run = s->slots[i] ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

/* A log that somebody wrote to slow its reader down. */
static void
names_that_differ_little_lie_apart(void **state)
{
	for (size_t at = 0; at + 4 <= SECRETS_NAME_LEN; at += 4) {
		struct secrets s = { 0 };

		memset(name, 0, sizeof(name));
		for (uint32_t i = 0; i < 20000; i++) {
			memcpy(name + at, &i, sizeof(i));
			assert_int_equal(secrets_add(&s, 1, name,
			    (struct span){ bytes, 48 }), 1);
		}
		assert_in_range(longest_run(&s), 1, 1000);
		secrets_clear(&s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_store_has_none),
		cmocka_unit_test(secrets_of_one_name_are_told_apart_by_label),
		cmocka_unit_test(some_of_one_label_are_kept_in_order),
		cmocka_unit_test(they_have_any_length_up_to_the_greatest),
		cmocka_unit_test(many_names_are_found_again),
		cmocka_unit_test(names_that_differ_little_lie_apart),
	};

	return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
