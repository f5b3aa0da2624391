// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "layer_bench.h"
#include "protocol/quic/quic_detect.h"
#include "protocol/quic/quic_google.h"

static void
put32(struct buf *b, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		buf_u8(b, (uint8_t)(v >> 8 * i));
}

/* A hello with so many entries, the name the last of them. */
static void
put_hello(struct buf *b, unsigned count, const char *name)
{
	buf_str(b, "CHLO");
	buf_u8(b, (uint8_t)count);
	buf_u8(b, (uint8_t)(count >> 8));
	buf_u8(b, 0);
	buf_u8(b, 0);
	for (unsigned i = 0; i + 1 < count; i++) {
		buf_append(b, "PAD", 4);
		put32(b, (i + 1) * 3);
	}
	buf_append(b, "SNI", 4);
	put32(b, (count - 1) * 3 + (uint32_t)strlen(name));
	for (unsigned i = 0; i + 1 < count; i++)
		buf_append(b, "---", 3);
	buf_str(b, name);
}

/* On the heap and exactly as long, so that a sanitizer sees more. */
static bool
name_in(const uint8_t *data, size_t len, struct span want)
{
	uint8_t *copy = malloc(len ? len : 1);
	struct span name = { 0 };
	bool found;

	if (len)
		memcpy(copy, data, len);
	found = quic_google_name((struct span){ copy, len }, &name);
	if (found)
		assert_true(span_eq(name, want));
	free(copy);
	return found;
}

static void
a_name_is_found_behind_other_values(void **state)
{
	struct span want = span_str("host.example");
	struct buf b;

	for (unsigned count = 1; count < 5; count++) {
		buf_init(&b, 0);
		buf_append(&b, "\x0c\x51""043", 5);
		put_hello(&b, count, "host.example");
		assert_true(name_in(b.data, b.len, want));
		for (size_t n = 0; n < b.len; n++)
			assert_false(name_in(b.data, n, want));
		buf_clear(&b);
	}
}

static void
entries_are_bounded(void **state)
{
	struct span want = span_str("a.b");
	struct buf b;

	buf_init(&b, 0);
	put_hello(&b, 128, "a.b");
	assert_true(name_in(b.data, b.len, want));
	buf_reset(&b);
	put_hello(&b, 129, "a.b");
	assert_false(name_in(b.data, b.len, want));
	buf_clear(&b);
}

static void
values_that_end_before_they_begin_are_refused(void **state)
{
	struct buf b;

	buf_init(&b, 0);
	put_hello(&b, 2, "a.b");
	b.data[12] = 200;		/* where the first value ends */
	assert_false(name_in(b.data, b.len, span_str("a.b")));
	b.data[12] = 3;
	b.data[20] = 2;			/* before that */
	assert_false(name_in(b.data, b.len, span_str("a.b")));
	b.data[20] = 3;			/* an empty name is none */
	assert_false(name_in(b.data, b.len, span_str("")));
	buf_clear(&b);
}

static void
no_hello_no_name(void **state)
{
	assert_false(name_in(NULL, 0, span_str("")));
	assert_false(name_in((const uint8_t *)"SHLO\1\0\0\0", 8, span_str("")));
}

static void
crypto_frames_are_read_between_paddings(void **state)
{
	static const uint8_t packet[] = { 0, 0, 8, 0, 3, 'a', 'b', 'c', 0,
		8, 3, 1, 'd', 0 };
	struct cursor c = cur_init(packet, sizeof(packet));
	struct quic_frame f;

	assert_int_equal(quic_google_frame(&c, &f), 0);
	assert_int_equal(f.kind, QUIC_FRAME_CRYPTO);
	assert_int_equal(f.offset, 0);
	assert_true(span_eq(f.data, span_str("abc")));
	assert_int_equal(quic_google_frame(&c, &f), 0);
	assert_int_equal(f.offset, 3);
	assert_true(span_eq(f.data, span_str("d")));
	assert_int_equal(quic_google_frame(&c, &f), ERR_END);
}

static void
other_frames_and_short_ones_end_the_packet(void **state)
{
	static const uint8_t packet[] = { 8, 0, 3, 'a', 'b', 'c' };
	struct quic_frame f;

	for (size_t n = 1; n < sizeof(packet); n++) {
		struct cursor c = cur_init(packet, n);

		assert_int_equal(quic_google_frame(&c, &f), ERR_MALFORMED);
	}
	for (unsigned type = 1; type < 256; type++) {
		uint8_t byte = (uint8_t)type;
		struct cursor c = cur_init(&byte, 1);

		assert_int_equal(quic_google_frame(&c, &f),
		    type == 8 ? ERR_MALFORMED : ERR_UNSUPPORTED);
	}
}

static void
rtp_is_known_by_its_header(void **state)
{
	static const struct {
		uint8_t first, type;
		bool is;
	} cases[] = {
		{ 0x80, 0, true }, { 0xbf, 34, true }, { 0x80, 35, false },
		{ 0x90, 95, false }, { 0x90, 96, true }, { 0x80, 0xff, true },
		{ 0x80, 200, true }, { 0x81, 201, true }, { 0x81, 202, false },
		{ 0x7f, 96, false }, { 0xc0, 96, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint8_t bytes[12] = { cases[i].first, cases[i].type };

		assert_int_equal(quic_is_rtp((struct span){ bytes, 12 }),
		    cases[i].is);
		assert_false(quic_is_rtp((struct span){ bytes, 11 }));
	}
}

/* Of one whose hello names a host, media would be something else. */
static void
media_beside_the_packets_of_a_nameless_hello_is_a_call(void **state)
{
	static const char *const hellos[] = {
		"\xc3Q046\x50" "12345678 some hello", "\xc3Q050\0\0\0\2zz",
		"\xc3Q046\x50" "CHLO\1\0\0\0SNI\0\3\0\0\0a.b",
	};
	static const size_t lens[] = { 25, 11, 25 };

	for (unsigned i = 0; i < 3; i++) {
		bench_open();
		layer = quic_layer_new(&record.conn);
		bench_give(0, hellos[i], lens[i], SIZE_MAX / 2);
		bench_give(1, "\x40 a short header..", 18, SIZE_MAX / 2);
		assert_int_equal(record.conn.use, CONN_USE_NONE);
		bench_give(0, "\x80\x60 of some media", 16, SIZE_MAX / 2);
		assert_int_equal(record.conn.use, i ? CONN_USE_NONE :
		    CONN_USE_SNAPCHAT_CALL);
		over();
		shared_drop(record.conn.env->names, record.conn.host);
		bench_close();
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_found_behind_other_values),
		cmocka_unit_test(entries_are_bounded),
		cmocka_unit_test(values_that_end_before_they_begin_are_refused),
		cmocka_unit_test(no_hello_no_name),
		cmocka_unit_test(crypto_frames_are_read_between_paddings),
		cmocka_unit_test(other_frames_and_short_ones_end_the_packet),
		cmocka_unit_test(rtp_is_known_by_its_header),
		cmocka_unit_test(
		    media_beside_the_packets_of_a_nameless_hello_is_a_call),
	};

	return cmocka_run_group_tests_name("quic_google", tests, NULL, NULL);
}
