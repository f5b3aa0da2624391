// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "evidence/http_post.c"

static void
assert_url(const char *url, const char *host, const char *port,
    const char *path)
{
	struct http_url u;

	assert_int_equal(http_url_read(url, &u), 0);
	assert_string_equal(u.host, host);
	assert_string_equal(u.port, port);
	assert_string_equal(u.path, path);
}

static void
urls_are_read(void **state)
{
	assert_url("http://a", "a", "80", "/");
	assert_url("HTTP://a.example:8080", "a.example", "8080", "/");
	assert_url("http://a/b?c=d#e", "a", "80", "/b?c=d");
	assert_url("http://a?c", "a", "80", "/?c");
	assert_url("http://[::1]:81/x", "::1", "81", "/x");
	assert_url("http://[::1]", "::1", "80", "/");
	assert_url("https://a", "a", "443", "/");
	assert_url("HTTPS://[::1]:81/x?y", "::1", "81", "/x?y");
}

static void
urls_that_are_none_are_refused(void **state)
{
	static const char *const urls[] = { "http://", "http:///x",
		"http://:80", "http://a:", "http://a:x", "http://a:12345678",
		"http://u@a", "http://a b", "http://a\r\nX: y", "http://[::1",
		"http://[]/" };
	char url[HTTP_POST_URL_MAX + 16];
	struct http_url u;

	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
		assert_int_not_equal(http_url_read(urls[i], &u), 0);
	assert_int_equal(http_url_read("ftp://a", &u), ERR_UNSUPPORTED);
	assert_int_equal(http_url_read("https:/a", &u), ERR_UNSUPPORTED);
	assert_int_equal(http_url_read("https://", &u), ERR_MALFORMED);
	assert_int_equal(http_url_read("", &u), ERR_UNSUPPORTED);
	memset(url, 'a', sizeof(url));
	memcpy(url, "http://a/", 9);
	url[8 + HTTP_POST_URL_MAX - 2] = 0;
	assert_int_equal(http_url_read(url, &u), 0);
	url[8 + HTTP_POST_URL_MAX - 2] = 'a';
	url[8 + HTTP_POST_URL_MAX - 1] = 0;
	assert_int_equal(http_url_read(url, &u), ERR_LIMIT);
	memset(url, 'a', 7 + 256);
	memcpy(url, "http://", 7);
	url[7 + 255] = 0;
	assert_int_equal(http_url_read(url, &u), 0);
	url[7 + 255] = 'a';
	url[7 + 256] = 0;
	assert_int_equal(http_url_read(url, &u), ERR_MALFORMED);
}

static int
answer(const char *text, struct buf *ret)
{
	struct buf in;
	int err;

	buf_init(&in, 0);
	buf_str(&in, text);
	buf_reset(ret);
	err = split(&in, ret);
	buf_clear(&in);
	return err;
}

static void
answers_are_read_to_their_length(void **state)
{
	struct buf b;

	buf_init(&b, 8);
	assert_int_equal(answer("HTTP/1.1 200 OK\r\n\r\nabc", &b), 0);
	assert_int_equal(b.len, 3);
	assert_int_equal(answer("HTTP/1.0 200\r\nContent-Length: 2\r\n\r\nabc",
	    &b), 0);
	assert_int_equal(b.len, 2);
	assert_int_equal(answer("HTTP/1.0 200\r\ncontent-length: 3\r\n\r\nabc",
	    &b), 0);
	assert_int_equal(answer("HTTP/1.0 200\r\nContent-Length: 4\r\n\r\nabc",
	    &b), ERR_TRUNCATED);
	assert_int_equal(answer("HTTP/1.0 200\r\n\r\n12345678", &b), 0);
	assert_int_equal(answer("HTTP/1.0 200\r\n\r\n123456789", &b),
	    ERR_LIMIT);
	buf_clear(&b);
}

static void
what_is_no_answer_is_refused(void **state)
{
	struct buf b;

	buf_init(&b, 64);
	assert_int_equal(answer("", &b), ERR_MALFORMED);
	assert_int_equal(answer("HTTP/1.0 200 OK\r\n", &b), ERR_MALFORMED);
	assert_int_equal(answer("HTTP/2 200\r\n\r\n", &b), ERR_MALFORMED);
	assert_int_equal(answer("FTP/1.0 200\r\n\r\n", &b), ERR_MALFORMED);
	assert_int_equal(answer("HTTP/1.1 404 No\r\n\r\nabc", &b), -EPROTO);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_read),
		cmocka_unit_test(urls_that_are_none_are_refused),
		cmocka_unit_test(answers_are_read_to_their_length),
		cmocka_unit_test(what_is_no_answer_is_refused),
	};

	return cmocka_run_group_tests_name("http_post", tests, NULL, NULL);
}
