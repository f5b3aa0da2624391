// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "protocol/conn_again.h"
#include "protocol/conn_lane.h"

/*
 * The layer's records are of four bytes, and authentic if they begin with a capital
 * letter. They are written down with their side, those lost in brackets.
 */
#define RECORD_LEN	4

static struct buf said;

struct reader {
	struct layer layer;
	uint8_t held[2][RECORD_LEN];
	size_t held_len[2];
};

static void
say(unsigned side, const uint8_t *record, bool lost)
{
	buf_printf(&said, lost ? "[%u%.4s]" : "%u%.4s ", side,
	    (const char *)record);
}

static void
record(struct reader *r, unsigned side, const struct when *when)
{
	const uint8_t *p = r->held[side];

	r->held_len[side] = 0;
	if (p[0] >= 'A' && p[0] <= 'Z')
		say(side, p, false);
	else if (!conn_again_begin(r->layer.conn, &r->layer, side,
	    (struct span){ p, 1 }, (struct span){ p + 1, 3 }, when))
		say(side, p, true);
}

static void
reader_data(struct layer *l, unsigned side, const uint8_t *data, size_t len,
    const struct when *when)
{
	struct reader *r = (struct reader *)l;

	while (len && !conn_wait_rest(l->conn, l, len)) {
		r->held[side][r->held_len[side]++] = *data++;
		len--;
		if (r->held_len[side] == RECORD_LEN)
			record(r, side, when);
	}
}

static void
reader_gap(struct layer *l, unsigned side, uint64_t len, const struct when *when)
{
	buf_printf(&said, "%u(%d) ", side, (int)len);
}

static void
reader_finish(struct layer *l, const struct when *when)
{
	buf_u8(&said, '.');
}

static void
reader_free(struct layer *l)
{
}

static const struct layer_ops reader_ops = { .name = "reader",
	.data = reader_data, .gap = reader_gap, .finish = reader_finish,
	.free = reader_free };

static struct conn_wait wait_room;
static struct conn_env env;
static struct reader reader;
static struct conn *conn;

static int
start(void **state)
{
	const struct conn init = { .env = &env, .proto = 6 };

	wait_room = (struct conn_wait){ .max_bytes = 4 << 20 };
	env = (struct conn_env){ .wait = &wait_room };
	conn = conn_new(&init);
	assert_non_null(conn);
	reader = (struct reader){ { &reader_ops, conn }, { { 0 } }, { 0 } };
	conn_full_of(conn)->wire.layer = &reader.layer;
	buf_init(&said, 0);
	return 0;
}

static int
stop(void **state)
{
	conn_free(conn);
	assert_null(wait_room.first);
	assert_int_equal(wait_room.bytes, 0);
	assert_int_equal(wait_room.for_again, 0);
	buf_clear(&said);
	return 0;
}

static void
give_at(unsigned side, const char *text, uint64_t ms)
{
	const struct when when = { ms * 1000000 + 1, ms + 1 };

	conn_data(conn, side, (const uint8_t *)text, strlen(text), &when);
}

static void
give(unsigned side, const char *text)
{
	give_at(side, text, 0);
}

static void
again_at(unsigned side, uint64_t back, const char *text, uint64_t ns)
{
	conn_again(conn, side, back, (const uint8_t *)text, strlen(text), ns);
}

static void
again(unsigned side, uint64_t back, const char *text)
{
	again_at(side, back, text, 1);
}

static void
assert_said(const char *text)
{
	buf_u8(&said, '\0');
	assert_string_equal((const char *)said.data, text);
	buf_reset(&said);
}

static void
what_follows_waits_for_the_right_bytes(void **state)
{
	const struct when when = { 1, 1 };

	give(0, "Oneaxwo");
	give(0, "bThr");
	give(1, "Answ");
	conn_gap(conn, 0, 9, &when);
	give(0, "Six.");
	assert_said("0Onea ");
	/* the same bytes are not what is waited for */
	again(0, 20, "xwob");
	assert_said("");
	again(0, 20, "Tw");
	assert_said("0Twob 1Answ 0(9) 0ThrS ");
}

static void
bytes_may_come_in_other_pieces(void **state)
{
	give(0, "xwobyixcSix.");
	assert_said("");
	/* from before the record up to the middle of the second */
	again(0, 14, "eaTwobF");
	assert_said("0Twob 0Fixc 0Six. ");
	give(0, "xwobyixcSix.");
	again(0, 12, "T");
	assert_said("0Twob ");
	again(0, 8, "Fixc");
	assert_said("0Fixc 0Six. ");
}

static void
a_second_alone_is_waited(void **state)
{
	give(0, "xwob");
	give_at(1, "Answ", 999);
	assert_said("");
	give_at(1, "Aans", 1000);
	assert_said("[0xwob]1Answ 1Aans ");
	again(0, 4, "Twob");
	assert_said("");
	give_at(0, "yend", 3000);
	assert_false(conn_again_is_due(conn, 4000 * 1000000ull));
	assert_true(conn_again_is_due(conn, 4000 * 1000000ull + 1));
	conn_wait_release(conn);
	assert_said("[0yend]");
}

/* No packet came between that would have ended the wait. */
static void
what_comes_later_is_too_late(void **state)
{
	give(0, "xwobThre");
	again_at(0, 8, "T", CONN_AGAIN_NS + 1);
	assert_said("[0xwob]0Thre ");
	give(0, "xwobThre");
	again_at(0, 8, "T", CONN_AGAIN_NS);
	assert_said("0Twob 0Thre ");
}

static void
so_many_bytes_alone_wait(void **state)
{
	static char bytes[CONN_AGAIN_LEN - 3000];

	memset(bytes, 'X', sizeof(bytes) - 1);
	give(0, "xwob");
	give(0, bytes);
	assert_said("");
	memset(bytes, 'Y', 4000);
	bytes[4000] = '\0';
	give(0, bytes);
	assert_memory_equal(said.data, "[0xwob]0XXXX ", 13);
	buf_reset(&said);
}

static void
what_was_in_vain_too_often_waits_no_more(void **state)
{
	for (int i = 0; i < CONN_AGAIN_TURNS; i++) {
		give(0, "xwob");
		assert_non_null(conn->waiting);
		conn_wait_release(conn);
		assert_null(conn->waiting);
	}
	give(0, "xwob");
	assert_null(conn->waiting);
	buf_reset(&said);
}

static void
success_gives_it_new_turns(void **state)
{
	for (int i = 0; i < 2 * CONN_AGAIN_TURNS; i++) {
		give(0, "xwob");
		again(0, 4, "T");
		assert_said("0Twob ");
	}
}

static void
the_end_waits_for_nothing(void **state)
{
	const struct when when = { 1, 1 };

	give(0, "xwobyixcFive");
	conn_finish(conn, &when);
	assert_said("[0xwob][0yixc]0Five .");
}

static void
without_room_it_is_lost(void **state)
{
	wait_room.max_bytes = 100;
	give(0, "xwob");
	give(0, "OnceTwceThreFourFiveSix.SeveEghtNineTen.");
	assert_memory_equal(said.data, "[0xwob]0Once ", 13);
	assert_int_equal(wait_room.early, 0);
	buf_reset(&said);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_follows_waits_for_the_right_bytes),
		T(bytes_may_come_in_other_pieces),
		T(a_second_alone_is_waited),
		T(what_comes_later_is_too_late),
		T(so_many_bytes_alone_wait),
		T(what_was_in_vain_too_often_waits_no_more),
		T(success_gives_it_new_turns),
		T(the_end_waits_for_nothing),
		T(without_room_it_is_lost),
	};

	return cmocka_run_group_tests_name("conn_again", tests, NULL, NULL);
}
