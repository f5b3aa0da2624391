// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "protocol/dns/dns.h"

static struct dns_message m;

static int
set_up(void **state)
{
	m.record_count = 0;
	return 0;
}

static const struct dns_record *
put(const char *name, uint16_t type, const char *data)
{
	struct dns_record *r = &m.records[m.record_count++];

	*r = (struct dns_record){ .name = span_str(name), .type = type,
		.data = span_str(data), .section = DNS_ANSWER };
	return r;
}

static bool
leads(const char *name, const struct dns_record *r)
{
	bool is[DNS_RECORDS_MAX];

	dns_answers(&m, span_str(name), is);
	return is[r - m.records];
}

static void
what_stands_beside_is_no_answer(void **state)
{
	const struct dns_record *own = put("a.example", DNS_A, "192.0.2.1");
	const struct dns_record *other = put("b.example", DNS_A, "192.0.2.2");

	assert_true(leads("a.example", own));
	assert_true(leads("A.eXample", own));
	assert_false(leads("a.example", other));
	assert_false(leads("", own));
	assert_false(leads("", put("", DNS_A, "192.0.2.3")));
}

static void
aliases_lead_to_it_in_any_order(void **state)
{
	const struct dns_record *last = put("c.cdn", DNS_AAAA, "2001:db8::1");
	const struct dns_record *stray;

	put("b.cdn", DNS_CNAME, "C.cdn");
	put("a.example", DNS_CNAME, "b.cdn");
	stray = put("d.cdn", DNS_A, "192.0.2.9");
	assert_true(leads("a.example", last));
	assert_true(leads("b.cdn", last));
	assert_false(leads("a.example", stray));
	/* only an answer's aliases count */
	m.records[1].section = DNS_ADDITIONAL;
	assert_false(leads("a.example", last));
}

static void
aliases_in_a_circle_end(void **state)
{
	const struct dns_record *r = put("a.cdn", DNS_A, "192.0.2.1");

	put("b.cdn", DNS_CNAME, "a.cdn");
	put("a.cdn", DNS_CNAME, "b.cdn");
	assert_false(leads("a.example", r));
	while (m.record_count < DNS_RECORDS_MAX)
		put("a.cdn", DNS_CNAME, "a.cdn");
	assert_false(leads("a.example", r));
}

static void
the_longest_chain_is_followed(void **state)
{
	static char names[DNS_RECORDS_MAX][8];
	const struct dns_record *last;

	for (int i = 0; i < DNS_RECORDS_MAX; i++)
		snprintf(names[i], sizeof(names[i]), "n%d", i);
	for (int i = 0; i + 1 < DNS_RECORDS_MAX; i++)
		put(names[i], DNS_CNAME, names[i + 1]);
	last = put(names[DNS_RECORDS_MAX - 1], DNS_A, "192.0.2.1");
	assert_true(leads("n0", last));
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, set_up)
	const struct CMUnitTest tests[] = {
		T(what_stands_beside_is_no_answer),
		T(aliases_lead_to_it_in_any_order),
		T(aliases_in_a_circle_end),
		T(the_longest_chain_is_followed),
	};

	return cmocka_run_group_tests_name("dns_answer", tests, NULL, NULL);
}
