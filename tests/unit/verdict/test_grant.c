// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "verdict/grant.h"

static const char reply[] = "<r><BlobSasUri>https://a.blob.example/box/1?sig=x"
    "</BlobSasUri><help>https://b.example/no-query</help></r>";

static struct arena arena;
static struct span list[GRANT_MAX];

/* The addresses in exactly these bytes. */
static size_t
find(const void *p, size_t len)
{
	uint8_t *copy = malloc(len + 1);
	size_t n;

	arena_reset(&arena, 0);
	memcpy(copy, p, len);
	n = grant_find((struct span){ copy, len }, &arena, list);
	free(copy);
	return n;
}

static size_t
pack(const void *p, size_t len, int bits, uint8_t *out, size_t room)
{
	z_stream z = { .next_in = (Bytef *)p, .avail_in = (uInt)len,
		.next_out = out, .avail_out = (uInt)room };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, bits, 8, 0), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static void
assert_granted(void)
{
	assert_true(span_eq(list[0], SPAN_LITERAL("a.blob.example/box/1")));
}

static void
an_address_with_a_query_is_a_grant(void **state)
{
	uint8_t wide[2 * sizeof(reply)];

	assert_int_equal(find(reply, sizeof(reply) - 1), 1);
	assert_granted();
	for (size_t i = 0; i < sizeof(reply); i++) {
		wide[2 * i] = (uint8_t)reply[i];
		wide[2 * i + 1] = 0;
	}
	assert_int_equal(find(wide, sizeof(wide)), 1);
	assert_granted();
	assert_int_equal(find("", 0), 0);
	assert_int_equal(find("https://a", 9), 0);
}

static void
it_may_be_packed(void **state)
{
	uint8_t packed[400];
	size_t n;

	for (int bits = 15; bits <= 31; bits += 16) {
		n = pack(reply, sizeof(reply) - 1, bits, packed,
		    sizeof(packed));
		assert_int_equal(find(packed, n), 1);
		assert_granted();
		/* cut off: what came out of it is looked at */
		for (size_t len = 0; len < n; len++)
			assert_true(find(packed, len) <= 1);
		assert_int_equal(find(packed, n - 8), 1);
		packed[4] ^= 0xff;
		(void)find(packed, n);
	}
}

static void
as_much_as_of_a_plain_answer_is_unpacked(void **state)
{
	static uint8_t text[2 * GRANT_REPLY_MAX], packed[4096];
	size_t n;

	memset(text, ' ', sizeof(text));
	memcpy(text + GRANT_REPLY_MAX - sizeof(reply), reply,
	    sizeof(reply) - 1);
	n = pack(text, sizeof(text), 31, packed, sizeof(packed));
	assert_int_equal(find(packed, n), 1);
	memset(text, ' ', sizeof(text));
	memcpy(text + GRANT_REPLY_MAX, reply, sizeof(reply) - 1);
	n = pack(text, sizeof(text), 31, packed, sizeof(packed));
	assert_int_equal(find(packed, n), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_with_a_query_is_a_grant),
		cmocka_unit_test(it_may_be_packed),
		cmocka_unit_test(as_much_as_of_a_plain_answer_is_unpacked),
	};
	int failed = cmocka_run_group_tests_name("verdict/grant", tests, NULL,
	    NULL);

	arena_clear(&arena);
	return failed;
}
