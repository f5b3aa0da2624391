// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/import.h"
#include "source/import_fields.h"

static int
count(void *arg, const struct import_event *e)
{
	++*(int *)arg;
	return 0;
}

static int
read_text(const char *text, size_t len, struct import_stats *ret)
{
	uint8_t *exact = malloc(len ? len : 1);
	int events = 0, r;

	memcpy(exact, text, len);
	r = import_read((struct span){ exact, len }, count, &events, ret);
	assert_int_equal(r ? 0 : events, r ? 0 : (int)ret->events);
	free(exact);
	return r;
}

static void
times_are_read_in_every_form(void **state)
{
	static const char *const same[] = {
		"2024-05-06 12:53:20.000", "2024-05-06T12:53:20Z",
		"2024-05-06T14:53:20.000+02:00", "2024/05/06 12:53:20",
		" 2024-05-06 12:53:20 ",
	};
	static const char *const none[] = {
		"", "2024-05-06", "2024-05-06 12:53", "2024-13-06 12:53:20",
		"2024-05-06 24:53:20", "1969-05-06 12:53:20", "now",
		"2024-05-06 12:53:20+", "2024-05-06 12:53:20+2",
		"1970-01-01 00:00:00+02:00", "2024-05-06 12:53:20x",
	};
	uint64_t ns;

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		assert_true(import_time(span_str(same[i]), &ns));
		assert_int_equal(ns, UINT64_C(1715000000000000000));
	}
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		if (import_time(span_str(none[i]), &ns))
			fail_msg("\"%s\" is a time", none[i]);
	assert_true(import_time(span_str("2024-05-06T12:53:20.1234567Z"),
	    &ns));
	assert_int_equal(ns, UINT64_C(1715000000123456700));
	assert_true(import_day_time(span_str("12:00:01.5 AM"), &ns));
	assert_int_equal(ns, 1500000000);
	assert_true(import_day_time(span_str("1:00:00,25 pm"), &ns));
	assert_int_equal(ns, UINT64_C(46800250000000));
	assert_true(import_day_time(span_str("13:00:00"), &ns));
	assert_int_equal(ns, UINT64_C(46800000000000));
}

static void
numbers_and_addresses_have_their_limits(void **state)
{
	uint8_t a[16];
	uint64_t n;

	assert_true(import_number(span_str("65535"), 65535, &n));
	assert_false(import_number(span_str("65536"), 65535, &n));
	assert_false(import_number(span_str(""), 65535, &n));
	assert_false(import_number(span_str("1x"), 65535, &n));
	assert_true(import_number(span_str("18446744073709551615"), UINT64_MAX,
	    &n));
	assert_false(import_number(span_str("18446744073709551616"),
	    UINT64_MAX, &n));
	assert_true(import_address(span_str("10.0.0.5"), a));
	assert_int_equal(a[11], 0xff);
	assert_int_equal(a[15], 5);
	assert_true(import_address(span_str("[fe80:0:0:0:0:0:0:1%12]"), a));
	assert_int_equal(a[15], 1);
	assert_false(import_address(span_str("PC"), a));
	assert_false(import_address(span_str(""), a));
}

static const char event[] =
    "<Event><System><EventID>3</EventID></System><EventData>"
    "<Data Name='UtcTime'>2024-05-06 12:53:20.000</Data>"
    "<Data Name='ProcessId'>7</Data><Data Name='Image'>a&#x26;b</Data>"
    "<Data Name='Protocol'>tcp</Data><Data Name='Initiated'>true</Data>"
    "<Data Name='SourceIp'>10.0.0.5</Data><Data Name='SourcePort'>1</Data>"
    "<Data Name='DestinationIp'>1.2.3.4</Data>"
    "<Data Name='DestinationPort'>443</Data></EventData></Event>";

static void
an_event_that_does_not_end_is_counted(void **state)
{
	struct import_stats s;
	char two[2 * sizeof(event)];

	assert_int_equal(read_text(event, sizeof(event) - 1, &s), 0);
	assert_int_equal(s.events, 1);
	for (size_t len = 6; len < sizeof(event) - 1; len++) {
		int r = read_text(event, len, &s);

		assert_int_equal(s.events, 0);
		assert_true(r ? len < 7 : s.unreadable == 1);
	}
	/* and is not mixed with the next */
	snprintf(two, sizeof(two), "%.200s%s", event, event);
	assert_int_equal(read_text(two, strlen(two), &s), 0);
	assert_int_equal(s.events, 1);
	assert_int_equal(s.unreadable, 1);
}

static void
other_providers_events_are_not_sysmons(void **state)
{
	static const char other[] = "{\"Id\":3,\"ProviderName\":\"Else\","
				    "\"Message\":\"ProcessId: 7\"}";
	static const char broken[] = "{\"Id\":3,\"Message\":\"ProcessId: 7\"}";
	struct import_stats s;

	assert_int_equal(read_text(other, sizeof(other) - 1, &s), 0);
	assert_int_equal(s.others, 1);
	assert_int_equal(read_text(broken, sizeof(broken) - 1, &s), 0);
	assert_int_equal(s.unreadable, 1);
}

static void
rubbish_is_no_log(void **state)
{
	static const char *const texts[] = { "", "x", "a,b\n1,2\n",
		"\xff\xfe", "\xef\xbb\xbf", "<Events/>", "Eventually" };
	struct import_stats s;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(read_text(texts[i], strlen(texts[i]), &s),
		    ERR_UNSUPPORTED);
}

static void
a_table_without_an_end_of_its_quotes_is_bounded(void **state)
{
	static const char text[] = "\"EventID\",\"UtcTime\"\n3,\"2024";
	struct import_stats s;

	assert_int_equal(read_text(text, sizeof(text) - 1, &s), 0);
	assert_int_equal(s.unreadable, 1);
	assert_int_equal(read_text("{{{{", 4, &s), 0);
	assert_int_equal(s.unreadable, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read_in_every_form),
		cmocka_unit_test(numbers_and_addresses_have_their_limits),
		cmocka_unit_test(an_event_that_does_not_end_is_counted),
		cmocka_unit_test(other_providers_events_are_not_sysmons),
		cmocka_unit_test(rubbish_is_no_log),
		cmocka_unit_test(
		    a_table_without_an_end_of_its_quotes_is_bounded),
	};

	return cmocka_run_group_tests_name("source import", tests, NULL, NULL);
}
