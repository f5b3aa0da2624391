// SPDX-License-Identifier: Apache-2.0
#include "base/json_tree.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct json_tree tree;

/* From memory that ends where the text does. */
static int
read_len(const char *text, size_t len, const struct json_node **ret_root)
{
	char *exact = malloc(len ? len : 1);
	int err;

	memcpy(exact, text, len);
	err = json_tree_read(&tree, exact, len, ret_root);
	free(exact);
	return err;
}

static const struct json_node *
root_of(const char *text)
{
	const struct json_node *root = NULL;

	if (read_len(text, strlen(text), &root))
		fail_msg("refused: %s", text);
	return root;
}

static void
values_of_every_type_are_read(void **state)
{
	const struct json_node *o = root_of(
	    " {\"a\" : null, \"b\":true,\"c\":false ,\"d\":[1,[],{}],"
	    "\"e\":-2.5e+3,\"f\":\"x\",\"g\":0,\"\":-0}\n");
	const struct json_node *d = json_member(o, "d");
	double real;

	assert_int_equal(o->type, JSON_OBJECT);
	assert_int_equal(json_count(o), 8);
	assert_int_equal(json_member(o, "a")->type, JSON_NULL);
	assert_int_equal(json_member(o, "b")->type, JSON_TRUE);
	assert_int_equal(json_member(o, "c")->type, JSON_FALSE);
	assert_int_equal(json_count(d), 3);
	assert_int_equal(json_first(d)->type, JSON_INTEGER);
	assert_int_equal(json_first(d)->next->type, JSON_ARRAY);
	assert_int_equal(json_first(d)->next->next->type, JSON_OBJECT);
	assert_null(json_first(d)->next->next->next);
	assert_true(json_node_real(json_member(o, "e"), &real));
	assert_true(real == -2500);
	assert_string_equal(json_member(o, "f")->text, "x");
	assert_int_equal(json_member(o, "")->type, JSON_INTEGER);
	assert_null(json_member(o, "h"));
	assert_null(json_member(d, "a"));
	assert_null(json_member(NULL, "a"));
	assert_int_equal(json_count(NULL), 0);
	assert_null(json_node_text(json_member(o, "g")).p);
}

static void
escapes_become_what_they_stand_for(void **state)
{
	static const char want[] = "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac"
				   "\xf0\x9f\x98\x80\0z\xc3\xa9";
	struct span s = json_node_text(root_of(
	    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud83d\\ude00"
	    "\\u0000z\xc3\xa9\""));

	assert_int_equal(s.len, sizeof(want) - 1);
	assert_memory_equal(s.p, want, sizeof(want));
}

static void
integers_go_up_to_int64_and_no_further(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t value;
	} cases[] = {
		{ "0", true, 0 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "9223372036854775808", false, 0 },
		{ "99999999999999999999", false, 0 },
		{ "-1", false, 0 },
		{ "1.0", false, 0 },
		{ "1e3", false, 0 },
		{ "\"1\"", false, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t n = 77;

		assert_int_equal(json_node_u64(root_of(cases[i].text), &n),
		    cases[i].good);
		assert_int_equal(n, cases[i].good ? cases[i].value : 77);
	}
}

static void
a_number_that_is_not_finite_is_none(void **state)
{
	double d = 7;

	assert_false(json_node_real(root_of("1e999"), &d));
	assert_false(json_node_real(root_of("true"), &d));
	assert_false(json_node_real(NULL, &d));
	assert_true(d == 7);
}

static void
what_is_no_json_is_refused(void **state)
{
	static const char *const bad[] = {
		"", " ", "{", "[", "{]", "[}", "nul", "tru", "truefalse", "01",
		"-", "1.", ".5", "1e", "+1", "--1", "NaN", "\"", "\"\\", "\"\\x\"",
		"\"\\u12\"", "\"\\u123g\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
		"\"\\udc00\"", "\"\t\"", "\"\xff\"", "\"\xc3\"", "\"\xed\xa0\x80\"",
		"[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
		"{a:1}", "{1:1}", "{\"a\":1 \"b\":2}", "{\"a\":1,\"a\":2}",
		"{\"a\":1,\"\\u0061\":2}", "1 1", "[] x", "'a'",
	};
	const struct json_node *root = (void *)&tree;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (read_len(bad[i], strlen(bad[i]), &root) != ERR_MALFORMED)
			fail_msg("taken: %s", bad[i]);
	assert_ptr_equal(root, &tree);
	/* A NUL is no end. */
	assert_int_equal(read_len("1\0", 2, &root), ERR_MALFORMED);
	assert_int_equal(read_len("\"a\0\"", 4, &root), ERR_MALFORMED);
	assert_int_equal(tree.wrong_at, 2);
}

static void
every_cut_of_a_text_is_refused(void **state)
{
	static const char text[] = "{\"k\":[\"\\ud83d\\ude00\xc3\xa9\",true,"
				   "{\"n\":null,\"f\":false}]}";
	const struct json_node *root;

	assert_int_equal(read_len(text, sizeof(text) - 1, &root), 0);
	for (size_t len = 0; len < sizeof(text) - 1; len++)
		assert_int_equal(read_len(text, len, &root), ERR_MALFORMED);
}

static int
read_nested(size_t depth)
{
	char text[4 * JSON_DEPTH_MAX];
	const struct json_node *root;

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	return read_len(text, 2 * depth, &root);
}

static void
depth_has_a_ceiling(void **state)
{
	assert_int_equal(read_nested(JSON_DEPTH_MAX), 0);
	assert_int_equal(read_nested(JSON_DEPTH_MAX + 1), ERR_LIMIT);
}

static int
read_members(size_t count)
{
	char *text = malloc(count * 16 + 3), *p = text;
	const struct json_node *root;
	int err;

	*p++ = '{';
	for (size_t i = 0; i < count; i++)
		p += sprintf(p, "%s\"%zu\":0", i ? "," : "", i);
	*p++ = '}';
	err = read_len(text, (size_t)(p - text), &root);
	free(text);
	return err;
}

static void
members_have_a_ceiling_and_items_have_none(void **state)
{
	char *many = malloc(20001);
	const struct json_node *root;

	assert_int_equal(read_members(JSON_MEMBERS_MAX), 0);
	assert_int_equal(read_members(JSON_MEMBERS_MAX + 1), ERR_LIMIT);
	for (size_t i = 0; i < 20001; i++)
		many[i] = i == 0 ? '[' : i == 20000 ? ']' : i % 2 ? '1' : ',';
	assert_int_equal(read_len(many, 20001, &root), 0);
	assert_int_equal(json_count(root), 10000);
	free(many);
}

static int
set_up(void **state)
{
	json_tree_init(&tree);
	return 0;
}

static int
tear_down(void **state)
{
	json_tree_clear(&tree);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_of_every_type_are_read),
		cmocka_unit_test(escapes_become_what_they_stand_for),
		cmocka_unit_test(integers_go_up_to_int64_and_no_further),
		cmocka_unit_test(a_number_that_is_not_finite_is_none),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(every_cut_of_a_text_is_refused),
		cmocka_unit_test(depth_has_a_ceiling),
		cmocka_unit_test(members_have_a_ceiling_and_items_have_none),
	};

	return cmocka_run_group_tests_name("json_tree", tests, set_up,
	    tear_down);
}
