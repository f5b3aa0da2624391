// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "content/walk/inflate64.h"

#define ROOM	300000

static uint8_t packed[ROOM], plain[ROOM], out[ROOM];

/* Writes a stream bit by bit, with the fixed codes. */
struct writer {
	size_t bits;
};

static void
put_bits(struct writer *w, uint32_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++, w->bits++)
		packed[w->bits / 8] = (uint8_t)((packed[w->bits / 8] &
		    ~(1u << w->bits % 8)) | (v >> i & 1) << w->bits % 8);
}

/* Codes begin with their highest bit. */
static void
put_code(struct writer *w, uint32_t code, unsigned n)
{
	while (n--)
		put_bits(w, code >> n & 1, 1);
}

static void
put_literal(struct writer *w, uint8_t c)
{
	if (c < 144)
		put_code(w, 0x30u + c, 8);
	else
		put_code(w, 0x190u + c - 144, 9);
}

/* Length code 285: any length from 3 to 65538. */
static void
put_long_copy(struct writer *w, uint32_t length, uint32_t distance_code,
    uint32_t more)
{
	put_code(w, 0xc0 + 285 - 280, 8);
	put_bits(w, length - 3, 16);
	put_code(w, distance_code, 5);
	put_bits(w, more, distance_code / 2 - 1);
}

/* Unpacks len bytes in pieces; how many came out, SIZE_MAX if it went wrong,
 * ret_rest bytes left behind the end. */
static size_t
unpack(size_t len, size_t piece, size_t room, size_t *ret_rest)
{
	struct inflate64 *f = inflate64_new();
	enum inflate64_result r = INFLATE64_MORE;
	size_t at = 0, all = 0;

	assert_non_null(f);
	while (r == INFLATE64_MORE) {
		size_t used, made, n = len - at < piece ? len - at : piece;
		uint8_t *p = malloc(n + 1);

		memcpy(p, packed + at, n);
		r = inflate64_some(f, p, n, &used, out + all,
		    room < ROOM - all ? room : ROOM - all, &made);
		free(p);
		at += used;
		all += made;
		if (!used && !made)
			break;
	}
	inflate64_free(f);
	*ret_rest = len - at;
	return r == INFLATE64_END ? all : SIZE_MAX;
}

static size_t
far_stream(void)
{
	struct writer w = { 0 };

	put_bits(&w, 1, 1);
	put_bits(&w, 1, 2);
	for (int i = 0; i < 256; i++)
		put_literal(&w, (uint8_t)i);
	for (int i = 0; i < 256; i++)
		plain[i] = (uint8_t)i;
	/* on from the first bytes: distance 256, code 15, base 193 */
	put_long_copy(&w, 65538, 15, 256 - 193);
	for (size_t i = 256; i < 65794; i++)
		plain[i] = plain[i - 256];
	put_literal(&w, 200);
	plain[65794] = 200;
	/* as far as it goes: 65536 */
	put_long_copy(&w, 300, 31, 65536 - 49153);
	for (size_t i = 65795; i < 66095; i++)
		plain[i] = plain[i - 65536];
	put_long_copy(&w, 10, 30, 5);
	for (size_t i = 66095; i < 66105; i++)
		plain[i] = plain[i - 32774];
	put_code(&w, 0, 7);
	return (w.bits + 7) / 8;
}

static void
lengths_and_distances_beyond_those_of_deflate(void **state)
{
	size_t len = far_stream(), rest;

	memset(packed + len, 0xff, 9);
	for (size_t piece = 1; piece < 2 * len; piece = piece * 5 + 2) {
		memset(out, 0, sizeof(out));
		assert_int_equal(unpack(len + 9, piece, 1 + piece * 7, &rest),
		    66105);
		assert_int_equal(rest, 9);
		assert_memory_equal(out, plain, 66105);
	}
}

static void
a_stream_cut_short_has_no_end(void **state)
{
	size_t len = far_stream(), rest;

	for (size_t n = 0; n < len; n++)
		assert_int_equal(unpack(n, n + 1, ROOM, &rest), SIZE_MAX);
}

/* What deflate writes without its longest length is the same in both. */
static void
blocks_of_every_kind_are_read(void **state)
{
	static const struct {
		int level, strategy;
		size_t len;
	} how[] = {
		{ 0, Z_DEFAULT_STRATEGY, 200000 },	/* stored */
		{ 9, Z_HUFFMAN_ONLY, 200000 },		/* with codes of its own */
		{ 6, Z_FIXED, 200 },
		{ 6, Z_DEFAULT_STRATEGY, 2000 },
	};
	size_t rest;

	for (size_t i = 0; i < 200000; i++)
		plain[i] = (uint8_t)(i * i / 7 % 251 * (i / 100 % 3));
	for (size_t i = 0; i < sizeof(how) / sizeof(*how); i++) {
		z_stream z = { .next_in = plain, .next_out = packed,
			.avail_in = (uInt)how[i].len, .avail_out = ROOM };

		assert_int_equal(deflateInit2(&z, how[i].level, Z_DEFLATED, -15,
		    8, how[i].strategy), Z_OK);
		assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
		assert_int_equal(unpack(z.total_out, 777, 4096, &rest),
		    how[i].len);
		assert_memory_equal(out, plain, how[i].len);
		deflateEnd(&z);
	}
}

static void
what_no_stream_may_say_is_refused(void **state)
{
	struct writer w = { 0 };
	size_t rest;

	memset(packed, 0, 64);
	put_bits(&w, 7, 3);		/* a fourth kind of block */
	assert_int_equal(unpack(64, 64, ROOM, &rest), SIZE_MAX);
	w.bits = 0;			/* farther back than there is anything */
	put_bits(&w, 3, 3);
	put_literal(&w, 'a');
	put_long_copy(&w, 4, 31, 0);
	put_code(&w, 0, 7);
	assert_int_equal(unpack(64, 64, ROOM, &rest), SIZE_MAX);
	memcpy(packed, "\1\2\0\2\0ab", 7);	/* a length that is not its own */
	assert_int_equal(unpack(7, 7, ROOM, &rest), SIZE_MAX);
	memcpy(packed, "\1\2\0\375\377ab", 7);
	assert_int_equal(unpack(7, 7, ROOM, &rest), 2);
	memcpy(packed, "\1\0\0\377\377", 5);
	assert_int_equal(unpack(5, 5, ROOM, &rest), 0);
	/* too many codes; none for the end of the block */
	memcpy(packed, "\375\377\377\377\377\377\377\377\377\377\377\377", 12);
	assert_int_equal(unpack(12, 12, ROOM, &rest), SIZE_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_and_distances_beyond_those_of_deflate),
		cmocka_unit_test(a_stream_cut_short_has_no_end),
		cmocka_unit_test(blocks_of_every_kind_are_read),
		cmocka_unit_test(what_no_stream_may_say_is_refused),
	};

	return cmocka_run_group_tests_name("content/inflate64", tests, NULL,
	    NULL);
}
