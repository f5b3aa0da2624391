// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "content/walk/name_service.h"

static const char *
service(const char *name, const char *type, const char *token)
{
	struct name_service s;

	if (!name_service_read(span_str(name), type, &s))
		return "";
	assert_true(span_eq(s.token, span_str(token)));
	return s.name;
}

static void
gti_names_hold_a_token_of_26(void **state)
{
	static const char token[] = "4z9p5tjmcbnblehp4557z1d136";

	assert_string_equal(service("4z9p5tjmcbnblehp4557z1d136"
				    ".avqs.mcafee.com", "A", token),
	    "McAfee GTI");
	assert_string_equal(service("b-0.19-23003008.1481.0."
				    "4z9p5tjmcbnblehp4557z1d136"
				    ".AVTS.McAfee.com.", "A", token),
	    "McAfee GTI");
	assert_string_equal(service("4z9p5tjmcbnblehp4557z1d13"
				    ".avqs.mcafee.com", "A", ""), "");
	assert_string_equal(service("4z9p5tjmcbnblehp4557z1d1367"
				    ".avqs.mcafee.com", "A", ""), "");
	assert_string_equal(service("4z9p5tjmcbn-lehp4557z1d136"
				    ".avqs.mcafee.com", "A", ""), "");
	assert_string_equal(service("4z9p5tjmcbnblehp4557z1d136"
				    ".xavqs.mcafee.com", "A", ""), "");
	assert_string_equal(service("avqs.mcafee.com", "A", ""), "");
	assert_string_equal(service(".avqs.mcafee.com", "A", ""), "");
	assert_string_equal(service("local.cloud.mcafee.com", "A", ""), "");
}

static void
sxl_names_are_long(void **state)
{
	assert_string_equal(service("abcdefghijklmnop.qrstuvwxyz01234"
				    ".sophosxl.net", "TXT",
	    "abcdefghijklmnop.qrstuvwxyz01234"), "Sophos SXL");
	assert_string_equal(service("abcdefghijklmnop.qrstuvwxyz0123"
				    ".sophosxl.net", "TXT", ""), "");
	assert_string_equal(service("4.sophosxl.net", "A", ""), "");
	assert_string_equal(service("abcdefghijklmnop.qrstuvwxyz01234"
				    ".notsophosxl.net", "TXT", ""), "");
}

static void
clamav_asks_for_versions_by_txt(void **state)
{
	struct name_service s;

	assert_string_equal(service("Current.CVD.ClamAV.net", "TXT", ""),
	    "ClamAV");
	assert_true(name_service_read(span_str("current.cvd.clamav.net"),
	    "TXT", &s));
	assert_int_equal(s.kind, NAME_SERVICE_VERSION);
	assert_string_equal(service("current.cvd.clamav.net", "A", ""), "");
	assert_string_equal(service("current.cvd.clamav.net", NULL, ""), "");
	assert_string_equal(service("x.current.cvd.clamav.net", "TXT", ""),
	    "");
	assert_string_equal(service("", "TXT", ""), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gti_names_hold_a_token_of_26),
		cmocka_unit_test(sxl_names_are_long),
		cmocka_unit_test(clamav_asks_for_versions_by_txt),
	};

	return cmocka_run_group_tests_name("content name service", tests,
	    NULL, NULL);
}
