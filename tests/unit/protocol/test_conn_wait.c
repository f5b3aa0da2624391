// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "protocol/conn_wait.h"

/* Two connections of one shard; what reaches their layers is written down, as
 * in "a0:bytes a1(12) a1. ". */
static struct conn_wait wait_room;
static struct conn_env env;
static struct conn a, b;
static struct buf said;
static const char *again;	/* data that is a ClientHello without keys */

static char
name_of(const struct conn *c)
{
	return c == &a ? 'a' : 'b';
}

void
conn_data(struct conn *c, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	const struct conn_wanted wanted = { .client_random = { 9 } };

	if (c->waiting && conn_wait_take(c, side, data, len, when))
		return;
	buf_printf(&said, "%c%u:", name_of(c), side);
	buf_append(&said, data, len);
	buf_u8(&said, ' ');
	if (again && len == strlen(again) && !memcmp(data, again, len))
		conn_wait_begin(c, &wanted);
}

void
conn_gap(struct conn *c, unsigned side, uint64_t len, const struct when *when)
{
	if (!c->waiting || !conn_wait_take(c, side, NULL, len, when))
		buf_printf(&said, "%c%u(%d) ", name_of(c), side, (int)len);
}

void
conn_eof(struct conn *c, unsigned side, const struct when *when)
{
	if (!c->waiting || !conn_wait_take(c, side, NULL, 0, when))
		buf_printf(&said, "%c%u. ", name_of(c), side);
}

static void
give(struct conn *c, unsigned side, const char *text, uint64_t packet)
{
	const struct when when = { 1000 * packet, packet };

	conn_data(c, side, (const uint8_t *)text, strlen(text), &when);
}

static bool
begin(struct conn *c)
{
	const struct conn_wanted wanted = { .client_random = { 7 } };

	return conn_wait_begin(c, &wanted);
}

static void
assert_said(const char *text)
{
	assert_int_equal(said.len, strlen(text));
	if (*text)
		assert_memory_equal(said.data, text, said.len);
	buf_reset(&said);
}

static int
start(void **state)
{
	wait_room = (struct conn_wait){ .for_log = true, .max_bytes = 4096 };
	env = (struct conn_env){ .wait = &wait_room };
	a = b = (struct conn){ .env = &env };
	again = NULL;
	buf_init(&said, 0);
	return 0;
}

static int
stop(void **state)
{
	conn_wait_drop(&a);
	conn_wait_drop(&b);
	assert_null(wait_room.first);
	assert_null(wait_room.last);
	assert_int_equal(wait_room.bytes, 0);
	buf_clear(&said);
	return 0;
}

static void
what_waits_goes_on_as_it_came(void **state)
{
	const struct when when = { 5000, 5 };

	assert_true(begin(&a));
	give(&a, 0, "one", 3);
	give(&b, 0, "other", 4);
	conn_gap(&a, 1, 12, &when);
	give(&a, 1, "two", 6);
	conn_eof(&a, 1, &when);
	assert_said("b0:other ");
	assert_ptr_equal(conn_wait_next(&wait_room, NULL), &a);
	assert_null(conn_wait_next(&wait_room, &a));
	assert_int_equal(conn_wait_since(&a).packet, 3);
	assert_int_equal(conn_wait_wanted(&a)->client_random[0], 7);
	conn_wait_release(&a);
	assert_said("a0:one a1(12) a1:two a1. ");
	give(&a, 0, "three", 7);
	conn_wait_release(&a);
	assert_said("a0:three ");
}

static void
nobody_waits_where_no_keys_can_come(void **state)
{
	struct conn_wanted session = { .session_count = 1 };

	wait_room.for_log = false;
	assert_false(begin(&a));
	assert_false(conn_wait_begin(&a, &session));
	wait_room.for_sessions = true;
	assert_false(begin(&a));
	assert_true(conn_wait_begin(&a, &session));
	env.wait = NULL;
	assert_false(begin(&b));
	env.wait = &wait_room;
}

static void
above_the_ceiling_the_first_goes_on(void **state)
{
	char text[2000] = "";

	memset(text, 'x', sizeof(text) - 1);
	assert_true(begin(&a) && begin(&b));
	give(&b, 0, text, 1);
	give(&a, 0, "a", 2);
	assert_said("");
	give(&a, 0, text, 3);
	assert_int_equal(wait_room.early, 0);
	give(&a, 0, text, 4);
	assert_int_equal(wait_room.early, 1);
	assert_null(b.waiting);
	assert_non_null(a.waiting);
	assert_int_equal(said.len, 3 + 1999 + 1);
	buf_reset(&said);
}

static void
what_is_larger_than_the_ceiling_goes_on_at_once(void **state)
{
	char text[4096] = "";

	memset(text, 'x', sizeof(text) - 1);
	assert_true(begin(&a));
	give(&a, 0, "a", 1);
	give(&a, 0, text, 2);
	assert_null(a.waiting);
	assert_int_equal(wait_room.early, 1);
	assert_int_equal(said.len, 5 + 3 + 4095 + 1);
	buf_reset(&said);
}

static void
another_hello_waits_again_a_few_times(void **state)
{
	again = "hello";
	assert_true(begin(&a));
	for (int i = 0; i < CONN_WAIT_TURNS; i++) {
		give(&a, 0, "hello", 1);
		give(&a, 1, "x", 2);
	}
	conn_wait_release(&a);
	assert_said("a0:hello ");
	assert_non_null(a.waiting);
	conn_wait_release(&a);
	assert_said("a1:x a0:hello ");
	conn_wait_release(&a);
	conn_wait_release(&a);
	assert_null(a.waiting);
	assert_said("a1:x a0:hello a1:x a0:hello a1:x ");
	assert_false(begin(&a));
}

static bool
elsewhere(struct conn *c, const char *datagram)
{
	return conn_wait_elsewhere(c, (const uint8_t *)datagram,
	    strlen(datagram));
}

/* A datagram that may be of a QUIC connection of other addresses. */
static void
only_what_may_be_elsewhere_s_waits_for_it(void **state)
{
	char keys;

	a.proto = 17;
	assert_false(elsewhere(&a, "@as long as one packet"));
	env.keys = (const struct keylog *)&keys;
	assert_false(elsewhere(&a, "@short by one packet"));
	assert_false(elsewhere(&a, "\xc0 has a long header.."));
	a.protocol = "stun";
	assert_false(elsewhere(&a, "@as long as one packet"));
	a.protocol = NULL;
	a.proto = 6;
	assert_false(elsewhere(&a, "@as long as one packet"));
	a.proto = 17;
	assert_true(elsewhere(&a, "@as long as one packet"));
	assert_true(conn_wait_wanted(&a)->connection);
	assert_int_equal(wait_room.unread_len, 22);
	conn_wait_drop(&a);
	assert_false(elsewhere(&a, "@as long as one packet"));
}

static void
what_is_drawn_is_handed_on_and_more_waits(void **state)
{
	struct conn_piece p;
	struct cursor at;
	struct buf pieces;
	char keys;

	env.keys = (const struct keylog *)&keys;
	a.proto = 17;
	assert_true(elsewhere(&a, "@as long as one packet"));
	give(&a, 0, "one", 1);
	give(&a, 1, "two", 2);
	assert_int_equal(wait_room.for_connections, 1);
	assert_int_equal(wait_room.for_keys, 0);
	pieces = conn_wait_draw(&a);
	assert_int_equal(wait_room.for_connections, 0);
	assert_int_equal(wait_room.bytes, 0);
	assert_null(conn_wait_next(&wait_room, NULL));
	at = cur_init(pieces.data, pieces.len);
	assert_true(conn_wait_piece(&at, &p));
	assert_int_equal(p.when.packet, 1);
	assert_int_equal(p.kind, CONN_PIECE_DATA);
	assert_int_equal(p.len, 3);
	conn_wait_pass(&a, &p);
	assert_said("a0:one ");
	assert_true(conn_wait_piece(&at, &p));
	assert_int_equal(p.side, 1);
	assert_memory_equal(p.data, "two", 3);
	assert_false(conn_wait_piece(&at, &p));
	buf_clear(&pieces);
	give(&a, 0, "three", 3);
	assert_said("");
	assert_ptr_equal(conn_wait_next(&wait_room, NULL), &a);
	conn_wait_release(&a);
	assert_said("a0:three ");
}

/* A ClientHello among what is passed begins another wait, which counts. */
static void
what_is_passed_may_begin_to_wait_for_keys(void **state)
{
	struct conn_piece p;
	struct cursor at;
	struct buf pieces;
	char keys;

	env.keys = (const struct keylog *)&keys;
	a.proto = 17;
	again = "hello";
	assert_true(elsewhere(&a, "@as long as one packet"));
	give(&a, 0, "hello", 1);
	give(&a, 0, "more", 2);
	pieces = conn_wait_draw(&a);
	at = cur_init(pieces.data, pieces.len);
	assert_true(conn_wait_piece(&at, &p));
	conn_wait_pass(&a, &p);
	assert_false(conn_wait_wanted(&a)->connection);
	assert_true(conn_wait_piece(&at, &p));
	conn_wait_give(&a, &p);
	assert_said("a0:hello ");
	assert_int_equal(wait_room.for_keys, 1);
	buf_clear(&pieces);
	conn_wait_release(&a);
	assert_said("a0:more ");
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_waits_goes_on_as_it_came),
		T(nobody_waits_where_no_keys_can_come),
		T(above_the_ceiling_the_first_goes_on),
		T(what_is_larger_than_the_ceiling_goes_on_at_once),
		T(another_hello_waits_again_a_few_times),
		T(only_what_may_be_elsewhere_s_waits_for_it),
		T(what_is_drawn_is_handed_on_and_more_waits),
		T(what_is_passed_may_begin_to_wait_for_keys),
	};

	return cmocka_run_group_tests_name("conn wait", tests, NULL, NULL);
}
