// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/doctor.h"

static void
effective_capabilities_are_read(void **state)
{
	assert_int_equal(doctor_parse_caps("Name:\tx\nCapPrm:\t0000000000000001\n"
					   "CapEff:\t000001fffeffffff\n"),
	    0x1fffeffffffull);
	assert_int_equal(doctor_parse_caps("\nCapEff:\t0\n"), 0);
	assert_int_equal(doctor_parse_caps("CapEff"), 0);
	assert_int_equal(doctor_parse_caps(""), 0);
}

static void
every_row_says_what_and_what_is_lost(void **state)
{
	struct doctor_row rows[DOCTOR_ROWS_MAX];
	size_t count = doctor_ask(rows);
	bool vsock = false;

	assert_in_range(count, 10, DOCTOR_ROWS_MAX);
	for (size_t i = 0; i < count; i++) {
		assert_true(strlen(rows[i].what) > 0);
		assert_true(strlen(rows[i].lost) > 0);
		assert_in_range(rows[i].state, DOCTOR_OK, DOCTOR_MISSING);
		if (strstr(rows[i].lost, "vsock")) {
			vsock = true;
			assert_int_equal(rows[i].state,
			    access("/dev/vsock", F_OK) ? DOCTOR_OK :
							 DOCTOR_PART);
		}
	}
	assert_true(vsock);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(effective_capabilities_are_read),
		cmocka_unit_test(every_row_says_what_and_what_is_lost),
	};

	return cmocka_run_group_tests_name("kernel/doctor", tests, NULL, NULL);
}
