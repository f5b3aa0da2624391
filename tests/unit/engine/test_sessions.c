// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "engine/sessions.h"

/* What came out: ">bytes" and "<bytes", "!bytes" early, "@bytes" of a file, "(gap)". */
static struct buf got;
static bool seen;		/* the connection is */
static bool refuses;
static struct sessions *s;

static bool
tie(void *arg, const struct session_note *n)
{
	return seen;
}

static bool
data(void *arg, const struct session_note *n, const struct session_piece *p)
{
	assert_int_equal(n->local_port, 7);
	buf_u8(&got, p->early ? '!' : p->of_file ? '@' : p->inbound ? '<' : '>');
	if (p->gap)
		buf_printf(&got, "(%d)", (int)p->gap);
	if (p->len)
		buf_append(&got, p->data, p->len);
	return !refuses;
}

static int
setup(void **state)
{
	const struct session_ops ops = { tie, data, NULL };

	buf_reset(&got);
	seen = refuses = false;
	s = sessions_new(&ops);
	return s == NULL;
}

static int
teardown(void **state)
{
	sessions_free(s);
	return 0;
}

static void
is_tied(uint64_t stream)
{
	struct session_note n = { .kind = SESSION_TIED, .stream = stream,
		.local_port = 7 };

	assert_int_equal(sessions_note(s, &n, NULL), 0);
}

static void
says(uint64_t stream, bool inbound, uint64_t offset, const char *text)
{
	struct session_note n = { .kind = SESSION_PLAINTEXT, .stream = stream,
		.inbound = inbound, .offset = offset,
		.len = (uint32_t)strlen(text) };

	assert_int_equal(sessions_note(s, &n, (const uint8_t *)text), 0);
}

static void
ends(uint64_t stream, uint64_t out, uint64_t in)
{
	struct session_note n = { .kind = SESSION_ENDED, .stream = stream,
		.offset = out, .in_len = in };

	assert_int_equal(sessions_note(s, &n, NULL), 0);
}

static void
assert_got(const char *want)
{
	buf_u8(&got, 0);
	assert_string_equal((char *)got.data, want);
	buf_reset(&got);
}

static void
bytes_go_to_a_connection_that_was_seen(void **state)
{
	seen = true;
	is_tied(1);
	says(1, false, 0, "ab");
	says(1, true, 0, "x");
	says(1, false, 2, "c");
	assert_got(">ab<x>c");
	ends(1, 3, 1);
	assert_got("");
	assert_int_equal(sessions_unplaced(s), 0);
}

static void
what_was_lost_is_a_gap_never_joined(void **state)
{
	seen = true;
	is_tied(1);
	says(1, false, 5, "a");
	says(1, false, 8, "b");
	ends(1, 19, 4);
	assert_got(">(5)a>(2)b>(10)<(4)");
}

static void
bytes_wait_for_their_connection(void **state)
{
	says(1, false, 0, "a");
	is_tied(1);
	says(1, false, 1, "b");
	ends(1, 4, 0);
	assert_got("");
	assert_int_equal(sessions_unplaced(s), 2);
	sessions_retry(s);
	assert_got("");
	seen = true;
	sessions_retry(s);
	assert_got(">a>b>(2)");
	assert_int_equal(sessions_unplaced(s), 0);
}

static void
early_data_is_told_from_the_rest(void **state)
{
	struct session_note n = { .kind = SESSION_PLAINTEXT, .stream = 1,
		.len = 1, .early = true };

	assert_int_equal(sessions_note(s, &n, (const uint8_t *)"a"), 0);
	seen = true;
	is_tied(1);
	n.offset = 1;
	assert_int_equal(sessions_note(s, &n, (const uint8_t *)"b"), 0);
	says(1, false, 2, "c");
	assert_got("!a!b>c");
}

static void
bytes_of_a_file_are_told_from_the_rest(void **state)
{
	struct session_note n = { .kind = SESSION_PLAINTEXT, .stream = 1,
		.len = 1, .of_file = true };

	assert_int_equal(sessions_note(s, &n, (const uint8_t *)"a"), 0);
	seen = true;
	is_tied(1);
	n.offset = 1;
	assert_int_equal(sessions_note(s, &n, (const uint8_t *)"b"), 0);
	says(1, false, 2, "c");
	assert_got("@a@b>c");
}

static void
two_sessions_are_not_mixed(void **state)
{
	is_tied(1);
	is_tied(2);
	says(1, false, 0, "a");
	says(2, false, 0, "b");
	says(1, false, 1, "c");
	seen = true;
	sessions_retry(s);
	says(2, false, 1, "d");
	assert_int_equal(sessions_unplaced(s), 0);
	buf_u8(&got, 0);
	if (strcmp((char *)got.data, ">a>c>b>d") != 0)
		assert_string_equal((char *)got.data, ">b>a>c>d");
	buf_reset(&got);
}

static void
what_nobody_takes_is_counted(void **state)
{
	seen = refuses = true;
	is_tied(1);
	says(1, false, 0, "abc");
	assert_int_equal(sessions_unplaced(s), 3);
	says(9, true, 0, "never tied");
	assert_int_equal(sessions_unplaced(s), 13);
}

static void
what_waits_has_a_ceiling(void **state)
{
	static uint8_t bytes[1 << 20];
	struct session_note n = { .kind = SESSION_PLAINTEXT, .stream = 1,
		.len = sizeof(bytes) };

	for (int i = 0; i < 65; i++, n.offset += n.len)
		assert_int_equal(sessions_note(s, &n, bytes), 0);
	seen = true;
	is_tied(1);
	assert_int_equal(got.len, 64 * (sizeof(bytes) + 1));
	buf_reset(&got);
	says(1, false, n.offset, "z");
	assert_got(">(1048576)z");
	assert_int_equal(sessions_unplaced(s), sizeof(bytes));
}

static void
one_that_waits_is_known_by_its_ends(void **state)
{
	struct packet_addr here = { 0 }, there = { .b = { 1 } };

	assert_null(sessions_waiting(s, &here, 7, &here, 0));
	is_tied(1);
	assert_non_null(sessions_waiting(s, &here, 7, &here, 0));
	assert_null(sessions_waiting(s, &here, 8, &here, 0));
	assert_null(sessions_waiting(s, &here, 7, &there, 0));
	assert_null(sessions_waiting(s, &there, 7, &here, 0));
	seen = true;
	sessions_retry(s);
	assert_null(sessions_waiting(s, &here, 7, &here, 0));
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(bytes_go_to_a_connection_that_was_seen),
		CASE(what_was_lost_is_a_gap_never_joined),
		CASE(bytes_wait_for_their_connection),
		CASE(early_data_is_told_from_the_rest),
		CASE(bytes_of_a_file_are_told_from_the_rest),
		CASE(two_sessions_are_not_mixed),
		CASE(what_nobody_takes_is_counted),
		CASE(what_waits_has_a_ceiling),
		CASE(one_that_waits_is_known_by_its_ends),
	};
	int r;

	buf_init(&got, 0);
	r = cmocka_run_group_tests_name("engine/sessions", tests, NULL, NULL);
	buf_clear(&got);
	return r;
}
