// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/format.h"

static void
expect(struct buf *b, const char *want)
{
	buf_u8(b, 0);
	assert_false(b->failed);
	assert_string_equal((const char *)b->data, want);
	buf_reset(b);
}

static void
counts_are_grouped(void **state)
{
	struct buf b;

	buf_init(&b, 0);
	format_count(&b, 0);
	expect(&b, "0");
	format_count(&b, 999);
	expect(&b, "999");
	format_count(&b, 1000);
	expect(&b, "1,000");
	format_count(&b, UINT64_MAX);
	expect(&b, "18,446,744,073,709,551,615");
	buf_clear(&b);
}

static void
bytes_have_the_unit_that_fits(void **state)
{
	struct buf b;

	buf_init(&b, 0);
	format_bytes(&b, 9999);
	expect(&b, "9,999 B");
	format_bytes(&b, 10000);
	expect(&b, "10.0 kB");
	format_bytes(&b, 99949);
	expect(&b, "99.9 kB");
	format_bytes(&b, 99950);
	expect(&b, "100 kB");
	format_bytes(&b, 310499);
	expect(&b, "310 kB");
	format_bytes(&b, 37100000);
	expect(&b, "37.1 MB");
	format_bytes(&b, UINT64_MAX);
	expect(&b, "18.4 EB");
	buf_clear(&b);
}

static void
lengths_of_time_in_two_units_at_most(void **state)
{
	const uint64_t s = 1000000000;
	struct buf b;

	buf_init(&b, 0);
	format_length(&b, s - 1);
	expect(&b, "under 1 s");
	format_length(&b, 119 * s);
	expect(&b, "119 s");
	format_length(&b, 120 * s);
	expect(&b, "2 min");
	format_length(&b, 125 * 60 * s);
	expect(&b, "2 h 5 min");
	format_length(&b, 49 * 3600 * s);
	expect(&b, "2 days 1 h");
	buf_clear(&b);
}

static void
shares_are_never_rounded_up(void **state)
{
	struct buf b;

	buf_init(&b, 0);
	format_share(&b, 0, 0);
	expect(&b, "none");
	format_share(&b, 0, 5);
	expect(&b, "0 %");
	format_share(&b, 1, 1000000);
	expect(&b, "under 0.1 %");
	format_share(&b, UINT64_MAX - 1, UINT64_MAX);
	expect(&b, "99.9 %");
	format_share(&b, 7, 7);
	expect(&b, "100 %");
	buf_clear(&b);
}

static void
periods_name_the_day_once(void **state)
{
	struct buf b;

	buf_init(&b, 0);
	format_period(&b, 1772460131000000000ull, 1772460473000000000ull);
	expect(&b, "2026-03-02 14:02:11 \xe2\x80\x93 14:07:53 UTC");
	format_period(&b, 0, 86400000000000ull);
	expect(&b, "1970-01-01 00:00:00 \xe2\x80\x93 "
		   "1970-01-02 00:00:00 UTC");
	buf_clear(&b);
}

static const struct span hostile =
    SPAN_LITERAL("<a href='x'>&\"\x1b[2J\xe2\x80\xae\xff\n\xc3\xa9"
		 "\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd");

static void
hostile_text_harms_neither_terminal_nor_page_nor_sheet(void **state)
{
	struct buf b;

	buf_init(&b, 0);
	format_safe(&b, hostile);
	expect(&b, "<a href='x'>&\"<U+001B>[2J<U+202E>\xef\xbf\xbd<U+000A>"
		   "\xc3\xa9<U+FFFE><U+FFFF>\xef\xbf\xbd");
	format_html(&b, hostile);
	expect(&b, "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;U+001B&gt;[2J"
		   "&lt;U+202E&gt;\xef\xbf\xbd&lt;U+000A&gt;\xc3\xa9"
		   "&lt;U+FFFE&gt;&lt;U+FFFF&gt;\xef\xbf\xbd");
	format_csv(&b, SPAN_LITERAL("=1+1\"\n"));
	expect(&b, "\"'=1+1\"\"<U+000A>\"");
	format_csv(&b, SPAN_LITERAL(""));
	expect(&b, "\"\"");
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_are_grouped),
		cmocka_unit_test(bytes_have_the_unit_that_fits),
		cmocka_unit_test(lengths_of_time_in_two_units_at_most),
		cmocka_unit_test(shares_are_never_rounded_up),
		cmocka_unit_test(periods_name_the_day_once),
		cmocka_unit_test(
		    hostile_text_harms_neither_terminal_nor_page_nor_sheet),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
