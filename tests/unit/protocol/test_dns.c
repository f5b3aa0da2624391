// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "protocol/dns/dns.h"

#define BYTES(s) ((struct span){ (const uint8_t *)(s), sizeof(s) - 1 })

/* Flags: a question, an answer. */
#define Q "\1\0"
#define A "\x81\x80"
#define EXAMPLE "\3www\7example\3org\0"

static struct dns_message m;

static int
parse(struct span bytes)
{
	return dns_parse(bytes, DNS_UNICAST, &m);
}

static void
assert_span(struct span s, const char *text)
{
	if (s.len != strlen(text) || memcmp(s.p, text, s.len))
		fail_msg("\"%.*s\" is not \"%s\"", (int)s.len, s.p, text);
}

static void
a_question(void **state)
{
	static const char bytes[] = "\0\7" Q "\0\1\0\0\0\0\0\0" EXAMPLE
	    "\0\x1c\0\1";

	assert_int_equal(parse(BYTES(bytes)), 0);
	assert_int_equal(m.id, 7);
	assert_false(m.response);
	assert_int_equal(m.question_count, 1);
	assert_span(m.questions[0].name, "www.example.org");
	assert_int_equal(m.questions[0].type, DNS_AAAA);
	assert_int_equal(m.trailing_len, 0);
	/* One byte short, and every shorter one. */
	for (size_t len = 12; len < sizeof(bytes) - 1; len++)
		assert_int_equal(parse((struct span){ (const uint8_t *)bytes,
		    len }), ERR_MALFORMED);
	for (size_t len = 0; len < 12; len++)
		assert_int_equal(parse((struct span){ (const uint8_t *)bytes,
		    len }), ERR_TRUNCATED);
	assert_int_equal(parse((struct span){ (const uint8_t *)bytes,
	    sizeof(bytes) }), 0);
	assert_int_equal(m.trailing_len, 1);
}

/* A message that answers with one record of that type and data. */
static void
answer(uint16_t type, struct span data)
{
	uint8_t b[600] = "\0\7" A "\0\1\0\1\0\0\0\0" EXAMPLE "\0\1\0\1"
	    "\xc0\x0c\0\0\0\1\0\0\0\x3c";
	size_t at = 12 + sizeof(EXAMPLE) - 1 + 4;

	b[at + 2] = (uint8_t)(type >> 8);
	b[at + 3] = (uint8_t)type;
	b[at + 10] = (uint8_t)(data.len >> 8);
	b[at + 11] = (uint8_t)data.len;
	memcpy(b + at + 12, data.p, data.len);
	assert_int_equal(parse((struct span){ b, at + 12 + data.len }), 0);
	assert_int_equal(m.record_count, 1);
	assert_span(m.records[0].name, "www.example.org");
	assert_int_equal(m.records[0].ttl, 60);
}

static void
assert_answer(uint16_t type, struct span data, const char *text)
{
	answer(type, data);
	assert_span(m.records[0].data, text);
}

static void
data_of_each_type_as_text(void **state)
{
	assert_answer(1, BYTES("\xc0\0\2\xff"), "192.0.2.255");
	assert_true(m.records[0].has_addr);
	assert_int_equal(m.records[0].addr.b[11], 0xff);
	assert_int_equal(m.records[0].addr.b[15], 0xff);
	assert_answer(5, BYTES("\3cdn\xc0\x10"), "cdn.example.org");
	assert_answer(2, BYTES("\xc0\x0c"), "www.example.org");
	assert_answer(12, BYTES("\0"), ".");
	assert_answer(15, BYTES("\0\x0a\xc0\x0c"), "10 www.example.org");
	assert_answer(16, BYTES("\3a b\4\"c\\\x01"),
	    "\"a b\" \"\\034c\\092\\001\"");
	assert_answer(33, BYTES("\0\1\0\2\1\xbb\xc0\x0c"),
	    "1 2 443 www.example.org");
	assert_answer(6, BYTES("\2ns\xc0\x10\xc0\x10\0\0\0\1\0\0\0\2\0\0\0\3"
	    "\0\0\0\4\xff\xff\xff\xff"),
	    "ns.example.org example.org 1 2 3 4 4294967295");
	assert_answer(65, BYTES("\0\1\0\0\1\0\6\2h3\2h2\0\3\0\2\x20\xfb"
	    "\0\4\0\4\xc0\0\2\1\2\x9a\0\1\xff"),
	    "1 . alpn=h3,h2 port=8443 ipv4hint=192.0.2.1 key666=ff");
	assert_answer(99, BYTES("\1\2\xfe"), "0102fe");
	assert_answer(1, BYTES(""), "");
}

static void
ipv6_as_rfc_5952_writes_it(void **state)
{
	assert_answer(28, BYTES("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"),
	    "2001:db8::1");
	assert_answer(28, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "::");
	assert_answer(28, BYTES("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), "::1");
	assert_answer(28, BYTES("\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	    "fe80::");
	assert_answer(28, BYTES("\0\1\0\0\0\2\0\3\0\4\0\5\0\6\0\7"),
	    "1:0:2:3:4:5:6:7");
	assert_answer(28, BYTES("\0\1\0\0\0\0\0\1\0\0\0\0\0\0\0\1"),
	    "1:0:0:1::1");
	assert_true(m.records[0].has_addr);
}

static void
pointers_lead_backwards_or_nowhere(void **state)
{
	/* To itself, forwards, and two that chase each other. */
	assert_int_equal(parse(BYTES("\0\7" A "\0\1\0\0\0\0\0\0"
	    "\xc0\x0c\0\1\0\1")), ERR_MALFORMED);
	assert_int_equal(parse(BYTES("\0\7" A "\0\1\0\0\0\0\0\0"
	    "\xc0\x0e\0\1\0\1\0")), ERR_MALFORMED);
	assert_int_equal(parse(BYTES("\0\7" A "\0\2\0\0\0\0\0\0"
	    "\1a\xc0\x12\0\1\xc0\x0c\0\1\0\1")), ERR_MALFORMED);
	assert_true(m.malformed);
	/* A pointer to a name that ends in a pointer. */
	assert_int_equal(parse(BYTES("\0\7" A "\0\3\0\0\0\0\0\0"
	    "\1a\0\0\1\0\1" "\1b\xc0\x0c\0\1\0\1" "\1c\xc0\x13\0\1\0\1")), 0);
	assert_span(m.questions[2].name, "c.b.a");
}

static void
names_are_bounded(void **state)
{
	uint8_t b[12 + 4 * 64 + 1 + 4] = "\0\7" Q "\0\1\0\0\0\0\0\0";

	/* 255 bytes on the wire: 3 labels of 63 and one of 61. */
	for (size_t i = 0; i < 4; i++)
		b[12 + 64 * i] = i < 3 ? 63 : 61;
	for (size_t i = 13; i < 12 + 254; i++)
		if ((i - 12) % 64)
			b[i] = 'x';
	b[12 + 254 + 2] = b[12 + 254 + 4] = 1;
	assert_int_equal(parse((struct span){ b, 12 + 254 + 5 }), 0);
	assert_int_equal(m.questions[0].name.len, 253);
	b[12 + 192] = 62;
	b[12 + 254] = 'x';
	assert_int_equal(parse((struct span){ b, sizeof(b) }), ERR_MALFORMED);
	assert_int_equal(parse(BYTES("\0\7" Q "\0\1\0\0\0\0\0\0"
	    "\x40" "a\0\0\1\0\1")), ERR_MALFORMED);
}

static void
bytes_that_are_no_text_are_escaped(void **state)
{
	assert_int_equal(parse(BYTES("\0\7" Q "\0\1\0\0\0\0\0\0"
	    "\5a.\\ \xff\0\0\1\0\1")), 0);
	assert_span(m.questions[0].name, "a\\046\\092\\032\\255");
}

static void
more_records_than_are_kept(void **state)
{
	size_t head = 12 + sizeof(EXAMPLE) - 1 + 4, n = DNS_RECORDS_MAX + 5;
	static const char record[] = "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1";
	uint8_t *b = malloc(head + n * 16);

	assert_non_null(b);
	memcpy(b, "\0\7" A "\0\1\0\0\0\0\0\0" EXAMPLE "\0\1\0\1", head);
	for (size_t i = 0; i < n; i++)
		memcpy(b + head + 16 * i, record, 16);
	b[7] = DNS_RECORDS_MAX;
	assert_int_equal(parse((struct span){ b, head + n * 16 }), 0);
	assert_int_equal(m.record_count, DNS_RECORDS_MAX);
	assert_false(m.cut);
	b[7] = (uint8_t)n;
	assert_int_equal(parse((struct span){ b, head + n * 16 }), 0);
	assert_int_equal(m.record_count, DNS_RECORDS_MAX);
	assert_true(m.cut);
	free(b);
}

static void
edns_extends_the_rcode(void **state)
{
	char name[16];

	assert_int_equal(parse(BYTES("\0\7\x81\x80\0\1\0\0\0\0\0\1" EXAMPLE
	    "\0\1\0\1" "\0\0\x29\4\xd0\1\0\0\0\0\0")), 0);
	assert_true(m.has_edns);
	assert_int_equal(m.record_count, 0);
	assert_string_equal(dns_rcode_name(m.rcode, name), "BADVERS");
	assert_string_equal(dns_rcode_name(3, name), "NXDOMAIN");
	assert_string_equal(dns_rcode_name(12, name), "RCODE12");
	assert_string_equal(dns_type_name(65, name), "HTTPS");
	assert_string_equal(dns_type_name(65280, name), "TYPE65280");
}

static void
netbios_names_are_decoded(void **state)
{
	assert_int_equal(dns_parse(BYTES("\0\7" Q "\0\1\0\0\0\0\0\0"
	    "\x20" "FDEFEFEECACACACACACACACACACACACA\0\0\x20\0\1"),
	    DNS_NETBIOS, &m), 0);
	assert_span(m.questions[0].name, "SEED<20>");
}

static void
detection(void **state)
{
	static const char ask[] = "\0\7" Q "\0\1\0\0\0\0\0\0" EXAMPLE
	    "\0\1\0\1";
	const uint8_t *p = (const uint8_t *)ask;
	size_t len = sizeof(ask) - 1;

	assert_int_equal(dns_detect(p, len, false, 4000, 53), 1);
	assert_int_equal(dns_detect(p, 11, false, 4000, 53), 0);
	assert_int_equal(dns_detect(p, len, false, 4000, 4001), 1);
	assert_int_equal(dns_detect(p, len - 1, false, 4000, 4001), 0);
	assert_int_equal(dns_detect(p, len, true, 4000, 53), 0);
	assert_int_equal(dns_detect((const uint8_t *)"\0\x21", 2, true, 1, 53),
	    -1);
	assert_int_equal(dns_detect((const uint8_t *)"\0\x21", 2, true, 1, 853),
	    -1);
	assert_int_equal(dns_detect((const uint8_t *)"\0\x21", 2, true, 1, 2),
	    0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question),
		cmocka_unit_test(data_of_each_type_as_text),
		cmocka_unit_test(ipv6_as_rfc_5952_writes_it),
		cmocka_unit_test(pointers_lead_backwards_or_nowhere),
		cmocka_unit_test(names_are_bounded),
		cmocka_unit_test(bytes_that_are_no_text_are_escaped),
		cmocka_unit_test(more_records_than_are_kept),
		cmocka_unit_test(edns_extends_the_rcode),
		cmocka_unit_test(netbios_names_are_decoded),
		cmocka_unit_test(detection),
	};

	return cmocka_run_group_tests_name("dns", tests, NULL, NULL);
}
