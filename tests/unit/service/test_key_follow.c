// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/buf.h"
#include "service/key_follow.c"

static char path[64];
static struct buf got;
static struct key_follow *follow;

static int
take(void *arg, const uint8_t *text, size_t len)
{
	buf_append(&got, text, len);
	return 0;
}

static void
say(const char *text, const char *mode)
{
	FILE *f = fopen(path, mode);

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
assert_turn(const char *want)
{
	buf_reset(&got);
	assert_int_equal(key_follow_read(follow, take, NULL), 0);
	buf_u8(&got, 0);
	assert_string_equal((char *)got.data, want);
}

static int
start(void **state)
{
	const char *paths[] = { path };

	snprintf(path, sizeof(path), "/tmp/telltap-keys-%d", (int)getpid());
	unlink(path);
	buf_init(&got, 0);
	follow = key_follow_new(paths, 1);
	return follow ? 0 : -1;
}

static int
stop(void **state)
{
	unlink(path);
	key_follow_free(follow);
	buf_clear(&got);
	return 0;
}

static void
a_log_that_grows_is_read_by_lines(void **state)
{
	assert_turn("");
	say("one\ntw", "w");
	assert_turn("one\n");
	assert_turn("");
	say("o\nthree\n", "a");
	assert_turn("two\nthree\n");
}

static void
a_log_that_is_cut_or_replaced_is_read_anew(void **state)
{
	say("first line\nhal", "w");
	assert_turn("first line\n");
	say("cut\n", "w");
	assert_turn("cut\n");
	/* while the old one is open its inode is not given away */
	unlink(path);
	assert_turn("");
	say("another file\n", "w");
	assert_turn("another file\n");
}

static void
a_line_without_end_is_passed_over(void **state)
{
	static char line[ROOM_LEN + 2];

	memset(line, 'x', ROOM_LEN + 1);
	say(line, "w");
	assert_turn("");
	say("xx\nnext\n", "a");
	assert_turn("next\n");
}

static int
refuse(void *arg, const uint8_t *text, size_t len)
{
	return -7;
}

static void
what_the_taker_says_ends_the_turn(void **state)
{
	say("one\n", "w");
	assert_int_equal(key_follow_read(follow, refuse, NULL), -7);
	assert_null(key_follow_new(NULL, KEY_FOLLOW_MAX + 1));
	key_follow_free(NULL);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_log_that_grows_is_read_by_lines),
		T(a_log_that_is_cut_or_replaced_is_read_anew),
		T(a_line_without_end_is_passed_over),
		T(what_the_taker_says_ends_the_turn),
	};

	return cmocka_run_group_tests_name("service/key_follow", tests, NULL, NULL);
}
