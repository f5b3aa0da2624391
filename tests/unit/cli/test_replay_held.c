// SPDX-License-Identifier: Apache-2.0
/* Lines of events that wait until the captures' hashes are known. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The hashes are ours to give, and the first line, too. */
#define telltap_source_hash_begin fake_begin
#define telltap_source_hash_later fake_later
#define telltap_source_hashed	  fake_hashed
#define telltap_source_error	  fake_error
#define telltap_source_files	  fake_files
#define telltap_engine_input_json fake_json
#include "cli/replay_held.c"

static int hashed;		/* what fake_hashed() says */
static unsigned waits, fails, hurries, laters;
static bool twice;
static struct telltap_source_file file;
static size_t file_count;
static char written[64];

int
fake_begin(struct telltap_source *src)
{
	hurries++;
	return 0;
}

int
fake_later(struct telltap_source *src)
{
	laters++;
	return 0;
}

bool
replay_reads_twice(const struct replay *r)
{
	return twice;
}

int
fake_hashed(struct telltap_source *src, bool wait)
{
	waits += wait;
	return hashed || !wait ? hashed : 1;
}

const char *
fake_error(const struct telltap_source *src)
{
	return "no memory";
}

const struct telltap_source_file *
fake_files(const struct telltap_source *src, size_t *ret_count)
{
	*ret_count = file_count;
	return &file;
}

const char *
fake_json(struct telltap_engine *e, size_t *ret_len)
{
	assert_non_null(e);
	*ret_len = 5;
	return "first";
}

int
cli_fail(const char *fmt, ...)
{
	fails++;
	return CLI_ERROR;
}

int
replay_write_line(struct replay *r, const char *line, size_t len)
{
	size_t at = strlen(written);

	snprintf(written + at, sizeof(written) - at, "%.*s ", (int)len, line);
	return 0;
}

static struct replay
begin(void)
{
	struct replay r = { .engine = (struct telltap_engine *)&hashed };

	hashed = waits = fails = hurries = laters = 0;
	written[0] = '\0';
	r.held = calloc(1, sizeof(*r.held));
	assert_non_null(r.held);
	return r;
}

static void
lines_wait_behind_the_first(void **state)
{
	struct replay r = begin();

	assert_int_equal(0, replay_held_end(&r, true));	/* no event yet */
	assert_true(replay_held_first(&r));
	assert_false(replay_held_first(&r));
	assert_int_equal(0, replay_held_add(&r, "second", 6));
	assert_int_equal(0, replay_held_end(&r, false));
	assert_int_equal(0, replay_held_add(&r, "third", 5));
	assert_string_equal("", written);
	hashed = 1;
	assert_int_equal(0, replay_held_end(&r, false));
	assert_string_equal("first second third ", written);
	assert_null(r.held);
	assert_int_equal(0, waits);
}

static void
above_the_ceiling_the_run_waits(void **state)
{
	static char line[HELD_MAX - 1];
	struct replay r = begin();

	assert_true(replay_held_first(&r));
	memset(line, 'a', sizeof(line));
	assert_int_equal(0, replay_held_add(&r, line, sizeof(line) - 1));
	assert_int_equal(0, replay_held_end(&r, false));
	assert_int_equal(0, waits);
	assert_int_equal(0, replay_held_add(&r, "", 0));
	assert_int_equal(0, replay_held_end(&r, false));
	assert_int_equal(1, waits);
	assert_null(r.held);
}

static void
many_lines_that_wait_make_haste(void **state)
{
	static char line[HURRY_LEN - 1];
	struct replay r = begin();

	assert_true(replay_held_first(&r));
	memset(line, 'a', sizeof(line));
	assert_int_equal(0, replay_held_add(&r, line, sizeof(line) - 1));
	assert_int_equal(0, replay_held_end(&r, false));
	assert_int_equal(0, hurries);
	assert_int_equal(0, replay_held_add(&r, "", 0));
	assert_int_equal(0, replay_held_end(&r, false));
	assert_int_equal(1, hurries);
	assert_int_equal(0, waits);
	replay_held_free(r.held);
}

static void
captures_that_are_read_again_are_hashed_then(void **state)
{
	struct replay r = { 0 };

	hurries = laters = 0;
	twice = true;
	assert_int_equal(0, replay_held_begin(&r));
	assert_int_equal(1, laters);
	assert_int_equal(0, hurries);
	replay_held_free(r.held);
	twice = false;
	assert_int_equal(0, replay_held_begin(&r));
	assert_int_equal(1, laters);
	assert_int_equal(1, hurries);
	replay_held_free(r.held);
}

static void
no_case_is_made_of_what_has_changed(void **state)
{
	struct replay r = begin();

	file = (struct telltap_source_file){ .name = "a", .size = 5,
		.format = "pcap" };
	file_count = hashed = 1;
	assert_true(replay_held_first(&r));
	assert_int_equal(0, replay_held_end(&r, true));
	assert_string_equal("first ", written);
	assert_int_equal(1, fails);
	assert_true(r.bad_file);

	r = begin();
	r.kept = (struct telltap_case *)&hashed;
	hashed = twice = true;
	assert_true(replay_held_first(&r));
	assert_int_equal(-ESTALE, replay_held_end(&r, true));
	assert_string_equal("", written);
	assert_int_equal(2, fails);
	file_count = 0;
	twice = false;
}

static void
without_hashes_nothing_is_written_and_it_is_said_once(void **state)
{
	struct replay r = begin();

	assert_true(replay_held_first(&r));
	assert_int_equal(0, replay_held_add(&r, "second", 6));
	hashed = -ENOMEM;
	assert_int_equal(-ENOMEM, replay_held_end(&r, true));
	/* The run ends for that, and its engine is gone. */
	hashed = 1;
	r.engine = NULL;
	assert_int_equal(0, replay_held_end(&r, true));
	assert_string_equal("", written);
	assert_int_equal(1, fails);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_wait_behind_the_first),
		cmocka_unit_test(above_the_ceiling_the_run_waits),
		cmocka_unit_test(many_lines_that_wait_make_haste),
		cmocka_unit_test(captures_that_are_read_again_are_hashed_then),
		cmocka_unit_test(no_case_is_made_of_what_has_changed),
		cmocka_unit_test(without_hashes_nothing_is_written_and_it_is_said_once),
	};

	return cmocka_run_group_tests_name("cli/replay_held", tests, NULL, NULL);
}
