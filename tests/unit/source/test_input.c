// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>
#include <zstd.h>

#include "base/buf.h"
#include "source/input.h"

static uint8_t text[300000];

static void
pack_gzip(struct buf *b, const void *data, size_t len)
{
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, 0), Z_OK);
	z.next_in = (void *)(uintptr_t)data;
	z.avail_in = (uInt)len;
	z.avail_out = (uInt)deflateBound(&z, len);
	z.next_out = buf_reserve(b, z.avail_out);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	b->len += z.total_out;
	deflateEnd(&z);
}

static void
pack_zstd(struct buf *b, const void *data, size_t len)
{
	size_t cap = ZSTD_compressBound(len);
	uint8_t *p = buf_reserve(b, cap);
	ZSTD_CCtx *z = ZSTD_createCCtx();
	size_t n;

	assert_non_null(z);
	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
	n = ZSTD_compress2(z, p, cap, data, len);
	assert_false(ZSTD_isError(n));
	b->len += n;
	ZSTD_freeCCtx(z);
}

/* Reads all, step bytes at a time; what ended it, or 0. */
static int
unpack(const struct buf *b, size_t len, size_t step, struct buf *out,
    const char **ret_error)
{
	struct input *in;
	size_t n = 1;
	uint8_t *p;
	int r;

	assert_int_equal(input_open_memory(b->data, len, &in), 0);
	buf_reset(out);
	do {
		p = buf_reserve(out, step);
		assert_non_null(p);
		r = input_read(in, p, step, &n);
		if (r == 0)
			out->len += n;
	} while (r == 0 && n);
	if (ret_error)
		*ret_error = input_error(in);
	input_close(in);
	return r;
}

static void
members_and_frames_follow_each_other(void **state)
{
	struct buf b, out;

	for (int zstd = 0; zstd < 2; zstd++) {
		void (*pack)(struct buf *, const void *, size_t) =
		    zstd ? pack_zstd : pack_gzip;

		buf_init(&b, 0);
		buf_init(&out, 0);
		pack(&b, text, 200000);
		pack(&b, text + 200000, 0);
		pack(&b, text + 200000, 100000);
		for (size_t step = 1; step < 400000; step = step * 37 + 1) {
			assert_int_equal(unpack(&b, b.len, step, &out, NULL),
			    0);
			assert_int_equal(out.len, sizeof(text));
			assert_memory_equal(out.data, text, sizeof(text));
		}
		buf_clear(&out);
		buf_clear(&b);
	}
}

static void
packed_data_that_end_early_say_so_after_what_is_there(void **state)
{
	const char *error;
	struct buf b, out;

	for (int zstd = 0; zstd < 2; zstd++) {
		buf_init(&b, 0);
		buf_init(&out, 0);
		(zstd ? pack_zstd : pack_gzip)(&b, text, sizeof(text));
		assert_int_equal(unpack(&b, b.len - 1, 4096, &out, &error),
		    ERR_TRUNCATED);
		assert_string_equal(error, zstd ? "zstd data end early" :
		    "gzip data end early");
		assert_true(out.len > sizeof(text) / 2);
		assert_memory_equal(out.data, text, out.len);
		buf_clear(&out);
		buf_clear(&b);
	}
}

static void
damaged_data_say_so(void **state)
{
	const char *error;
	struct buf b, out;

	for (int zstd = 0; zstd < 2; zstd++) {
		buf_init(&b, 0);
		buf_init(&out, 0);
		(zstd ? pack_zstd : pack_gzip)(&b, text, sizeof(text));
		memset(b.data + b.len / 2, 0xff, 200);
		assert_int_equal(unpack(&b, b.len, 4096, &out, &error),
		    ERR_MALFORMED);
		assert_string_equal(error, zstd ? "zstd data are damaged" :
		    "gzip data are damaged");
		if (!zstd) {	/* what is good comes before the damage */
			size_t good = out.len;

			assert_true(good > 4096);
			assert_int_equal(unpack(&b, b.len, 1 << 20, &out,
			    NULL), ERR_MALFORMED);
			assert_true(out.len >= good);
		}
		buf_clear(&out);
		buf_clear(&b);
	}
}

static void
what_follows_a_gzip_member_and_is_none_is_left(void **state)
{
	struct buf b, out;

	buf_init(&b, 0);
	buf_init(&out, 0);
	pack_gzip(&b, "abc", 3);
	buf_append(&b, "\0\0\0\0\0\0\0\0", 8);
	assert_int_equal(unpack(&b, b.len, 10, &out, NULL), 0);
	assert_int_equal(out.len, 3);
	buf_clear(&out);
	buf_clear(&b);
}

static void
plain_bytes_come_as_they_are(void **state)
{
	struct buf b, out;

	buf_init(&b, 0);
	buf_init(&out, 0);
	assert_int_equal(unpack(&b, 0, 5, &out, NULL), 0);
	assert_int_equal(out.len, 0);
	buf_append(&b, "\x1f\x8b-not-gzip", 11);
	for (size_t len = 0; len <= b.len; len++) {
		assert_int_equal(unpack(&b, len, 5, &out, NULL), 0);
		assert_int_equal(out.len, len);
	}
	buf_clear(&out);
	buf_clear(&b);
}

static void
other_packings_are_refused(void **state)
{
	struct input *in = NULL;

	assert_int_equal(input_open_memory("\xfd" "7zXZ\0\0\0", 8, &in),
	    ERR_UNSUPPORTED);
	assert_int_equal(input_open_memory("BZh91AY", 7, &in),
	    ERR_UNSUPPORTED);
	assert_null(in);
}

static int
fill_text(void **state)
{
	uint32_t x = 1;

	for (size_t i = 0; i < sizeof(text); i++) {
		x = x * 1103515245 + 12345;
		text[i] = (uint8_t)(x >> 16 & 0x1f);
	}
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_and_frames_follow_each_other),
		cmocka_unit_test(
		    packed_data_that_end_early_say_so_after_what_is_there),
		cmocka_unit_test(damaged_data_say_so),
		cmocka_unit_test(
		    what_follows_a_gzip_member_and_is_none_is_left),
		cmocka_unit_test(plain_bytes_come_as_they_are),
		cmocka_unit_test(other_packings_are_refused),
	};

	return cmocka_run_group_tests_name("input", tests, fill_text, NULL);
}
