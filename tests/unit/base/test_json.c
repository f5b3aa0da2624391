// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/json.h"

static void
expect(struct buf *b, const char *want)
{
	buf_u8(b, 0);
	assert_false(b->failed);
	assert_string_equal((const char *)b->data, want);
	buf_clear(b);
}

static void
commas_stand_between_items_only(void **state)
{
	struct buf b;
	struct json j;

	buf_init(&b, 0);
	json_init(&j, &b);
	json_object(&j, NULL);
	json_u64(&j, "a", UINT64_MAX);
	json_array(&j, "b");
	json_bool(&j, NULL, true);
	json_object(&j, NULL);
	json_close_object(&j);
	json_close_array(&j);
	json_hex(&j, "c", (struct span){ (const uint8_t *)"\x00\xff", 2 });
	json_close_object(&j);
	expect(&b, "{\"a\":18446744073709551615,\"b\":[true,{}],"
		   "\"c\":\"00ff\"}");
}

static void
hostile_text_stays_in_its_quotes(void **state)
{
	static const uint8_t text[] = "a\"\\\n\x01\x7f"
				      "\xe2\x80\xae"	/* U+202E */
				      "\xc3\xa9"	/* e acute */
				      "\xef\xbf\xbf"	/* no character */
				      "\xff\xc0\x80\xed\xa0\x80";
	struct buf b;
	struct json j;

	buf_init(&b, 0);
	json_init(&j, &b);
	json_text(&j, NULL, (struct span){ text, sizeof(text) - 1 });
	expect(&b, "\"a\\\"\\\\\\n\\u0001\\u007f\\u202e\xc3\xa9\\uffff"
		   "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		   "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* Texts are copied eight bytes at a time: each length, with one byte that has
 * to be escaped in each of its places. */
static void
odd_bytes_are_found_wherever_they_stand(void **state)
{
	static const struct {
		uint8_t odd;
		const char *want;
	} odd[] = { { '"', "\\\"" }, { '\\', "\\\\" }, { '\n', "\\n" },
		{ 0, "\\u0000" }, { 0x1f, "\\u001f" }, { 0x7f, "\\u007f" },
		{ 0x80, "\xef\xbf\xbd" }, { ' ', " " }, { '~', "~" },
		{ '!', "!" } };
	char want[128];

	for (unsigned len = 0; len < 36; len++)
		for (unsigned at = 0; at <= len; at++)
			for (unsigned i = 0; i < 10; i++) {
				uint8_t *text = malloc(len ? len : 1);
				struct buf b;
				struct json j;

				memset(text, 'a', len);
				if (at < len)
					text[at] = odd[i].odd;
				snprintf(want, sizeof(want), "\"%.*s%s%.*s\"",
				    (int)at, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
				    at < len ? odd[i].want : "",
				    at < len ? (int)(len - at - 1) : 0,
				    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
				buf_init(&b, 0);
				json_init(&j, &b);
				json_text(&j, NULL, (struct span){ text, len });
				expect(&b, want);
				free(text);
			}
}

static void
numbers_have_as_many_digits_as_they_need(void **state)
{
	for (uint64_t ten = 1;; ten *= 10) {
		for (int more = -1; more <= 1; more++) {
			uint64_t v = ten + (uint64_t)more;
			struct buf b;
			struct json j;
			char want[32];

			snprintf(want, sizeof(want), "{\"n\":%llu}",
			    (unsigned long long)v);
			buf_init(&b, 0);
			json_init(&j, &b);
			json_object(&j, NULL);
			json_u64(&j, "n", v);
			json_close_object(&j);
			expect(&b, want);
		}
		if (ten == 10000000000000000000u)
			break;
	}
}

static void
times_and_reals(void **state)
{
	struct buf b;
	struct json j;

	buf_init(&b, 0);
	json_init(&j, &b);
	json_array(&j, NULL);
	json_time(&j, NULL, 0);
	json_time(&j, NULL, 951782400000000001ull);
	json_real(&j, NULL, 1.0);
	json_real(&j, NULL, 0.25);
	json_real(&j, NULL, -1.5);
	json_real(&j, NULL, 1e-9);
	json_close_array(&j);
	expect(&b, "[\"1970-01-01T00:00:00.000000000Z\","
		   "\"2000-02-29T00:00:00.000000001Z\",1,0.25,-1.5,0]");
}

static void
too_deep_latches_a_failure(void **state)
{
	struct buf b;
	struct json j;

	buf_init(&b, 0);
	json_init(&j, &b);
	for (int i = 0; i < 31; i++)
		json_array(&j, NULL);
	assert_false(b.failed);
	json_array(&j, NULL);
	assert_true(b.failed);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_stand_between_items_only),
		cmocka_unit_test(hostile_text_stays_in_its_quotes),
		cmocka_unit_test(odd_bytes_are_found_wherever_they_stand),
		cmocka_unit_test(numbers_have_as_many_digits_as_they_need),
		cmocka_unit_test(times_and_reals),
		cmocka_unit_test(too_deep_latches_a_failure),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
