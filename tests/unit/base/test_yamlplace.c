// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/yamlplace.h"

static const char text[] =
    "watch:\n"
    "  exe: [a, {b: exe},\n"
    "    c]\n"
    "  ? [exe, a]\n"
    "  : pid\n"
    "  pid: [1]\n"
    "pid:\n"
    "  - 2\n"
    "exe: pid\n";

static unsigned
find(const char *outer, const char *key, const char *value)
{
	return yamlplace_find(text, strlen(text), outer, key, value);
}

static void
a_key_and_its_values_are_found(void **state)
{
	assert_int_equal(find(NULL, "watch", NULL), 1);
	assert_int_equal(find("watch", "exe", NULL), 2);
	assert_int_equal(find("watch", "exe", "a"), 2);
	assert_int_equal(find("watch", "exe", "c"), 3);
	assert_int_equal(find("watch", "pid", "1"), 6);
	assert_int_equal(find(NULL, "pid", "2"), 8);
	assert_int_equal(find(NULL, "exe", "pid"), 9);
}

static void
what_is_not_there_is_the_key_or_nothing(void **state)
{
	assert_int_equal(find("watch", "exe", "2"), 2);
	assert_int_equal(find("watch", "pid", "2"), 6);
	assert_int_equal(find("watch", "unit", NULL), 0);
	assert_int_equal(find("pid", "exe", NULL), 0);
	assert_int_equal(find(NULL, "b", NULL), 0);
	assert_int_equal(yamlplace_find("", 0, NULL, "a", NULL), 0);
	assert_int_equal(yamlplace_find("]", 1, NULL, "a", NULL), 0);
}

static void
cut_anywhere_it_ends(void **state)
{
	for (size_t len = 0; len < sizeof(text); len++) {
		char *cut = malloc(len + 1);
		const char *why = "";
		unsigned line = 0;

		memcpy(cut, text, len);
		(void)!yamlplace_find(cut, len, "watch", "exe", "c");
		if (yamlplace_check(cut, len, &line, &why))
			assert_true(line && line <= 10 && why[0]);
		free(cut);
	}
}

static void
what_is_no_yaml_is_told_with_its_line(void **state)
{
	const char *why = "";
	unsigned line = 0;

	assert_int_equal(yamlplace_check("a: b\n", 5, &line, &why), 0);
	assert_int_equal(yamlplace_check("a:\n\tb\n", 6, &line, &why),
	    ERR_MALFORMED);
	assert_int_equal(line, 2);
	assert_string_equal(why, "this is no YAML");
	assert_int_equal(yamlplace_check("a: b\n---\nc: d\n", 14, &line, &why),
	    ERR_MALFORMED);
	assert_int_equal(line, 2);
	assert_non_null(strstr(why, "second document"));
}

static bool
is_one(const char *s)
{
	return yamlplace_is_one(s, strlen(s));
}

/* Else a second document would be left out without a word. */
static void
one_document_is_known_by_its_lines(void **state)
{
	static const char *const doubtful[] = {
		"", "\n", "# a\n", "---\na: b\n", "a: b\n---\nc: d\n", "a: b\n...\n",
		"a: b\n--- c\n", "  a: b\nc: d\n", "- a\n", "{a: b}\n", "%YAML 1.1\n",
		"\"a\": b\n", "a: b\n\tc\n", "a: b\r---\rc: d\n", "a: b\n-\n",
		"a: b\xc2\x85---\xc2\x85" "c: d\n", "\xef\xbb\xbf" "a: b\n",
	};

	assert_true(is_one(text));
	assert_true(is_one("a: b"));
	assert_true(is_one("# c\n\nA: b\nlist:\n- a\n  # c\n- b\n\n"));
	for (size_t i = 0; i < sizeof(doubtful) / sizeof(*doubtful); i++)
		assert_false(is_one(doubtful[i]));
	for (size_t len = 0; len < sizeof(text); len++) {
		char *cut = malloc(len + 1);
		const char *why;
		unsigned line;

		memcpy(cut, text, len);
		if (len && yamlplace_is_one(cut, len) &&
		    yamlplace_check(cut, len, &line, &why))
			assert_string_equal(why, "this is no YAML");
		free(cut);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_and_its_values_are_found),
		cmocka_unit_test(what_is_not_there_is_the_key_or_nothing),
		cmocka_unit_test(cut_anywhere_it_ends),
		cmocka_unit_test(what_is_no_yaml_is_told_with_its_line),
		cmocka_unit_test(one_document_is_known_by_its_lines),
	};

	return cmocka_run_group_tests_name("base/yamlplace", tests, NULL, NULL);
}
