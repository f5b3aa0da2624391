// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>

#include <cmocka.h>

#include "bpf/cloud.h"
#include "kernel/tap.h"

static void
of(const char *text, uint8_t *ret_address)
{
	memset(ret_address, 0, 10);
	memset(ret_address + 10, 0xff, 2);
	if (inet_pton(AF_INET, text, ret_address + 12) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, ret_address), 1);
}

static void
addresses_of_this_machine_or_of_many_are_no_clouds(void **state)
{
	static const char *const near[] = { "127.0.0.1", "127.255.255.255",
		"0.0.0.0", "169.254.1.1", "224.0.0.251", "255.255.255.255",
		"::", "::1", "fe80::1", "febf::1", "ff02::fb" };
	static const char *const far[] = { "10.0.0.1", "126.255.255.255",
		"128.0.0.0", "169.253.1.1", "223.255.255.255", "2001:db8::1",
		"fec0::1", "::2", "fd00::1" };
	uint8_t a[16];

	for (size_t i = 0; i < sizeof(near) / sizeof(*near); i++) {
		of(near[i], a);
		if (tap_cloud_is_far(a))
			fail_msg("%s", near[i]);
	}
	for (size_t i = 0; i < sizeof(far) / sizeof(*far); i++) {
		of(far[i], a);
		if (!tap_cloud_is_far(a))
			fail_msg("%s", far[i]);
	}
}

/* The kernel's programs and user space reckon it from the same words. */
static void
addresses_beside_each_other_have_other_bits(void **state)
{
	static uint8_t seen[65536];
	size_t count = 0;

	for (uint32_t i = 0; i < 256; i++) {
		uint8_t a[16];
		uint32_t w[4];
		uint16_t bit;

		of("203.0.113.0", a);
		a[15] = (uint8_t)i;
		memcpy(w, a, sizeof(w));
		bit = tap_cloud_bit(w[0], w[1], w[2], w[3]);
		count += !seen[bit];
		seen[bit] = 1;
	}
	assert_in_range(count, 250, 256);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    addresses_of_this_machine_or_of_many_are_no_clouds),
		cmocka_unit_test(addresses_beside_each_other_have_other_bits),
	};

	return cmocka_run_group_tests_name("clouds", tests, NULL, NULL);
}
