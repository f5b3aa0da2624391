// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocol/dns/dns.h"
#include "protocol/dns/dns_pairing.h"

static struct dns_pairing pairing;

static const struct dns_message *
about(const char *name, uint16_t id, uint16_t type)
{
	static struct dns_message m;

	m.id = id;
	m.question_count = 1;
	m.questions[0].name = span_str(name);
	m.questions[0].type = type;
	return &m;
}

static int
begin(void **state)
{
	dns_pairing_init(&pairing);
	return 0;
}

static int
over(void **state)
{
	dns_pairing_clear(&pairing);
	assert_int_equal(pairing.count, 0);
	return 0;
}

static void
an_answer_has_id_name_type_and_the_other_side(void **state)
{
	struct dns_message bare;

	assert_non_null(dns_pairing_add(&pairing, 0, about("A.example", 7,
	    DNS_A), 5));
	assert_int_equal(pairing.list[0].ts_ns, 5);
	assert_null(pairing.list[0].message);
	assert_int_equal(dns_pairing_find(&pairing, 1,
	    about("a.eXample", 7, DNS_A)), 0);
	assert_int_equal(dns_pairing_find(&pairing, 0,
	    about("a.example", 7, DNS_A)), -1);
	assert_int_equal(dns_pairing_find(&pairing, 1,
	    about("a.example", 8, DNS_A)), -1);
	assert_int_equal(dns_pairing_find(&pairing, 1,
	    about("a.example", 7, DNS_AAAA)), -1);
	assert_int_equal(dns_pairing_find(&pairing, 1,
	    about("a.exampl", 7, DNS_A)), -1);
	/* an answer may leave the question out */
	bare = *about("", 7, DNS_A);
	bare.question_count = 0;
	assert_int_equal(dns_pairing_find(&pairing, 1, &bare), 0);
}

static void
the_oldest_is_found_first(void **state)
{
	for (uint64_t ts_ns = 1; ts_ns <= 3; ts_ns++)
		assert_non_null(dns_pairing_add(&pairing, 1,
		    about("a.example", 7, DNS_A), ts_ns));
	dns_pairing_remove(&pairing, 1);
	assert_int_equal(pairing.count, 2);
	assert_int_equal(dns_pairing_find(&pairing, 0,
	    about("a.example", 7, DNS_A)), 0);
	dns_pairing_remove(&pairing, 0);
	assert_int_equal(pairing.list[0].ts_ns, 3);
	dns_pairing_remove(&pairing, 0);
	assert_int_equal(dns_pairing_find(&pairing, 0,
	    about("a.example", 7, DNS_A)), -1);
}

static void
there_is_room_for_so_many(void **state)
{
	for (uint16_t id = 0; id < DNS_ASKED_MAX; id++)
		assert_non_null(dns_pairing_add(&pairing, 0,
		    about("a.example", id, DNS_A), id));
	assert_null(dns_pairing_add(&pairing, 0, about("a.example", 99, DNS_A),
	    99));
	assert_int_equal(pairing.count, DNS_ASKED_MAX);
	assert_int_equal(dns_pairing_find(&pairing, 1, about("a.example",
	    DNS_ASKED_MAX - 1, DNS_A)), DNS_ASKED_MAX - 1);
	dns_pairing_remove(&pairing, 0);
	assert_non_null(dns_pairing_add(&pairing, 0, about("a.example", 99,
	    DNS_A), 99));
	assert_int_equal(dns_pairing_find(&pairing, 1,
	    about("a.example", 99, DNS_A)), DNS_ASKED_MAX - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    an_answer_has_id_name_type_and_the_other_side, begin, over),
		cmocka_unit_test_setup_teardown(the_oldest_is_found_first,
		    begin, over),
		cmocka_unit_test_setup_teardown(there_is_room_for_so_many,
		    begin, over),
	};

	return cmocka_run_group_tests_name("dns_pairing", tests, NULL, NULL);
}
