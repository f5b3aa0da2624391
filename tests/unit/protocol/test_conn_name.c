// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/conn.h"
#include "protocol/message.h"

static uint8_t
use_of(const char *method, const char *target, const char *type)
{
	struct http_header header = { SPAN_LITERAL("Content-Type"),
		span_str(type) };
	struct http_head head = { .request = true, .method = span_str(method),
		.target = span_str(target), .headers = &header,
		.header_count = type ? 1 : 0 };
	struct conn c = { 0 };

	conn_http_is(&c, &head);
	return c.use;
}

static void
requests_to_proxies_are_told_from_others(void **state)
{
	assert_int_equal(use_of("GET", "/", NULL), CONN_USE_NONE);
	assert_int_equal(use_of("GET", "", NULL), CONN_USE_NONE);
	assert_int_equal(use_of("GET", "http://", NULL), CONN_USE_NONE);
	assert_int_equal(use_of("GET", "http://a/", NULL),
	    CONN_USE_HTTP_PROXY);
	assert_int_equal(use_of("GET", "/?u=http://a/", NULL), CONN_USE_NONE);
	assert_int_equal(use_of("CONNECT", "a:443", NULL),
	    CONN_USE_HTTP_CONNECT);
}

static void
questions_about_certificates_are_told_by_their_type(void **state)
{
	assert_int_equal(use_of("POST", "/", "application/ocsp-request"),
	    CONN_USE_OCSP);
	assert_int_equal(use_of("", "", "application/ocsp-response"),
	    CONN_USE_OCSP);
	assert_int_equal(use_of("POST", "/", "application/ocsp-"),
	    CONN_USE_NONE);
	assert_int_equal(use_of("POST", "/", ""), CONN_USE_NONE);
}

static void
the_first_use_stays(void **state)
{
	struct http_head head = { .method = SPAN_LITERAL("CONNECT") };
	struct conn c = { .use = CONN_USE_HTTP_PROXY };

	conn_http_is(&c, &head);
	assert_int_equal(c.use, CONN_USE_HTTP_PROXY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_to_proxies_are_told_from_others),
		cmocka_unit_test(
		    questions_about_certificates_are_told_by_their_type),
		cmocka_unit_test(the_first_use_stays),
	};

	return cmocka_run_group_tests_name("conn_name", tests, NULL, NULL);
}
