// SPDX-License-Identifier: Apache-2.0
/*
 * What the short way reads, libhtp has to read alike; what is odd has to be
 * left to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/http/http1_plain.h"

static struct http_header headers[HTTP1_PLAIN_MAX_HEADERS];

static bool
plain(const char *text, bool request, struct http_head *head,
    enum http1_framing *framing)
{
	/* exactly sized, so that an over-read is seen */
	size_t len = strlen(text), used = 0;
	uint8_t *data = malloc(len ? len : 1);
	bool r;

	memcpy(data, text, len);
	r = http1_plain_read(data, len, request, false, headers, head, framing,
	    &used);
	if (r)
		assert_true(used <= len);
	free(data);
	return r;
}

/* libhtp's view of the same bytes: fed in two pieces, the short way is shut. */
static void
expect_alike(const char *text, bool request)
{
	struct http1_head slow = { 0 }, fast = { 0 };
	struct http_head a, b;
	enum http1_framing fa, fb;
	size_t len = strlen(text), used_a, used_b, more;
	const uint8_t *p = (const uint8_t *)text;

	assert_int_equal(http1_head_feed(&fast, request, false, p, len,
	    &used_a), HTTP1_HEAD_DONE);
	assert_true(fast.plain);
	assert_int_equal(http1_head_feed(&slow, request, false, p, 4, &used_b),
	    HTTP1_HEAD_MORE);
	assert_int_equal(http1_head_feed(&slow, request, false, p + 4, len - 4,
	    &more), HTTP1_HEAD_DONE);
	assert_false(slow.plain);
	assert_int_equal(used_a, used_b + more);
	assert_int_equal(http1_head_get(&fast, request, &a, &fa), 0);
	assert_int_equal(http1_head_get(&slow, request, &b, &fb), 0);
	assert_int_equal(fa, fb);
	assert_int_equal(a.version, b.version);
	assert_int_equal(a.status, b.status);
	assert_true(span_eq(a.method, b.method));
	assert_true(span_eq(a.target, b.target));
	assert_true(span_eq(a.host, b.host));
	assert_true(span_eq(a.scheme, b.scheme));
	if (fa == HTTP1_LENGTH)
		assert_int_equal(a.content_length, b.content_length);
	assert_int_equal(a.header_count, b.header_count);
	for (size_t i = 0; i < a.header_count; i++) {
		assert_true(span_eq(a.headers[i].name, b.headers[i].name));
		assert_true(span_eq(a.headers[i].value, b.headers[i].value));
	}
	http1_head_reset(&fast);
	http1_head_reset(&slow);
}

static void
plain_heads_read_as_libhtp_reads_them(void **state)
{
	expect_alike("GET /a?b=c HTTP/1.1\r\nHost: example.net\r\n"
		     "Accept: */*\r\n\r\n", true);
	expect_alike("PUT /x HTTP/1.0\r\nhost:example.net:8080\r\n"
		     "Content-Length: 00012 \r\nX:\r\n\r\nabc", true);
	expect_alike("POST / HTTP/1.1\r\nHost: 10.0.0.1\r\n"
		     "Transfer-Encoding: chunked\r\n\r\n", true);
	expect_alike("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false);
	expect_alike("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
		     "Content-Type: text/plain\r\n\r\n", false);
	expect_alike("HTTP/1.0 404 Not Found\r\nServer: x y \t\r\n\r\n", false);
	expect_alike("HTTP/1.1 204 No Content\r\nX: \xc3\xa9\r\n\r\n", false);
	expect_alike("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n",
	    false);
}

static void
odd_heads_are_left_to_libhtp(void **state)
{
	static const char *const requests[] = {
		"", "G", "GET / HTTP/1.1\r\nHost: a\r\n",	/* not whole */
		"GET / HTTP/1.1\nHost: a\n\n",			/* LF */
		"GET / HTTP/1.1\r\nHost: a\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",			/* no Host */
		"GET / HTTP/1.1\r\nHost: A\r\n\r\n",		/* case */
		"GET / HTTP/1.1\r\nHost: a.\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a:\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",	/* twice */
		"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nx: 2\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n  folded\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n",
		"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
		"get / HTTP/1.1\r\nHost: a\r\n\r\n",
		"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
		"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
		"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
		"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
		"Transfer-Encoding: chunked\r\n\r\n",
		"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n",
		"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: "
		"1234567890123456\r\n\r\n",
		"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
		"PUT / HTTP/1.0\r\nHost: a\r\n"
		"Transfer-Encoding: chunked\r\n\r\n",
	};
	static const char *const responses[] = {
		"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 99 X\r\n\r\n",
		"HTTP/1.1 200\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
		"HTTP/1.1  200 OK\r\n\r\n", "http/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 600 X\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Type: multipart/byteranges\r\n\r\n",
	};
	struct http_head head;
	enum http1_framing framing;

	for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
		if (plain(requests[i], true, &head, &framing))
			fail_msg("taken for plain: %s", requests[i]);
	for (size_t i = 0; i < sizeof(responses) / sizeof(*responses); i++)
		if (plain(responses[i], false, &head, &framing))
			fail_msg("taken for plain: %s", responses[i]);
}

static void
one_header_above_the_ceiling_is_not_plain(void **state)
{
	char text[4096] = "HTTP/1.1 200 OK\r\n";
	struct http_head head;
	enum http1_framing framing;
	size_t n = strlen(text);

	for (int i = 0; i < HTTP1_PLAIN_MAX_HEADERS; i++)
		n += (size_t)sprintf(text + n, "X-%d: y\r\n", i);
	strcpy(text + n, "\r\n");
	assert_true(plain(text, false, &head, &framing));
	assert_int_equal(head.header_count, HTTP1_PLAIN_MAX_HEADERS);
	strcpy(text + n, "One: more\r\n\r\n");
	assert_false(plain(text, false, &head, &framing));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_heads_read_as_libhtp_reads_them),
		cmocka_unit_test(odd_heads_are_left_to_libhtp),
		cmocka_unit_test(one_header_above_the_ceiling_is_not_plain),
	};

	return cmocka_run_group_tests_name("http1_plain", tests, NULL, NULL);
}
