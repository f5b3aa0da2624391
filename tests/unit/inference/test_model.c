// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "inference/model.h"

static void
bodies_are_as_long_as_their_encodings_say(void **state)
{
	struct model m = { { 0 } };

	assert_int_equal(model_body(&m, 100001, 0, MODEL_RAW), 100001);
	assert_int_equal(model_body(&m, 100001, 0, MODEL_BASE64), 133336);
	assert_int_equal(model_body(&m, 100001, 0, MODEL_HEX), 200002);
	/* seven blocks of 16383, four of 32767 */
	assert_int_equal(model_body(&m, 100001, 0, MODEL_GZIP),
	    100001 + 18 + 35);
	assert_int_equal(model_body(&m, 100001, 0, MODEL_GZIP_LONG),
	    100001 + 18 + 20);
	/* one block of 131072; two */
	assert_int_equal(model_body(&m, 131072, 0, MODEL_ZSTD),
	    131072 + 9 + 3);
	assert_int_equal(model_body(&m, 131073, 0, MODEL_ZSTD),
	    131073 + 9 + 6);
	m.gain[0] = 100;
	assert_int_equal(model_body(&m, 100001, 0, MODEL_GZIP),
	    100001 + 18 + 35 - 100);
	assert_int_equal(model_body(&m, 100001, 1, MODEL_GZIP),
	    100001 + 18 + 35);
}

static void
frames_add_what_their_protocol_says(void **state)
{
	assert_int_equal(model_frames(MODEL_PLAIN, 1 << 20, 9), 0);
	assert_int_equal(model_frames(MODEL_HTTP2, 0, 9), 0);
	assert_int_equal(model_frames(MODEL_HTTP2, 16384, 9), 9);
	assert_int_equal(model_frames(MODEL_HTTP2, 16385, 9), 18);
	/* chunks: "1000" and twice CR and LF, then "0" and that */
	assert_int_equal(model_frames(MODEL_CHUNKED, 4096, 9), 8 + 5);
	assert_int_equal(model_frames(MODEL_CHUNKED, 4095, 9), 7 + 5);
	assert_int_equal(model_frames(MODEL_CHUNKED, 4097, 9), 8 + 5 + 5);
	assert_int_equal(model_frames(MODEL_CHUNKED + 3, 32768 + 16, 9), 8 + 6 + 5);
	assert_int_equal(model_frames(MODEL_CHUNKED + 3, 0, 9), 5);
	assert_int_equal(model_frames(MODEL_QUIC, 1 << 20, 100), 600);
	assert_int_equal(model_frames(MODEL_QUIC + 1, 0, 100), 606);
	assert_int_equal(model_frames(MODEL_QUIC + MODEL_QUIC_STEPS, 0, 100), 700);
	assert_int_equal(model_frames(MODEL_FRAME_COUNT - 1, 0, 100), 1125);
}

static void
make(int type, uint64_t size, struct buf *ret)
{
	struct stream noise;
	struct form f = { ret, size, "telltap canary 00ff00ff00ff00ff", &noise };

	buf_init(ret, 0);
	assert_int_equal(stream_init(&noise, span_str("test"), "content",
	    (uint64_t)type), 0);
	assert_int_equal(form_write(&form_types[type], &f), 0);
	stream_clear(&noise);
}

/* A canary packed by zstd at a level, against the model. */
static long
zstd_off_by(const struct model *m, int type, uint64_t size, int level,
    enum model_wrap w)
{
	struct buf b;
	size_t len;
	void *out;

	make(type, size, &b);
	len = ZSTD_compressBound(b.len);
	out = malloc(len);
	len = ZSTD_compress(out, len, b.data, b.len, level);
	assert_false(ZSTD_isError(len));
	free(out);
	buf_clear(&b);
	return (long)len - (long)model_body(m, size, type, w);
}

/* As xz does it, or lzma. */
static long
lzma_off_by(const struct model *m, int type, uint64_t size, bool xz)
{
	lzma_options_lzma o;
	lzma_stream z = LZMA_STREAM_INIT;
	struct buf b;
	size_t room = size + size / 8 + 4096;
	uint8_t *out = malloc(room);

	make(type, size, &b);
	assert_false(lzma_lzma_preset(&o, 6));
	assert_int_equal(xz ? lzma_easy_encoder(&z, 6, LZMA_CHECK_CRC64) :
	    lzma_alone_encoder(&z, &o), LZMA_OK);
	z.next_in = b.data;
	z.avail_in = b.len;
	z.next_out = out;
	z.avail_out = room;
	assert_int_equal(lzma_code(&z, LZMA_FINISH), LZMA_STREAM_END);
	lzma_end(&z);
	free(out);
	buf_clear(&b);
	return (long)z.total_out - (long)model_body(m, size, type,
	    xz ? MODEL_XZ : MODEL_LZMA);
}

/* What they gain varies, by less than headers do. */
static void
xz_lzma_and_high_levels_of_zstd_are_nearly_so_long(void **state)
{
	struct model m;

	assert_int_equal(model_init(&m), 0);
	for (int t = 0; t < FORM_TYPE_COUNT; t++) {
		uint64_t size = 200000 + 10000 * (uint64_t)t;

		assert_in_range(lzma_off_by(&m, t, size, true) + 256, 0, 512);
		assert_in_range(lzma_off_by(&m, t, size, false) + 256, 0, 512);
		assert_in_range(zstd_off_by(&m, t, size, 19, MODEL_ZSTD_HIGH) +
		    256, 0, 512);
	}
}

/* Of canaries longer than a block; those that fit in one gain what headers
 * do. */
static void
zstd_stores_at_its_usual_levels(void **state)
{
	static const int levels[] = { 1, 3, 9 };
	struct model m;

	assert_int_equal(model_init(&m), 0);
	for (int t = 0; t < FORM_TYPE_COUNT; t++)
		for (uint64_t size = 150000; size < 2000000; size *= 3)
			for (size_t i = 0; i < 3; i++)
				assert_in_range(zstd_off_by(&m, t, size,
				    levels[i], MODEL_ZSTD) + 3, 0, 6);
}

/* What a canary of that type and size packs to, against the model. */
static long
off_by(const struct model *m, int type, uint64_t size)
{
	struct buf b;
	uLongf len;
	uint8_t *out;

	make(type, size, &b);
	len = compressBound(b.len);
	out = malloc(len);
	assert_int_equal(compress2(out, &len, b.data, b.len, 6), Z_OK);
	free(out);
	buf_clear(&b);
	/* zlib's header and trailer are 6 bytes, gzip's 18 */
	return (long)len + 12 - (long)model_body(m, size, type, MODEL_GZIP);
}

static void
what_packing_gains_hangs_on_the_type_alone(void **state)
{
	struct model m;

	assert_int_equal(model_init(&m), 0);
	for (int t = 0; t < FORM_TYPE_COUNT; t++)
		for (uint64_t size = 50000; size < 2000000; size *= 3)
			assert_in_range(off_by(&m, t, size) + 100, 0, 200);
}

static void
every_wrapping_has_a_name_and_a_weight(void **state)
{
	for (int w = 0; w < MODEL_WRAP_COUNT; w++) {
		assert_non_null(model_wrap_name((enum model_wrap)w));
		assert_true(model_wrap_weight((enum model_wrap)w) > 0 &&
		    model_wrap_weight((enum model_wrap)w) <= 1);
	}
	for (int f = 0; f < MODEL_FRAME_COUNT; f++)
		assert_true(model_frame_weight((enum model_frame)f) > 0 &&
		    model_frame_weight((enum model_frame)f) <= 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_are_as_long_as_their_encodings_say),
		cmocka_unit_test(frames_add_what_their_protocol_says),
		cmocka_unit_test(what_packing_gains_hangs_on_the_type_alone),
		cmocka_unit_test(zstd_stores_at_its_usual_levels),
		cmocka_unit_test(
		    xz_lzma_and_high_levels_of_zstd_are_nearly_so_long),
		cmocka_unit_test(every_wrapping_has_a_name_and_a_weight),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
