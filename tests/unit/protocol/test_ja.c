// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocol/tls/ja.h"
#include "tls_build.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct tls_client_hello
parse(struct buf *body)
{
	struct tls_client_hello h;

	assert_int_equal(tls_client_hello_parse((struct span){ body->data,
	    body->len }, &h), 0);
	return h;
}

/* The two examples that JA3's authors give. */
static void
ja3_of_the_published_examples(void **state)
{
	static const uint16_t a[] = { 47, 53, 5, 10, 49161, 49162, 49171, 49172,
		50, 56, 19, 4 };
	static const uint16_t b[] = { 4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99 };
	static const uint16_t groups[] = { 23, 24, 25 };
	struct buf ext = { 0 }, body = { 0 };
	struct tls_client_hello h;
	char text[JA3_LEN + 1];

	put_server_name(&ext, "a.example");
	put_numbers(&ext, 10, 2, groups, 3);
	put_extension(&ext, 11, "\1\0", 2);
	put_client_hello(&body, 769, a, COUNT(a), &ext);
	h = parse(&body);
	ja3_text(&h, text);
	assert_string_equal(text, "ada70206e40642a3e4461f35503241d5");
	buf_reset(&body);
	put_client_hello(&body, 769, b, COUNT(b), NULL);
	h = parse(&body);
	ja3_text(&h, text);
	assert_string_equal(text, "de350869b8c85de67a350c8d186f11e6");
	buf_clear(&ext);
	buf_clear(&body);
}

static const uint16_t chrome[] = { 0x5a5a, 0x1301, 0x1302, 0x1303, 0xc02b,
	0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d,
	0x002f, 0x0035 };

static void
put_chrome(struct buf *ext)
{
	static const uint16_t signatures[] = { 0x0403, 0x0804, 0x0401, 0x0503,
		0x0805, 0x0501, 0x0806, 0x0601 };
	static const uint16_t versions[] = { 0x9a9a, 0x0304, 0x0303 };
	static const uint16_t rest[] = { 0x0005, 0x000a, 0x000b, 0x0012, 0x0017,
		0x001b, 0x0023, 0x002d, 0x0033, 0x4469, 0xff01, 0x0015,
		0x2a2a };

	put_extension(ext, 0x8a8a, "", 0);
	put_server_name(ext, "www.example.org");
	put_alpn(ext, "h2");
	put_numbers(ext, 13, 2, signatures, COUNT(signatures));
	put_numbers(ext, 43, 1, versions, COUNT(versions));
	for (size_t i = 0; i < COUNT(rest); i++)
		put_extension(ext, rest[i], "", 0);
}

/* The example of JA4's description, a Chrome. */
static void
ja4_of_the_published_example(void **state)
{
	struct buf ext = { 0 }, body = { 0 };
	struct tls_client_hello h;
	char text[JA4_LEN + 1];

	put_chrome(&ext);
	put_client_hello(&body, 0x0303, chrome, COUNT(chrome), &ext);
	h = parse(&body);
	ja4_text(&h, 't', text);
	assert_string_equal(text, "t13d1516h2_8daaf6152771_e5627efa2ab1");
	ja4_text(&h, 'q', text);
	assert_string_equal(text, "q13d1516h2_8daaf6152771_e5627efa2ab1");
	buf_clear(&ext);
	buf_clear(&body);
}

/* What the thread remembers is what it would compute, and every part of a
 * hello that counts makes another one. */
static void
remembered_texts_are_the_same(void **state)
{
	static const char *const alpns[] = { "h2", "h3", "http/1.1" };
	char ja3[JA3_LEN + 1], ja4[JA4_LEN + 1];
	char want3[JA3_LEN + 1], want4[JA4_LEN + 1];

	for (int i = 0; i < 300; i++) {
		struct buf ext = { 0 }, body = { 0 };
		uint16_t ciphers[] = { 0x1301, (uint16_t)(0xc000 + i % 50) };
		struct tls_client_hello h;

		if (i % 2)
			put_server_name(&ext, "a.example");
		put_alpn(&ext, alpns[i % 3]);
		put_numbers(&ext, 10, 2, ciphers, 1 + (size_t)i % 2);
		put_client_hello(&body, (uint16_t)(0x0301 + i % 3), ciphers, 2,
		    &ext);
		h = parse(&body);
		ja3_text(&h, want3);
		ja4_text(&h, i % 5 ? 't' : 'q', want4);
		ja_texts(&h, i % 5 ? 't' : 'q', ja3, ja4);
		assert_string_equal(ja3, want3);
		assert_string_equal(ja4, want4);
		buf_clear(&ext);
		buf_clear(&body);
	}
}

static void
ja4_without_anything(void **state)
{
	struct buf body = { 0 };
	struct tls_client_hello h;
	char text[JA4_LEN + 1];

	put_client_hello(&body, 0x0301, NULL, 0, NULL);
	h = parse(&body);
	ja4_text(&h, 't', text);
	assert_string_equal(text, "t10i000000_000000000000_000000000000");
	buf_clear(&body);
}

static void
ja4_alpn_in_hex_when_it_is_no_text(void **state)
{
	struct buf ext = { 0 }, body = { 0 };
	struct tls_client_hello h;
	char text[JA4_LEN + 1];

	put_alpn(&ext, "\xab\x01\xcd");
	put_client_hello(&body, 0x0303, NULL, 0, &ext);
	h = parse(&body);
	ja4_text(&h, 't', text);
	text[10] = '\0';
	assert_string_equal(text, "t12i0001ad");
	buf_clear(&ext);
	buf_clear(&body);
}

/* More text than the buffer and the memory of texts hold. */
static void
many_ciphers_are_hashed_in_pieces(void **state)
{
	uint16_t many[2000];
	struct buf body = { 0 };
	struct tls_client_hello h;
	char first[JA4_LEN + 1], text[JA4_LEN + 1], ja3[JA3_LEN + 1];

	for (size_t i = 0; i < COUNT(many); i++)
		many[i] = (uint16_t)(0x3000 + COUNT(many) - i);
	put_client_hello(&body, 0x0303, many, COUNT(many), NULL);
	h = parse(&body);
	ja4_text(&h, 't', first);
	assert_memory_equal(first, "t12i990000_", 11);
	ja3_text(&h, ja3);
	assert_int_equal(strlen(ja3), JA3_LEN);
	/* Order does not matter to JA4. */
	many[0] ^= many[1999];
	many[1999] ^= many[0];
	many[0] ^= many[1999];
	buf_reset(&body);
	put_client_hello(&body, 0x0303, many, COUNT(many), NULL);
	h = parse(&body);
	ja4_text(&h, 't', text);
	assert_string_equal(first, text);
	ja3_text(&h, text);
	assert_string_not_equal(ja3, text);
	buf_clear(&body);
}

static void
sha256_of_the_standard_example(void **state)
{
	uint8_t digest[32];

	assert_true(ja_sha256(SPAN_LITERAL("abc"), digest));
	assert_memory_equal(digest, "\xba\x78\x16\xbf\x8f\x01\xcf\xea", 8);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ja3_of_the_published_examples),
		cmocka_unit_test(ja4_of_the_published_example),
		cmocka_unit_test(remembered_texts_are_the_same),
		cmocka_unit_test(ja4_without_anything),
		cmocka_unit_test(ja4_alpn_in_hex_when_it_is_no_text),
		cmocka_unit_test(many_ciphers_are_hashed_in_pieces),
		cmocka_unit_test(sha256_of_the_standard_example),
	};

	return cmocka_run_group_tests_name("ja", tests, NULL, NULL);
}
