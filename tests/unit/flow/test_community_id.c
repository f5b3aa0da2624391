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

/* The values here are tshark 4.0.17's for packets with these fields. */
static void
every_kind_of_tuple_agrees_with_tshark(void **state)
{
	check("10.0.0.9", "10.0.0.9", 80, 81, 6,
	    "1:uTAP2NGcI3f71kUyWtHqz1yDBG0=");
	check("10.0.0.9", "10.0.0.9", 81, 80, 6,
	    "1:uTAP2NGcI3f71kUyWtHqz1yDBG0=");
	check("10.0.0.9", "10.0.0.10", 53, 5000, 17,
	    "1:QF6hYfrWBHi6vIS5OZlD8JK//Mw=");
	check("10.0.0.10", "10.0.0.9", 7, 8, 132,
	    "1:Ug9+RgtkZ0oyvEno84IvTGmd3Hg=");
	check("10.0.0.10", "10.0.0.9", 8, 0, 1,
	    "1:owjqxJllhj/pwKNIXHMylLjg/6w=");
	check("10.0.0.9", "10.0.0.10", 0, 8, 1,
	    "1:owjqxJllhj/pwKNIXHMylLjg/6w=");
	check("2001:db8::10", "2001:db8::9", 443, 5000, 6,
	    "1:3fz0Ps1FOimi/pZbg3scEBPRU/U=");
	check("2001:db8::9", "2001:db8::10", 136, 135, 58,
	    "1:qgxnsZIGdhZMF4+oim/lNkSu8J0=");
	check("10.0.0.10", "10.0.0.9", 0, 0, 89,
	    "1:10yujMCoGcoJe5H7sdMWnL2+2+U=");
}

static void
icmp_without_an_answer_keeps_its_direction(void **state)
{
	check("10.0.0.9", "10.0.0.10", 11, 1, 1,
	    "1:It3nQ2vUCva0tfSEbIb1QdJvOvk=");
	check("10.0.0.10", "10.0.0.9", 11, 1, 1,
	    "1:bQ3S1uUC9ZcDVzKphSXhMG3F9Qs=");
	check("2001:db8::10", "2001:db8::9", 1, 4, 58,
	    "1:WO50X7t20L3UfDg6lsh2n5cpwko=");
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
		cmocka_unit_test(every_kind_of_tuple_agrees_with_tshark),
		cmocka_unit_test(icmp_without_an_answer_keeps_its_direction),
		cmocka_unit_test(icmp_types_find_their_answer),
	};

	return cmocka_run_group_tests_name("community_id", tests, NULL, NULL);
}
