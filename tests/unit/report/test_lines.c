// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "evidence/event/event_json.h"
#include "report/lines.h"
#include "unit/sample_events.h"

static char folder[64];

static int
make(void **state)
{
	strcpy(folder, "/tmp/telltap-lines.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int
drop(void **state)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

/* A part of a case: the run's first line, marks, and a seal. */
static void
put_part(const char *name, unsigned marks, bool sealed)
{
	static const struct event_input_list inputs = { .version = "1" };
	struct event_mark mark = { .text = S("m") };
	char path[256];
	struct buf b;
	FILE *f;

	for (const char *s = "/\0/data\0"; *s; s += strlen(s) + 1) {
		snprintf(path, sizeof(path), "%s/%s%s", folder, name, s);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	snprintf(path, sizeof(path), "%s/%s/data/events.jsonl", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	buf_init(&b, 0);
	for (unsigned i = 0; i <= marks; i++) {
		struct event e = { .sequence = i, .ts_ns = SAMPLE_START,
				   .action = i ? EVENT_MARK : EVENT_INPUT };

		if (i)
			e.mark = &mark;
		else
			e.inputs = &inputs;
		buf_reset(&b);
		event_write_json(&e, &b);
		fprintf(f, "%.*s\n", (int)b.len, (char *)b.data);
	}
	if (sealed)
		fputs("{\"event\":{\"action\":\"seal\"},\"telltap\":{}}\n", f);
	fclose(f);
	buf_clear(&b);
}

static uint64_t numbers[32];
static size_t count, inputs;

static int
note(void *arg, const struct event *e)
{
	assert_true(count < 32);
	inputs += e->action == EVENT_INPUT;
	numbers[count++] = e->sequence;
	return 0;
}

static int
read_it(const char *path, struct report_lines *ret)
{
	count = inputs = 0;
	return report_read_lines(path, note, NULL, ret);
}

static void
parts_are_read_as_one(void **state)
{
	struct report_lines l;

	put_part("000002", 2, true);
	put_part("000001", 3, true);
	put_part("000003", 1, false);
	assert_int_equal(read_it(folder, &l), 0);
	/* one first line, and numbers in a row */
	assert_int_equal(inputs, 1);
	assert_int_equal(count, 1 + 3 + 2 + 1);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(numbers[i], i);
	assert_int_equal(l.parts_missing, 0);
	assert_false(l.has_root);
}

static void
missing_parts_are_counted(void **state)
{
	struct report_lines l;

	put_part("000002", 1, true);
	put_part("000005", 1, true);
	assert_int_equal(read_it(folder, &l), 0);
	assert_int_equal(l.parts_missing, 1 + 2);
	assert_int_equal(count, 1 + 1 + 1);
}

static void
a_part_has_a_root_and_their_folder_none(void **state)
{
	struct report_lines l;
	char path[128];

	put_part("000001", 1, true);
	snprintf(path, sizeof(path), "%s/000001", folder);
	assert_int_equal(read_it(path, &l), 0);
	assert_true(l.has_root && !l.in_parts);
	assert_int_equal(l.count, 2);
	assert_int_equal(read_it(folder, &l), 0);
	assert_true(l.in_parts && !l.has_root);
}

static void
what_is_no_case_says_so(void **state)
{
	struct report_lines l;
	char path[128];

	assert_int_not_equal(read_it(folder, &l), 0);
	assert_non_null(strstr(l.error, "no case"));
	/* names that are no numbers of parts */
	put_part("00001", 1, true);
	put_part("0000001", 1, true);
	put_part("00000x", 1, true);
	assert_int_not_equal(read_it(folder, &l), 0);
	snprintf(path, sizeof(path), "%s/000001", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_not_equal(read_it(folder, &l), 0);
	assert_non_null(strstr(l.error, "000001"));
	snprintf(path, sizeof(path), "%s/nowhere", folder);
	assert_int_equal(read_it(path, &l), -ENOENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(parts_are_read_as_one, make,
		    drop),
		cmocka_unit_test_setup_teardown(missing_parts_are_counted,
		    make, drop),
		cmocka_unit_test_setup_teardown(a_part_has_a_root_and_their_folder_none, make,
		    drop),
		cmocka_unit_test_setup_teardown(what_is_no_case_says_so, make,
		    drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
