// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "flow/address.h"

static void
ipv6_is_written_as_rfc_5952_says(void **state)
{
	static const char *const texts[] = {
		"::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:1:1:1:1",
		"2001:0:0:1::1", "2001:db8::1:0:0:1", "::ffff:192.0.2.1",
		"::102:304", "fe80::1ff:fe23:4567:890a", "1:2:3:4:5:6:7:8",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "0:1::",
		"1:2:3:4:5:6:7:0",
	};
	struct packet_addr a;
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		assert_int_equal(address_parse(span_str(texts[i]), &a), 6);
		assert_int_equal(address_format(&a, 6, text),
		    strlen(texts[i]));
		assert_string_equal(text, texts[i]);
	}
}

static void
ipv4_is_dotted(void **state)
{
	static const char *const texts[] = { "0.0.0.0", "255.255.255.255",
					     "10.20.3.100" };
	struct packet_addr a;
	char text[ADDRESS_TEXT_MAX];

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(address_parse(span_str(texts[i]), &a), 4);
		assert_int_equal(a.b[10], 0xff);
		address_format(&a, 4, text);
		assert_string_equal(text, texts[i]);
	}
}

static void
a_port_follows_an_address(void **state)
{
	static const struct {
		const char *addr, *text;
		uint16_t port;
	} cases[] = {
		{ "10.0.0.1", "10.0.0.1:0", 0 },
		{ "10.0.0.1", "10.0.0.1:80", 80 },
		{ "255.255.255.255", "255.255.255.255:8080", 8080 },
		{ "::1", "[::1]:443", 443 },
		{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		  "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", 65535 },
	};
	char text[ADDRESS_PORT_TEXT_MAX];
	struct packet_addr a;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t v = address_parse(span_str(cases[i].addr), &a);

		assert_int_equal(address_format_port(&a, v, cases[i].port,
		    text), strlen(cases[i].text));
		assert_string_equal(text, cases[i].text);
	}
}

static void
what_is_no_address_is_refused(void **state)
{
	struct packet_addr a = { 0 };

	assert_int_equal(address_parse(SPAN_LITERAL(""), &a), 0);
	assert_int_equal(address_parse(SPAN_LITERAL("1.2.3"), &a), 0);
	assert_int_equal(address_parse(SPAN_LITERAL("1.2.3.4\0"), &a), 0);
	assert_int_equal(address_parse(SPAN_LITERAL("::1%eth0"), &a), 0);
	assert_int_equal(address_parse(SPAN_LITERAL(
	    "0000:0000:0000:0000:0000:0000:0000:0000:0000000"), &a), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv6_is_written_as_rfc_5952_says),
		cmocka_unit_test(ipv4_is_dotted),
		cmocka_unit_test(a_port_follows_an_address),
		cmocka_unit_test(what_is_no_address_is_refused),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
