// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/ftp.h"

static const struct packet_addr sender = {
	.b = { [10] = 0xff, [11] = 0xff, 192, 0, 2, 9 },
};

static bool
reads(const char *line, struct ftp_place *ret)
{
	memset(ret, 0, sizeof(*ret));
	return ftp_find_place(span_str(line), &sender, ret);
}

static void
a_place_has_address_and_port(void **state)
{
	static const char *const lines[] = {
		"227 Entering Passive Mode (10,1,2,3,100,85)\r\n",
		"227 ok (10,1,2,3,100,85",
		"PORT 10,1,2,3,100,85\r\n",
		"port 10,1,2,3,100,85\r\n",
		"EPRT |1|10.1.2.3|25685|\r\n",
		"EPRT !1!10.1.2.3!25685!\r\n",
	};
	static const uint8_t addr[4] = { 10, 1, 2, 3 };
	struct ftp_place p;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		assert_true(reads(lines[i], &p));
		assert_memory_equal(p.addr.b, sender.b, 12);
		assert_memory_equal(p.addr.b + 12, addr, 4);
		assert_int_equal(p.port, 25685);
	}
}

static void
a_port_alone_is_the_senders(void **state)
{
	struct ftp_place p;

	assert_true(reads("229 Entering Extended Passive Mode (|||25685|)\r\n",
	    &p));
	assert_memory_equal(&p.addr, &sender, sizeof(sender));
	assert_int_equal(p.port, 25685);
}

static void
ipv6_is_an_address_too(void **state)
{
	struct ftp_place p;

	assert_true(reads("EPRT |2|2001:db8::7|65535|\r\n", &p));
	assert_int_equal(p.addr.b[0], 0x20);
	assert_int_equal(p.addr.b[15], 7);
	assert_int_equal(p.port, 65535);
}

static void
what_is_cut_or_out_of_range_is_no_place(void **state)
{
	static const char *const lines[] = {
		"", "227", "227 ", "227 (", "227 ()", "227 (1,2,3,4,5)",
		"227 (1,2,3,4,5,", "227 (256,2,3,4,5,6)", "227 (1,2,3,4,5,256)",
		"227 (1,2,3,4,0,0)", "227 1,2,3,4,5,6", "PORT ", "PORT 1",
		"PORT 1;2;3;4;5;6", "229 (|||", "229 (|||7", "229 (|||7)",
		"229 (|||0|)", "229 (|||65536|)", "229 (||x|7|)", "EPRT ",
		"EPRT |", "EPRT |1|10.1.2.3|", "EPRT |1|10.1.2|7|",
		"EPRT |1||7|", "226 (1,2,3,4,5,6)", "RETR 1,2,3,4,5,6",
	};
	struct ftp_place p;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_false(reads(lines[i], &p));
}

static void
every_prefix_is_read_to_its_end_only(void **state)
{
	static const char line[] = "EPRT |2|2001:db8::7|6500|";
	struct ftp_place p;

	for (size_t n = 0; n < sizeof(line) - 1; n++) {
		uint8_t *exact = test_malloc(n + 1);

		memcpy(exact, line, n);
		assert_false(ftp_find_place((struct span){ exact, n }, &sender,
		    &p));
		test_free(exact);
	}
	assert_true(reads(line, &p));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_has_address_and_port),
		cmocka_unit_test(a_port_alone_is_the_senders),
		cmocka_unit_test(ipv6_is_an_address_too),
		cmocka_unit_test(what_is_cut_or_out_of_range_is_no_place),
		cmocka_unit_test(every_prefix_is_read_to_its_end_only),
	};

	return cmocka_run_group_tests_name("ftp", tests, NULL, NULL);
}
