// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/quic/quic_short.h"

static uint8_t datagram[4096];

/* Packets of len bytes to that ID, all of them in total bytes. */
static size_t
segment_of(const char *id, size_t len, size_t total)
{
	memset(datagram, 0x11, sizeof(datagram));
	for (size_t at = 0; at < total; at += len) {
		datagram[at] = 0x40;
		memcpy(datagram + at + 1, id, strlen(id));
	}
	return quic_short_segment((struct span){ datagram, total },
	    strlen(id));
}

static void
one_packet_is_whole(void **state)
{
	assert_int_equal(segment_of("server-1", 1200, 1200), 1200);
	assert_int_equal(segment_of("server-1", 40, 21), 21);
	assert_int_equal(segment_of("server-1", 40, 3), 3);
	assert_int_equal(quic_short_segment((struct span){ 0 }, 8), 0);
}

static void
packets_of_one_length_are_cut(void **state)
{
	assert_int_equal(segment_of("server-1", 1200, 2400), 1200);
	assert_int_equal(segment_of("server-1", 1200, 3600), 1200);
	/* the last one is shorter */
	assert_int_equal(segment_of("server-1", 1200, 2400 + 21), 1200);
	assert_int_equal(segment_of("server-1", 1200, 2400 + 20), 2420);
	assert_int_equal(segment_of("serv", 1200, 2400), 1200);
	assert_int_equal(segment_of("12345678901234567890", 30, 90), 30);
}

static void
what_may_be_chance_is_not_cut(void **state)
{
	assert_int_equal(segment_of("ser", 1200, 2400), 2400);
	assert_int_equal(segment_of("", 1200, 2400), 2400);
	assert_int_equal(quic_short_segment((struct span){ datagram, 2400 },
	    QUIC_CID_MAX + 1), 2400);
	/* not at every multiple */
	segment_of("server-1", 1000, 3000);
	datagram[2001] ^= 1;
	assert_int_equal(quic_short_segment((struct span){ datagram, 3000 },
	    8), 3000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_packet_is_whole),
		cmocka_unit_test(packets_of_one_length_are_cut),
		cmocka_unit_test(what_may_be_chance_is_not_cut),
	};

	return cmocka_run_group_tests_name("protocol/quic_short", tests, NULL,
	    NULL);
}
