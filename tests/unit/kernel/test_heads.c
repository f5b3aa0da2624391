// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "kernel/heads.h"
#include "bpf/socket.h"

static const uint8_t udp4[] = {
	2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x08, 0x00,
	0x45, 0, 0, 32, 0x12, 0x34, 0, 0, 64, 17, 0, 0,
	10, 1, 2, 3, 10, 4, 5, 6,
	0x80, 0x01, 0x00, 0x35, 0, 12, 0, 0,
};

static const uint8_t tcp6[] = {
	0x60, 0, 0, 0, 0, 28, 0, 64,
	0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
	6, 0, 1, 4, 0, 0, 0, 0,
	0x01, 0xbb, 0xc0, 0x00,
};

static int
read_exactly(const uint8_t *bytes, size_t len, uint16_t link_type,
    struct heads *h)
{
	uint8_t *copy = malloc(len ? len : 1);
	int err;

	memcpy(copy, bytes, len);
	err = heads_read(copy, (uint32_t)len, link_type, h);
	free(copy);
	return err;
}

static void
udp_over_ethernet(void **state)
{
	struct tap_tuple t;
	struct heads h;

	assert_int_equal(read_exactly(udp4, sizeof(udp4), 1, &h), 0);
	assert_int_equal(h.proto, 17);
	assert_int_equal(h.fragment, 0);
	heads_tuple(&h, 7, false, &t);
	assert_int_equal(t.netns, 7);
	assert_int_equal(t.local_port, 0x8001);
	assert_int_equal(t.remote_port, 53);
	assert_memory_equal(t.local, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\1\2\3",
	    16);
	heads_tuple(&h, 7, true, &t);
	assert_int_equal(t.local_port, 53);
	assert_memory_equal(t.remote, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\1\2\3",
	    16);
}

static void
a_vlan_tag_is_stepped_over(void **state)
{
	uint8_t tagged[sizeof(udp4) + 4];
	struct heads h;

	memcpy(tagged, udp4, 12);
	memcpy(tagged + 12, "\x81\x00\x00\x07", 4);
	memcpy(tagged + 16, udp4 + 12, sizeof(udp4) - 12);
	assert_int_equal(read_exactly(tagged, sizeof(tagged), 1, &h), 0);
	assert_int_equal(h.sport, 0x8001);
}

static void
tcp_behind_an_ipv6_option(void **state)
{
	struct heads h;

	assert_int_equal(read_exactly(tcp6, sizeof(tcp6), 101, &h), 0);
	assert_int_equal(h.proto, 6);
	assert_int_equal(h.sport, 443);
	assert_int_equal(h.dport, 0xc000);
	assert_int_equal(h.src[15], 1);
	assert_int_equal(h.dst[15], 2);
}

static void
every_cut_is_truncated(void **state)
{
	struct heads h;

	for (size_t len = 0; len < sizeof(udp4) - 4; len++)
		assert_int_equal(read_exactly(udp4, len, 1, &h),
		    ERR_TRUNCATED);
	assert_int_equal(read_exactly(udp4, sizeof(udp4) - 4, 1, &h), 0);
	for (size_t len = 0; len < sizeof(tcp6); len++)
		assert_int_equal(read_exactly(tcp6, len, 101, &h),
		    ERR_TRUNCATED);
}

static void
fragments_are_told_apart(void **state)
{
	uint8_t p[sizeof(udp4)];
	struct heads h;

	memcpy(p, udp4, sizeof(p));
	p[20] = 0x20;			/* more fragments */
	assert_int_equal(read_exactly(p, sizeof(p), 1, &h), 0);
	assert_int_equal(h.fragment, 1);
	assert_int_equal(h.fragment_id, 0x1234);
	assert_int_equal(h.sport, 0x8001);
	p[20] = 0x00;
	p[21] = 0x01;			/* the last one, at offset 8 */
	assert_int_equal(read_exactly(p, sizeof(p), 1, &h), 0);
	assert_int_equal(h.fragment, 2);
	assert_int_equal(h.sport, 0);
	p[20] = 0x40;			/* only: do not fragment */
	p[21] = 0;
	assert_int_equal(read_exactly(p, sizeof(p), 1, &h), 0);
	assert_int_equal(h.fragment, 0);
}

static void
an_echo_is_known_by_its_identifier_both_ways(void **state)
{
	uint8_t p[sizeof(udp4)];
	struct tap_tuple asked, answered;
	struct heads h;

	memcpy(p, udp4, sizeof(p));
	p[23] = 1;
	memcpy(p + 34, "\x08\x00\x00\x00\x12\x99\x00\x01", 8);
	assert_int_equal(read_exactly(p, sizeof(p), 1, &h), 0);
	heads_tuple(&h, 1, false, &asked);
	assert_int_equal(asked.local_port, 0x1299);
	assert_int_equal(asked.remote_port, 0);
	memcpy(p + 26, udp4 + 30, 4);
	memcpy(p + 30, udp4 + 26, 4);
	p[34] = 0;
	assert_int_equal(read_exactly(p, sizeof(p), 1, &h), 0);
	heads_tuple(&h, 1, true, &answered);
	assert_memory_equal(&asked, &answered, sizeof(asked));
}

static void
what_is_no_ip_is_refused(void **state)
{
	uint8_t p[sizeof(udp4)];
	struct heads h;

	memcpy(p, udp4, sizeof(p));
	p[13] = 6;
	assert_int_equal(read_exactly(p, sizeof(p), 1, &h), ERR_UNSUPPORTED);
	memcpy(p, udp4, sizeof(p));
	p[14] = 0x55;
	assert_int_equal(read_exactly(p, sizeof(p), 1, &h), ERR_MALFORMED);
	assert_int_equal(read_exactly(udp4, sizeof(udp4), 999, &h),
	    ERR_UNSUPPORTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(udp_over_ethernet),
		cmocka_unit_test(a_vlan_tag_is_stepped_over),
		cmocka_unit_test(tcp_behind_an_ipv6_option),
		cmocka_unit_test(every_cut_is_truncated),
		cmocka_unit_test(fragments_are_told_apart),
		cmocka_unit_test(an_echo_is_known_by_its_identifier_both_ways),
		cmocka_unit_test(what_is_no_ip_is_refused),
	};

	return cmocka_run_group_tests_name("kernel/heads", tests, NULL, NULL);
}
