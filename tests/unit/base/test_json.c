// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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
				      "\xff\xc0\x80\xed\xa0\x80";
	struct buf b;
	struct json j;

	buf_init(&b, 0);
	json_init(&j, &b);
	json_text(&j, NULL, (struct span){ text, sizeof(text) - 1 });
	expect(&b, "\"a\\\"\\\\\\n\\u0001\\u007f\\u202e\xc3\xa9"
		   "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		   "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
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
		cmocka_unit_test(times_and_reals),
		cmocka_unit_test(too_deep_latches_a_failure),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
