// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "telltap/case.h"
#include "telltap/packet.h"

static const uint8_t v4[16] = { [10] = 0xff, 0xff, 192, 0, 2, 9 };
static const uint8_t v6[16] = { 0x20, 1, 0x0d, 0xb8, [15] = 1 };

static struct telltap_blocks *
begin(void **state)
{
	struct telltap_blocks *b = telltap_blocks_new();

	assert_non_null(b);
	*state = b;
	return b;
}

static int
end(void **state)
{
	telltap_blocks_free(*state);
	return 0;
}

static size_t
take(struct telltap_blocks *b, const void **ret_blocks)
{
	const void *heads;
	size_t heads_len, len;

	telltap_blocks_take(b, &heads, &heads_len, ret_blocks, &len);
	return len;
}

static void
a_name_of_ipv4(void **state)
{
	static const uint8_t want[] = { 4, 0, 0, 0, 28, 0, 0, 0,
		1, 0, 7, 0, 192, 0, 2, 9, 'a', 'b', 0, 0,
		0, 0, 0, 0, 28, 0, 0, 0 };
	struct telltap_blocks *b = begin(state);
	const void *blocks;

	assert_int_equal(telltap_blocks_name(b, v4, "ab", 2), 0);
	assert_int_equal(take(b, &blocks), sizeof(want));
	assert_memory_equal(blocks, want, sizeof(want));
	assert_int_equal(take(b, &blocks), 0);
}

static void
a_name_of_ipv6(void **state)
{
	static const uint8_t want[] = { 2, 0, 20, 0, 0x20, 1, 0x0d, 0xb8, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 'a', 'b', 'c', 0 };
	struct telltap_blocks *b = begin(state);
	const void *blocks;

	assert_int_equal(telltap_blocks_name(b, v6, "abc", 3), 0);
	assert_int_equal(take(b, &blocks), 8 + sizeof(want) + 4 + 4);
	assert_memory_equal((const uint8_t *)blocks + 8, want, sizeof(want));
}

static void
names_that_are_left_out(void **state)
{
	struct telltap_blocks *b = begin(state);
	const void *blocks;
	char name[256];

	memset(name, 'a', sizeof(name));
	assert_int_equal(telltap_blocks_name(b, v4, "", 0), 0);
	assert_int_equal(telltap_blocks_name(b, v4, "a\0b", 3), 0);
	assert_int_equal(telltap_blocks_name(b, v4, name, 256), 0);
	assert_int_equal(take(b, &blocks), 0);
	assert_int_equal(telltap_blocks_name(b, v4, name, 255), 0);
	assert_int_equal(take(b, &blocks), 8 + 4 + 260 + 4 + 4);
}

static void
a_name_stands_before_the_packets_behind_it(void **state)
{
	const uint8_t data[4] = { 0 };
	const struct telltap_packet p = { .data = data, .cap_len = 4,
		.wire_len = 4, .number = 7, .link_type = 101 };
	struct telltap_blocks *b = begin(state);
	const uint8_t *at;
	const void *blocks;
	size_t len;

	assert_int_equal(telltap_blocks_name(b, v4, "ab", 2), 0);
	assert_int_equal(telltap_blocks_add(b, &p, NULL, 0), 0);
	assert_int_equal(telltap_blocks_name(b, v4, "cd", 2), 0);
	len = take(b, &blocks);
	at = blocks;
	assert_int_equal(at[0], 4);
	assert_int_equal(at[28], 6);
	assert_int_equal(at[len - 28], 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_name_of_ipv4, end),
		cmocka_unit_test_teardown(a_name_of_ipv6, end),
		cmocka_unit_test_teardown(names_that_are_left_out, end),
		cmocka_unit_test_teardown(
		    a_name_stands_before_the_packets_behind_it, end),
	};

	return cmocka_run_group_tests_name("packet_blocks", tests, NULL, NULL);
}
