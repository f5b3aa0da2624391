// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "evidence/event/event_json.h"
#include "telltap/report.h"
#include "unit/sample_events.h"

/* The events of a small run: one whole file, one hash, and their sums. */
static struct event
run_event(unsigned i)
{
	static struct event_transfer t;
	static struct event_file f;
	static struct event_totals totals;
	struct event e = sample_event(i == 0   ? EVENT_INPUT
				      : i == 1 ? EVENT_TRANSFER
				      : i == 2 ? EVENT_FLOW
					       : EVENT_SUMMARY);

	t = sample_transfer;
	f = sample_files[0];
	f.sent_bytes = f.size;
	f.coverage = 1;
	f.ambiguous = false;
	t.kind = KIND_FILE_UPLOAD;
	t.files = &f;
	t.file_count = 1;
	totals = (struct event_totals){ .packets = 33412,
					.bytes = 37100000,
					.first_ns = SAMPLE_START,
					.last_ns = SAMPLE_START + 342 * SECOND,
					.payload_out = 600,
					.understood_out = 500,
					.encrypted_out = 100 };
	e.sequence = i;
	if (i == 1)
		e.transfer = &t;
	if (i == 3)
		e.totals = &totals;
	return e;
}

static struct telltap_report *
report_of_run(void)
{
	struct telltap_report *r = telltap_report_new();

	for (unsigned i = 0; i < 4; i++) {
		struct event e = run_event(i);

		assert_int_equal(telltap_report_add(r, &e), 0);
	}
	return r;
}

static char *
render(struct telltap_report *r, enum telltap_report_format format)
{
	char *data, *text;
	size_t len;

	assert_int_equal(telltap_report_render(r, format, &data, &len), 0);
	text = strndup(data, len);
	assert_int_equal(strlen(text), len);
	free(data);
	return text;
}

static void
the_summary_reads_as_people_expect(void **state)
{
	struct telltap_report *r = report_of_run();
	char *text = render(r, TELLTAP_REPORT_TEXT);

	assert_string_equal(text,
	    "2 captures   2026-03-02 14:02:11 \xe2\x80\x93 14:07:53 UTC   "
	    "33,412 packets, 37.1 MB, 1 connection that was there before its "
	    "capture began, 13 captured bytes out that fit in no stream, 14 "
	    "captured bytes in that fit in no stream\n"
	    "\n"
	    "  destination                       sent   received  transfers   "
	    "lookups   files   unread\n"
	    "  Example AV KSN (192.0.2.80)      600 B      700 B          1   "
	    "      0       1        0\n"
	    "\n"
	    "  WHOLE FILE  invoice.pdf  150,016 B -> Example AV KSN  14:02:12"
	    "  proven: clear text; all 4,608 bytes match\n"
	    "\n"
	    "  HASH        sha256 of invoice.pdf -> Example AV KSN  14:02:12\n"
	    "\n"
	    "  URL         http://example.org/a?b=c -> Example AV KSN  "
	    "14:02:12\n"
	    "\n"
	    "  SENT        file.hash -> Example AV KSN  in 1 transfer, first "
	    "at query:sha256\n"
	    "  SENT        file.name -> Example AV KSN  in 1 transfer, first "
	    "at /name\n"
	    "\n"
	    "  payload out 600 B = understood 500 + undeciphered 0 + "
	    "encrypted 100 + missing 0\n"
	    "  1 whole file left. 83.3 % of the outbound payload could be "
	    "read; nothing is said about what the rest held.\n");
	free(text);
	telltap_report_free(r);
}

static void
no_upload_is_said_only_beside_how_much_was_seen(void **state)
{
	struct telltap_report *r = telltap_report_new();
	struct event e = run_event(3);
	char *text;

	text = render(r, TELLTAP_REPORT_TEXT);
	assert_non_null(strstr(text, "No whole file was seen leaving. The log "
				     "has no summary"));
	assert_null(strstr(text, "nothing missing"));
	free(text);
	assert_int_equal(telltap_report_add(r, &e), 0);
	text = render(r, TELLTAP_REPORT_TEXT);
	assert_non_null(strstr(text, "No whole file was seen leaving. 83.3 %"));
	free(text);
	telltap_report_free(r);
}

static void
every_format_is_the_same_bytes_twice(void **state)
{
	for (int f = TELLTAP_REPORT_TEXT; f <= TELLTAP_REPORT_CSV; f++) {
		struct telltap_report *a = report_of_run();
		struct telltap_report *b = report_of_run();
		char *x = render(a, (enum telltap_report_format)f);
		char *y = render(b, (enum telltap_report_format)f);

		assert_string_equal(x, y);
		free(x);
		x = render(a, (enum telltap_report_format)f);
		assert_string_equal(x, y);
		free(x);
		free(y);
		telltap_report_free(a);
		telltap_report_free(b);
	}
}

/* Our own script, which the policy names by its hash, and no other. */
static void
has_one_script(const char *page)
{
	const char *first = strstr(page, "<script");

	assert_non_null(first);
	assert_memory_equal(first, "<script>'use strict';", 21);
	assert_null(strstr(first + 1, "<script"));
}

static void
the_page_needs_nothing_from_elsewhere(void **state)
{
	struct telltap_report *r = report_of_run();
	char *page = render(r, TELLTAP_REPORT_HTML);

	assert_non_null(strstr(page, "default-src 'none'; style-src 'sha256-"));
	has_one_script(page);
	assert_null(strstr(page, "src="));
	assert_null(strstr(page, "href="));
	assert_null(strstr(page, "style=\""));
	assert_non_null(strstr(page, "WHOLE FILE"));
	assert_non_null(strstr(page, "invoice.pdf"));
	free(page);
	telltap_report_free(r);
}

/* How often the page of one transfer of that visibility warns of keys. */
static int
warnings_of_keys(enum visibility v)
{
	struct telltap_report *r = telltap_report_new();
	struct event e = run_event(1);
	struct event_transfer t = *e.transfer;
	char *page;
	int n;

	t.visibility = v;
	e.transfer = &t;
	assert_int_equal(telltap_report_add(r, &e), 0);
	page = render(r, TELLTAP_REPORT_HTML);
	n = strstr(page, "Keys opened some of it") != NULL;
	free(page);
	telltap_report_free(r);
	return n;
}

static void
what_keys_opened_is_warned_of(void **state)
{
	assert_int_equal(warnings_of_keys(VISIBLE_DECRYPTED), 1);
	assert_int_equal(warnings_of_keys(VISIBLE_CLEAR), 0);
}

static void
hostile_names_stay_text_in_the_page(void **state)
{
	struct telltap_report *r = telltap_report_new();
	struct event e = run_event(1);
	struct event_transfer t = *e.transfer;
	struct event_file f = t.files[0];
	struct event_cloud c = { .key = S("<script>alert(1)</script>") };
	char *page;

	f.name = S("</td><img src=x onerror=y>\xe2\x80\xae");
	t.files = &f;
	e.transfer = &t;
	e.cloud = &c;
	e.flow = NULL;
	assert_int_equal(telltap_report_add(r, &e), 0);
	page = render(r, TELLTAP_REPORT_HTML);
	has_one_script(page);
	assert_null(strstr(page, "<img"));
	assert_null(strstr(page, "\xe2\x80\xae"));
	assert_non_null(strstr(page, "&lt;script&gt;alert(1)"));
	free(page);
	telltap_report_free(r);
}

static void
the_json_says_what_the_text_says(void **state)
{
	struct telltap_report *r = report_of_run();
	char *text = render(r, TELLTAP_REPORT_JSON);
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, NULL), *file;

	assert_non_null(root);
	file = json_array_get(json_object_get(root, "files"), 0);
	assert_true(json_is_true(json_object_get(file, "whole")));
	assert_int_equal(json_integer_value(json_object_get(file,
			     "sent_bytes")), 150016);
	assert_string_equal(json_string_value(json_object_get(file,
				"first_transfer")), "17.2");
	json_decref(root);
	free(text);
	telltap_report_free(r);
}

static char *
write_events(const char *tail)
{
	char *path = strdup("/tmp/telltap-test-XXXXXX");
	FILE *f = fdopen(mkstemp(path), "w");
	struct buf b;

	buf_init(&b, 0);
	for (unsigned i = 0; i < 4; i++) {
		struct event e = run_event(i);

		event_write_json(&e, &b);
		buf_u8(&b, '\n');
	}
	assert_int_equal(fwrite(b.data, 1, b.len, f), b.len);
	fputs(tail, f);
	fclose(f);
	buf_clear(&b);
	return path;
}

static void
a_written_log_gives_the_same_reports_as_the_run(void **state)
{
	char *path = write_events("");

	for (int f = TELLTAP_REPORT_TEXT; f <= TELLTAP_REPORT_CSV; f++) {
		struct telltap_report *a = report_of_run();
		struct telltap_report *b = telltap_report_new();
		char *x = render(a, (enum telltap_report_format)f), *y;

		assert_int_equal(telltap_report_read(b, path), 0);
		y = render(b, (enum telltap_report_format)f);
		assert_string_equal(x, y);
		free(x);
		free(y);
		telltap_report_free(a);
		telltap_report_free(b);
	}
	unlink(path);
	free(path);
}

static void
a_bad_line_is_named_by_its_number(void **state)
{
	struct telltap_report *r = telltap_report_new();
	char *path = write_events("{\"event\":{\"action\":\"new\"}}\n{oops\n");

	assert_true(telltap_report_read(r, path) < 0);
	assert_non_null(strstr(telltap_report_error(r), "line 6: not JSON"));
	unlink(path);
	free(path);
	telltap_report_free(r);
}

static void
a_missing_or_empty_log_is_an_error(void **state)
{
	struct telltap_report *r = telltap_report_new();

	assert_int_equal(telltap_report_read(r, "/nonexistent"), -ENOENT);
	assert_true(telltap_report_error(r)[0] != 0);
	assert_true(telltap_report_read(r, "/dev/null") < 0);
	telltap_report_free(r);
}

static void
what_was_found_is_counted_by_kind(void **state)
{
	struct telltap_report *r = report_of_run();

	assert_int_equal(telltap_report_found(r, "file-upload"), 1);
	assert_int_equal(telltap_report_found(r, "hash-lookup"), 0);
	assert_int_equal(telltap_report_found(r, "upload"), -EINVAL);
	telltap_report_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_summary_reads_as_people_expect),
		cmocka_unit_test(
		    no_upload_is_said_only_beside_how_much_was_seen),
		cmocka_unit_test(every_format_is_the_same_bytes_twice),
		cmocka_unit_test(the_page_needs_nothing_from_elsewhere),
		cmocka_unit_test(what_keys_opened_is_warned_of),
		cmocka_unit_test(hostile_names_stay_text_in_the_page),
		cmocka_unit_test(the_json_says_what_the_text_says),
		cmocka_unit_test(
		    a_written_log_gives_the_same_reports_as_the_run),
		cmocka_unit_test(a_bad_line_is_named_by_its_number),
		cmocka_unit_test(a_missing_or_empty_log_is_an_error),
		cmocka_unit_test(what_was_found_is_counted_by_kind),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
