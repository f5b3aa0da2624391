// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "telltap/case.h"
#include "telltap/verify.h"

#define LINE "{\"@timestamp\":\"2026-01-02T03:04:05.000000006Z\",\"event\":{" \
	     "\"action\":\"input\",\"sequence\":0},\"telltap\":{\"origin\":\"input\"}}"

static char base[32], dir[64];

static int
begin(void **state)
{
	strcpy(base, "/tmp/telltap-case-XXXXXX");
	if (!mkdtemp(base))
		return -1;
	snprintf(dir, sizeof(dir), "%s/case", base);
	return 0;
}

static int
end(void **state)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -rf %s", base);
	return system(command);
}

static bool
there(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

static void
a_finished_case_has_its_files_by_name(void **state)
{
	struct telltap_case *c;
	char path[128], line[1024];
	FILE *f;

	assert_int_equal(telltap_case_create(dir, &c), 0);
	assert_int_equal(telltap_case_event(c, LINE, strlen(LINE)), 0);
	assert_int_equal(telltap_case_add(c, "report.html", "<p>", 3), 0);
	assert_false(there("data/events.jsonl"));
	assert_false(there("data/report.html"));
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	assert_true(there("data/report.html"));
	assert_false(there("data.part"));
	snprintf(path, sizeof(path), "%s/data/events.jsonl", dir);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_memory_equal(line, LINE, strlen(LINE) - 2);
	assert_memory_equal(line + strlen(LINE) - 2,
	    ",\"recorder\":{\"build_id\":\"", 24);
	assert_memory_equal(line + strlen(line) - 46, ",\"nonce\":\"", 10);
	assert_string_equal(line + strlen(line) - 4, "\"}}\n");
	assert_non_null(fgets(line, sizeof(line), f));
	assert_non_null(strstr(line, "\"action\":\"seal\",\"sequence\":1}"));
	assert_null(fgets(line, sizeof(line), f));
	fclose(f);
	assert_true(there("data/log/checkpoint"));
	assert_true(there("data/log/vkey"));
	assert_true(there("data/log/tile/0/000.p/2"));
	assert_true(there("tagmanifest-sha256.txt"));
}

static void
a_case_that_is_not_finished_leaves_nothing(void **state)
{
	struct telltap_case *c;

	assert_int_equal(telltap_case_create(dir, &c), 0);
	assert_int_equal(telltap_case_event(c, LINE, strlen(LINE)), 0);
	assert_int_equal(telltap_case_add(c, "report.html", "<p>", 3), 0);
	telltap_case_free(c);
	assert_int_equal(access(dir, F_OK), -1);
}

static void
an_empty_folder_is_taken_and_left_as_it_was(void **state)
{
	struct telltap_case *c;

	assert_int_equal(mkdir(dir, 0777), 0);
	assert_int_equal(telltap_case_create(dir, &c), 0);
	telltap_case_free(c);
	assert_int_equal(access(dir, F_OK), 0);
	assert_false(there("data"));
}

static void
a_folder_with_anything_in_it_is_refused(void **state)
{
	struct telltap_case *c;

	assert_int_equal(telltap_case_create(dir, &c), 0);
	assert_int_equal(telltap_case_event(c, LINE, strlen(LINE)), 0);
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	assert_int_equal(telltap_case_create(dir, &c), -ENOTEMPTY);
	assert_non_null(strstr(telltap_case_error(c), "not empty"));
	telltap_case_free(c);
	assert_true(there("data/events.jsonl"));
}

static void
a_missing_parent_and_a_file_in_the_way_are_refused(void **state)
{
	struct telltap_case *c;
	char path[128];

	snprintf(path, sizeof(path), "%s/no/such", dir);
	assert_int_equal(telltap_case_create(path, &c), -ENOENT);
	assert_non_null(strstr(telltap_case_error(c), path));
	telltap_case_free(c);
	assert_int_equal(telltap_case_create("/dev/null", &c), -ENOTDIR);
	telltap_case_free(c);
}

static void
hear(void *arg, enum telltap_check result, const char *text)
{
}

static void
lines_by_the_thousand_are_all_there_in_order(void **state)
{
	struct telltap_verify_options o = { .size = sizeof(o) };
	struct telltap_case *c;
	uint8_t root[32];
	char line[512];

	assert_int_equal(telltap_case_create(dir, &c), 0);
	for (unsigned i = 0; i < 20000; i++) {
		int n = snprintf(line, sizeof(line), "{\"@timestamp\":\""
		    "2026-01-02T03:04:05.000000006Z\",\"event\":{\"action\":"
		    "\"mark\",\"sequence\":%u},\"telltap\":{\"origin\":"
		    "\"input\"}}", i);

		assert_int_equal(telltap_case_event(c, line, (size_t)n), 0);
		if (i == 9999)
			assert_int_equal(telltap_case_root(c, root), 10000);
	}
	assert_int_equal(telltap_case_event(c, "{}", 2), -EINVAL);
	assert_int_equal(telltap_case_add(c, "report.html", "<p>", 3), 0);
	assert_int_equal(telltap_case_root(c, root), 20000);
	assert_int_equal(telltap_case_finish(c), 0);
	telltap_case_free(c);
	assert_int_equal(telltap_verify(dir, &o, hear, NULL), 0);
	assert_true(there("data/log/tile/1/000.p/78"));
}

static void
a_case_dropped_with_lines_on_their_way_leaves_nothing(void **state)
{
	struct telltap_case *c;

	assert_int_equal(telltap_case_create(dir, &c), 0);
	for (unsigned i = 0; i < 20000; i++)
		assert_int_equal(telltap_case_event(c, LINE, strlen(LINE)), 0);
	telltap_case_free(c);
	assert_int_equal(access(dir, F_OK), -1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_finished_case_has_its_files_by_name),
		T(a_case_that_is_not_finished_leaves_nothing),
		T(an_empty_folder_is_taken_and_left_as_it_was),
		T(a_folder_with_anything_in_it_is_refused),
		T(lines_by_the_thousand_are_all_there_in_order),
		T(a_case_dropped_with_lines_on_their_way_leaves_nothing),
		T(a_missing_parent_and_a_file_in_the_way_are_refused),
	};

	return cmocka_run_group_tests_name("case", tests, NULL, NULL);
}
