// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "engine/names.h"

static struct packet_addr
address(uint32_t n)
{
	struct packet_addr a;

	memset(&a, 0, sizeof(a));
	a.b[0] = 0x20;
	memcpy(a.b + 12, &n, 4);
	return a;
}

static void
add(struct names *n, uint32_t addr, const char *name, enum names_source source)
{
	struct packet_addr a = address(addr);

	names_add(n, &a, span_str(name), source);
}

static void
expect(const struct names *n, uint32_t addr, const char *name)
{
	struct packet_addr a = address(addr);
	enum names_source source = 99;
	struct span s = names_find(n, &a, &source);

	if (!name) {
		assert_int_equal(s.len, 0);
		assert_int_equal(source, 99);
		return;
	}
	assert_int_equal(s.len, strlen(name));
	assert_memory_equal(s.p, name, s.len);
}

static void
nothing_is_found_in_nothing(void **state)
{
	struct names *n = names_new(4);

	expect(n, 1, NULL);
	add(n, 1, "", NAMES_DNS);
	expect(n, 1, NULL);
	names_free(n);
	names_free(NULL);
}

static void
a_machines_own_addresses_have_no_names(void **state)
{
	static const struct {
		struct packet_addr addr;
		bool named;
	} cases[] = {
		{ { .b = { [10] = 0xff, 0xff, 127, 0, 0, 1 } }, false },
		{ { .b = { [10] = 0xff, 0xff, 127, 255, 0, 9 } }, false },
		{ { .b = { [10] = 0xff, 0xff, 0, 0, 0, 0 } }, false },
		{ { .b = { [10] = 0xff, 0xff, 128, 0, 0, 1 } }, true },
		{ { .b = { [15] = 0 } }, false },
		{ { .b = { [15] = 1 } }, false },
		{ { .b = { [15] = 2 } }, true },
		{ { .b = { 1, [15] = 1 } }, true },
	};
	struct names *n = names_new(4);
	enum names_source source;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		names_add(n, &cases[i].addr, SPAN_LITERAL("ksn.example"),
		    i & 1 ? NAMES_DNS : NAMES_CAPTURE);
		assert_int_equal(names_find(n, &cases[i].addr, &source).len,
		    cases[i].named ? 11 : 0);
	}
	names_free(n);
}

static void
an_answer_is_worth_more_than_a_block(void **state)
{
	struct names *n = names_new(4);

	add(n, 1, "block.example", NAMES_CAPTURE);
	add(n, 1, "answer.example", NAMES_DNS);
	expect(n, 1, "answer.example");
	add(n, 1, "other.example", NAMES_CAPTURE);
	expect(n, 1, "answer.example");
	add(n, 1, "a.example", NAMES_DNS);
	expect(n, 1, "a.example");
	names_free(n);
}

static void
a_name_has_255_bytes_at_most(void **state)
{
	char name[257];
	struct names *n = names_new(4);

	memset(name, 'a', 256);
	name[256] = '\0';
	add(n, 1, name, NAMES_DNS);
	expect(n, 1, NULL);
	name[255] = '\0';
	add(n, 1, name, NAMES_DNS);
	expect(n, 1, name);
	names_free(n);
}

static void
the_one_learnt_first_goes_first(void **state)
{
	struct names *n = names_new(3);

	add(n, 1, "one", NAMES_DNS);
	add(n, 2, "two", NAMES_DNS);
	add(n, 3, "three", NAMES_DNS);
	add(n, 1, "still one", NAMES_DNS);	/* is no later for that */
	add(n, 4, "four", NAMES_CAPTURE);
	expect(n, 1, NULL);
	expect(n, 2, "two");
	expect(n, 4, "four");
	add(n, 5, "five", NAMES_DNS);
	expect(n, 2, NULL);
	expect(n, 3, "three");
	add(n, 6, "six", NAMES_DNS);
	add(n, 7, "seven", NAMES_DNS);
	expect(n, 3, NULL);
	expect(n, 4, NULL);
	expect(n, 5, "five");
	expect(n, 6, "six");
	expect(n, 7, "seven");
	names_free(n);
}

static void
many_are_found_again_while_others_come_and_go(void **state)
{
	enum { MAX = 1000, ALL = 20000 };
	struct names *n = names_new(MAX);
	char name[16];

	for (uint32_t i = 0; i < ALL; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		add(n, i * 2654435761u, name, NAMES_DNS);
		if (i % 97)
			continue;
		for (uint32_t k = 0; k <= i && k < MAX + 5; k++) {
			snprintf(name, sizeof(name), "n%u", i - k);
			expect(n, (i - k) * 2654435761u,
			    k < MAX ? name : NULL);
		}
	}
	names_free(n);
}

static void
a_table_of_none_takes_none(void **state)
{
	struct names *n = names_new(0);

	add(n, 1, "one", NAMES_DNS);
	expect(n, 1, NULL);
	names_free(n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_in_nothing),
		cmocka_unit_test(a_machines_own_addresses_have_no_names),
		cmocka_unit_test(an_answer_is_worth_more_than_a_block),
		cmocka_unit_test(a_name_has_255_bytes_at_most),
		cmocka_unit_test(the_one_learnt_first_goes_first),
		cmocka_unit_test(many_are_found_again_while_others_come_and_go),
		cmocka_unit_test(a_table_of_none_takes_none),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
