// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/quic/quic_paths.h"

/* Sessions are places here, nothing looks into them. */
#define SESSIONS	12
static char rooms[SESSIONS];
static struct quic_path *own[SESSIONS];
static struct quic_paths paths;
static const struct quic_path *found[16];

static struct quic_session *
session(unsigned n)
{
	return (struct quic_session *)&rooms[n];
}

static int
stop(void **state)
{
	for (unsigned i = 0; i < SESSIONS; i++) {
		quic_paths_drop(&paths, &own[i]);
		assert_null(own[i]);
	}
	assert_int_equal(paths.count, 0);
	quic_paths_clear(&paths);
	return 0;
}

static void
add(unsigned n, unsigned to, const char *id)
{
	quic_paths_add(&paths, &own[n], session(n), to, span_str(id),
	    (struct span){ 0 });
}

static size_t
find(const char *datagram)
{
	return quic_paths_find(&paths, span_str(datagram), 16, found);
}

static void
an_id_behind_the_first_byte_is_found(void **state)
{
	assert_int_equal(find("@anything"), 0);
	add(0, 1, "server-1");
	assert_int_equal(find("@server-1"), 1);
	assert_ptr_equal(found[0]->session, session(0));
	assert_int_equal(found[0]->to, 1);
	assert_int_equal(find("@server-1 and more"), 1);
	assert_int_equal(find("@server-"), 0);
	assert_int_equal(find("@server-2"), 0);
	assert_int_equal(find("server-1"), 0);
	assert_int_equal(find("@"), 0);
	assert_int_equal(find(""), 0);
	quic_paths_drop(&paths, &own[0]);
	assert_int_equal(find("@server-1"), 0);
}

static void
longer_ids_come_first_and_equal_ones_as_added(void **state)
{
	add(2, 0, "ab");
	add(0, 0, "abc");
	add(3, 1, "abc");
	add(1, 0, "a");
	assert_int_equal(find("@abcd"), 4);
	assert_ptr_equal(found[0]->session, session(0));
	assert_ptr_equal(found[1]->session, session(3));
	assert_ptr_equal(found[2]->session, session(2));
	assert_ptr_equal(found[3]->session, session(1));
	assert_int_equal(quic_paths_find(&paths, span_str("@abcd"), 2, found),
	    2);
	assert_int_equal(quic_paths_find(&paths, span_str("@abcd"), 0, found),
	    0);
}

static void
ids_of_no_length_and_of_too_much_are_left_out(void **state)
{
	add(0, 0, "");
	add(0, 0, "123456789012345678901");
	assert_int_equal(paths.count, 0);
	add(0, 0, "12345678901234567890");
	assert_int_equal(find("@12345678901234567890"), 1);
	assert_int_equal(find("@1234567890123456789"), 0);
}

static void
an_id_counts_once_a_session(void **state)
{
	add(0, 0, "same");
	add(0, 0, "same");
	assert_int_equal(paths.count, 1);
	add(0, 1, "same");		/* the other side's */
	assert_int_equal(paths.count, 2);
}

static void
ceilings_hold(void **state)
{
	char id[3] = "..";

	for (unsigned i = 0; i < QUIC_PATHS_SAME + 2; i++)
		add(i, 0, "same");
	assert_int_equal(find("@same"), QUIC_PATHS_SAME);
	for (unsigned i = 0; i < QUIC_PATHS_EACH; i++) {
		id[0] = (char)('a' + i / 16);
		id[1] = (char)('a' + i % 16);
		add(11, 0, id);
	}
	assert_int_equal(paths.count, QUIC_PATHS_SAME + QUIC_PATHS_EACH);
	add(11, 0, "one more");
	assert_int_equal(paths.count, QUIC_PATHS_SAME + QUIC_PATHS_EACH);
	paths.count = QUIC_PATHS_MAX;
	add(10, 0, "in all");
	assert_int_equal(paths.count, QUIC_PATHS_MAX);
	paths.count = QUIC_PATHS_SAME + QUIC_PATHS_EACH;
	add(10, 0, "in all");
	assert_int_equal(find("@in all"), 1);
}

static void
a_home_stays_while_it_is_held(void **state)
{
	struct quic_home *h = quic_home_new(session(0));

	assert_ptr_equal(quic_home_hold(h), h);
	quic_home_drop(h);
	assert_ptr_equal(h->session, session(0));
	quic_home_drop(h);
	quic_home_drop(NULL);
}

#define T(f) cmocka_unit_test_teardown(f, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_id_behind_the_first_byte_is_found),
		T(longer_ids_come_first_and_equal_ones_as_added),
		T(ids_of_no_length_and_of_too_much_are_left_out),
		T(an_id_counts_once_a_session),
		T(ceilings_hold),
		T(a_home_stays_while_it_is_held),
	};

	return cmocka_run_group_tests_name("protocol/quic_paths", tests, NULL,
	    NULL);
}
