// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "verdict/carry.h"

static uint8_t content[600000];

static void
fill(uint64_t seed)
{
	for (size_t i = 0; i < sizeof(content); i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		content[i] = (uint8_t)(seed >> 56);
	}
}

static struct carry
marked(const uint8_t *data, size_t len, size_t piece)
{
	struct carry c = { 0 };

	for (size_t at = 0; at < len; at += piece)
		carry_data(&c, data + at, len - at < piece ? len - at : piece);
	return c;
}

static void
pieces_do_not_matter(void **state)
{
	struct carry a = marked(content, 50000, 50000);
	struct carry b = marked(content, 50000, 7);

	assert_int_equal(a.count, b.count);
	assert_memory_equal(a.marks, b.marks, a.count * sizeof(*a.marks));
	assert_int_equal(a.whole, b.whole);
	carry_clear(&a);
	carry_clear(&b);
}

static void
about_one_place_in_the_rate_is_marked(void **state)
{
	struct carry a = marked(content, 50000, 1000);

	assert_in_range(a.count, 50000 / CARRY_RATE / 2,
	    50000 / CARRY_RATE * 2);
	carry_clear(&a);
}

static void
content_in_other_content_has_its_marks(void **state)
{
	static uint8_t other[30000];
	struct carry a, b;
	size_t found = 0;

	memset(other, 'x', sizeof(other));
	memcpy(other + 777, content, 20000);
	a = marked(content, 20000, 4096);
	b = marked(other, sizeof(other), 1500);
	for (uint32_t i = 0; i < a.count; i++)
		for (uint32_t k = 0; k < b.count; k++)
			found += a.marks[i] == b.marks[k];
	assert_in_range(found, a.count - 2, a.count);
	carry_clear(&a);
	carry_clear(&b);
}

static void
less_than_a_window_has_no_mark(void **state)
{
	for (uint64_t seed = 0; seed < 300; seed++) {
		struct carry c;

		fill(seed);
		c = marked(content, 63, 63);
		assert_int_equal(c.count, 0);
		carry_clear(&c);
	}
}

static void
a_run_of_one_byte_has_one_mark_at_most(void **state)
{
	static uint8_t same[10000];

	for (int byte = 0; byte < 256; byte++) {
		struct carry c;

		memset(same, byte, sizeof(same));
		c = marked(same, sizeof(same), 999);
		assert_in_range(c.count, 0, 1);
		carry_clear(&c);
	}
}

static void
above_the_ceiling_marks_are_thinned_out(void **state)
{
	struct carry c = marked(content, sizeof(content), 65536);

	assert_in_range(c.count, CARRY_MAX / 4, CARRY_MAX);
	assert_true(c.rank >= 3);
	for (uint32_t i = 0; i < c.count; i++)
		assert_true(carry_rank(c.marks[i]) >= c.rank);
	carry_clear(&c);
}

static void
the_whole_tells_contents_apart(void **state)
{
	struct carry a = marked(content, 100, 100), b, c;

	b = marked(content, 99, 99);
	content[50] ^= 1;
	c = marked(content, 100, 100);
	assert_true(a.whole != b.whole && a.whole != c.whole);
	carry_clear(&a);
	carry_clear(&b);
	carry_clear(&c);
}

static uint64_t
head(const char *method, const char *host, const char *target)
{
	return carry_head(span_str(method), span_str(host), span_str(target));
}

static void
an_address_and_its_path_are_one(void **state)
{
	uint64_t plain = head("GET", "a.example:81", "/x?y");

	assert_true(plain);
	assert_int_equal(plain, head("GET", "a.example",
	    "http://a.example:81/x?y"));
	assert_int_equal(head("GET", "a.example", "/"),
	    head("GET", "a.example", "http://a.example"));
	assert_int_not_equal(plain, head("POST", "a.example:81", "/x?y"));
	assert_int_not_equal(plain, head("GET", "b.example:81", "/x?y"));
	assert_int_not_equal(plain, head("GET", "a.example:81", "/x?z"));
	assert_int_not_equal(head("GET", "ab", "/"), head("GET", "a", "b/"));
	assert_int_equal(head("GET", "[::1]:8", "/"), head("GET", "[::1]", "/"));
	assert_int_not_equal(head("GET", "[::1]", "/"), head("GET", "[::2]", "/"));
	assert_int_equal(head("GET", "a", "/http://b/c"),
	    head("GET", "a", "/http://b/c"));
	assert_int_not_equal(head("GET", "a", "/http://b/c"),
	    head("GET", "a", "/c"));
	assert_true(head("", "", ""));
}

static uint64_t
question(const char *name, const char *type)
{
	return carry_question(span_str(name), span_str(type));
}

static void
a_question_is_the_same_in_any_case_of_its_letters(void **state)
{
	uint64_t plain = question("www.a.example", "A");

	assert_true(plain);
	assert_int_equal(plain, question("wWw.A.eXAMPLe", "A"));
	assert_int_not_equal(plain, question("www.a.example", "AAAA"));
	assert_int_not_equal(plain, question("ww.a.example", "A"));
	assert_int_not_equal(question("a", "bc"), question("ab", "c"));
	assert_int_not_equal(plain, head("A", "www.a.example", ""));
	assert_true(question("", ""));
}

static int
setup(void **state)
{
	fill(1);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(pieces_do_not_matter, setup),
		cmocka_unit_test_setup(about_one_place_in_the_rate_is_marked,
		    setup),
		cmocka_unit_test_setup(content_in_other_content_has_its_marks,
		    setup),
		cmocka_unit_test(less_than_a_window_has_no_mark),
		cmocka_unit_test(a_run_of_one_byte_has_one_mark_at_most),
		cmocka_unit_test_setup(above_the_ceiling_marks_are_thinned_out,
		    setup),
		cmocka_unit_test_setup(the_whole_tells_contents_apart, setup),
		cmocka_unit_test(an_address_and_its_path_are_one),
		cmocka_unit_test(
		    a_question_is_the_same_in_any_case_of_its_letters),
	};

	return cmocka_run_group_tests_name("carry", tests, NULL, NULL);
}
