// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/tls/keylog.h"
#include "protocol/tls/secrets.h"

#define RANDOM_A \
	"000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"
#define SECRET "c0ffee"

static uint8_t random_a[32];

static struct keylog *
of(const char *text)
{
	struct keylog *k = keylog_new();

	for (uint8_t i = 0; i < 32; i++)
		random_a[i] = i;
	assert_non_null(k);
	assert_int_equal(keylog_add(k, (const uint8_t *)text, strlen(text)), 0);
	return k;
}

static void
secrets_are_found_by_label_and_random(void **state)
{
	struct keylog *k = of("# a comment\n\n"
	    "CLIENT_RANDOM " RANDOM_A " " SECRET "\r\n"
	    "SERVER_TRAFFIC_SECRET_0  " RANDOM_A "\tABCD\\\n"
	    "EXPORTER_SECRET " RANDOM_A " 11\n"
	    "CLIENT_RANDOM " RANDOM_A " 22");

	assert_true(span_eq(keylog_find(k, KEYLOG_MASTER, random_a),
	    SPAN_LITERAL("\xc0\xff\xee")));
	assert_true(span_eq(keylog_find(k, KEYLOG_SERVER_TRAFFIC_0, random_a),
	    SPAN_LITERAL("\xab\xcd")));
	assert_int_equal(keylog_find(k, KEYLOG_CLIENT_TRAFFIC_0,
	    random_a).len, 0);
	assert_true(span_eq(keylog_find_other(k, KEYLOG_MASTER, random_a, 1),
	    SPAN_LITERAL("\x22")));
	assert_int_equal(keylog_find_other(k, KEYLOG_MASTER, random_a, 2).len, 0);
	random_a[31]++;
	assert_int_equal(keylog_find(k, KEYLOG_MASTER, random_a).len, 0);
	assert_int_equal(keylog_stats(k)->secrets, 3);
	assert_int_equal(keylog_stats(k)->unreadable, 0);
	keylog_free(k);
}

static void
rubbish_is_counted_and_passed_over(void **state)
{
	struct keylog *k = of("CLIENT_RANDOM\nCLIENT_RANDOM 00 " SECRET "\n"
	    "CLIENT_RANDOM " RANDOM_A "\nCLIENT_RANDOM " RANDOM_A " abc\n"
	    "CLIENT_RANDOM " RANDOM_A " xy\nhello\n"
	    "CLIENT_RANDOM " RANDOM_A RANDOM_A " ab\n"
	    "CLIENT_RANDOM " RANDOM_A " " SECRET);

	assert_int_equal(keylog_stats(k)->unreadable, 7);
	assert_int_equal(keylog_find(k, KEYLOG_MASTER, random_a).len, 3);
	keylog_free(k);
}

static void
secrets_have_a_longest_length(void **state)
{
	char line[400] = "CLIENT_RANDOM " RANDOM_A " ";
	struct keylog *k;

	memset(line + strlen(line), 'a', 128);
	k = of(line);
	assert_int_equal(keylog_find(k, KEYLOG_MASTER, random_a).len, 64);
	keylog_free(k);
	strcat(line, "aa");
	k = of(line);
	assert_int_equal(keylog_stats(k)->unreadable, 1);
	keylog_free(k);
}

static void
many_secrets_are_all_found(void **state)
{
	struct keylog *k = of("");
	uint8_t random[32] = { 0 };
	char line[200];
	int len;

	for (unsigned i = 0; i < 5000; i++) {
		len = snprintf(line, sizeof(line), "CLIENT_RANDOM %08x%056d "
		    "%08x\n", i, 0, i);
		assert_int_equal(keylog_add(k, (uint8_t *)line, (size_t)len),
		    0);
	}
	for (unsigned i = 0; i < 5000; i++) {
		struct span s;

		random[2] = (uint8_t)(i >> 8);
		random[3] = (uint8_t)i;
		s = keylog_find(k, KEYLOG_MASTER, random);
		assert_int_equal(s.len, 4);
		assert_int_equal(s.p[2] << 8 | s.p[3], i);
	}
	keylog_free(k);
}

static void
others_of_the_same_name_have_a_ceiling(void **state)
{
	struct keylog *k = of("");
	uint8_t random[32] = { 0 };
	char line[200];

	/* some of each of many, so that the table grows meanwhile */
	for (unsigned i = 0; i < 20 * 500; i++) {
		int len = snprintf(line, sizeof(line), "CLIENT_RANDOM %08x%056d "
		    "%08x\n", i % 500, 0, i / 500);

		assert_int_equal(keylog_add(k, (uint8_t *)line, (size_t)len), 0);
		assert_int_equal(keylog_add(k, (uint8_t *)line, (size_t)len), 0);
	}
	assert_int_equal(keylog_stats(k)->secrets, 500 * (1 + SECRETS_OTHERS_MAX));
	assert_int_equal(keylog_stats(k)->left_out,
	    2 * 500 * (20 - 1 - SECRETS_OTHERS_MAX));
	for (unsigned i = 0; i < 500; i++) {
		random[2] = (uint8_t)(i >> 8);
		random[3] = (uint8_t)i;
		for (unsigned n = 0; n <= SECRETS_OTHERS_MAX; n++) {
			struct span s = keylog_find_other(k, KEYLOG_MASTER, random, n);

			assert_int_equal(s.len, 4);
			assert_int_equal(s.p[3], n);
		}
		assert_int_equal(keylog_find_other(k, KEYLOG_MASTER, random,
		    SECRETS_OTHERS_MAX + 1).len, 0);
	}
	keylog_free(k);
}

static void
an_empty_log_has_none(void **state)
{
	struct keylog *k = of("");

	assert_int_equal(keylog_find(k, KEYLOG_MASTER, random_a).len, 0);
	assert_int_equal(keylog_find(NULL, KEYLOG_MASTER, random_a).len, 0);
	keylog_free(k);
	keylog_free(NULL);
}

static void
premaster_secrets_have_names_of_their_own(void **state)
{
	static const char log[] = "RSA 0102030405060708 0303aabb\n"
	    "RSA 01020304050607 0303aabb\n"
	    "RSA 010203040506070809 0303aabb\n";
	uint8_t id[32] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct keylog *k = keylog_new();

	assert_false(keylog_has_premasters(k));
	assert_false(keylog_has_premasters(NULL));
	assert_int_equal(keylog_add(k, (uint8_t *)log, strlen(log)), 0);
	assert_true(keylog_has_premasters(k));
	assert_int_equal(keylog_stats(k)->secrets, 1);
	assert_int_equal(keylog_stats(k)->unreadable, 2);
	assert_int_equal(keylog_find(k, KEYLOG_RSA, id).len, 4);
	assert_int_equal(keylog_find(k, KEYLOG_PREMASTER, id).len, 0);
	keylog_free(k);
}

/* As the shell of Windows writes it, and as what comes behind it is cut off. */
static void
utf_16_is_read_as_ascii(void **state)
{
	static const char mark[2][3] = { "\xff\xfe", "\xfe\xff" };
	char line[300], text[1200];

	for (unsigned big = 0; big < 2; big++) {
		struct keylog *k = keylog_new();
		size_t len = 2, n;

		memcpy(text, mark[big], 2);
		n = (size_t)snprintf(line, sizeof(line), "CLIENT_RANDOM %064d "
		    "c0ffee\r\nCLIENT_RANDOM %064d beef\r\n", 1, 2);
		for (size_t i = 0; i < n; i++) {
			text[len + big] = line[i];
			text[len + !big] = 0;
			len += 2;
		}
		assert_int_equal(keylog_add(k, (uint8_t *)text, len), 0);
		assert_int_equal(keylog_stats(k)->secrets, 2);
		assert_int_equal(keylog_stats(k)->unreadable, 0);
		keylog_free(k);
	}
}

static void
a_line_of_zeros_is_rubbish_at_most(void **state)
{
	static uint8_t text[2000];
	struct keylog *k = keylog_new();

	assert_int_equal(keylog_add(k, text, sizeof(text)), 0);
	memset(text + 1, 'x', sizeof(text) - 1);
	assert_int_equal(keylog_add(k, text, sizeof(text)), 0);
	assert_int_equal(keylog_stats(k)->secrets, 0);
	assert_int_equal(keylog_stats(k)->unreadable, 1);
	keylog_free(k);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_found_by_label_and_random),
		cmocka_unit_test(rubbish_is_counted_and_passed_over),
		cmocka_unit_test(secrets_have_a_longest_length),
		cmocka_unit_test(many_secrets_are_all_found),
		cmocka_unit_test(others_of_the_same_name_have_a_ceiling),
		cmocka_unit_test(an_empty_log_has_none),
		cmocka_unit_test(utf_16_is_read_as_ascii),
		cmocka_unit_test(a_line_of_zeros_is_rubbish_at_most),
		cmocka_unit_test(premaster_secrets_have_names_of_their_own),
	};

	return cmocka_run_group_tests_name("keylog", tests, NULL, NULL);
}
