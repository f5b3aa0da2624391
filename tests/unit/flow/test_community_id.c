// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>

#include <cmocka.h>

#include "flow/community_id.h"

static struct packet_addr
addr(const char *text)
{
	struct packet_addr a = { .w = { 0, 0, htonl(0xffff), 0 } };

	if (strchr(text, ':'))
		assert_int_equal(inet_pton(AF_INET6, text, a.b), 1);
	else
		assert_int_equal(inet_pton(AF_INET, text, &a.w[3]), 1);
	return a;
}

static void
check(const char *src, const char *dst, unsigned src_port, unsigned dst_port,
    unsigned proto, const char *want)
{
	struct packet_addr s = addr(src), d = addr(dst);
	char id[COMMUNITY_ID_SIZE];

	community_id_write(&s, &d, (uint16_t)src_port, (uint16_t)dst_port,
	    (uint8_t)proto, strchr(src, ':') ? 6 : 4, id);
	assert_string_equal(id, want);
}

static void
the_published_tcp_vector_holds_both_ways(void **state)
{
	check("128.232.110.120", "66.35.250.204", 34855, 80, 6,
	    "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
	check("66.35.250.204", "128.232.110.120", 80, 34855, 6,
	    "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
}

static void
icmp_types_find_their_answer(void **state)
{
	assert_int_equal(community_id_icmp_port(1, 8, 5), 0);
	assert_int_equal(community_id_icmp_port(1, 0, 5), 8);
	assert_int_equal(community_id_icmp_port(1, 3, 5), 5);
	assert_int_equal(community_id_icmp_port(58, 128, 5), 129);
	assert_int_equal(community_id_icmp_port(58, 136, 5), 135);
	assert_int_equal(community_id_icmp_port(58, 8, 5), 5);
	assert_int_equal(community_id_icmp_port(58, 255, 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_tcp_vector_holds_both_ways),
		cmocka_unit_test(icmp_types_find_their_answer),
	};

	return cmocka_run_group_tests_name("community_id", tests, NULL, NULL);
}
