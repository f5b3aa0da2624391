// SPDX-License-Identifier: Apache-2.0
#include "unwrap.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <snappy-c.h>
#include <zlib.h>

static void
xz_lz4_and_snappy_are_unwrapped(void **state)
{
	LZ4F_preferences_t prefs = { 0 };
	struct world w;
	size_t n = 10, len;

	setup(&w);
	out_len = 0;
	assert_int_equal(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL, a,
	    LEN, out, &out_len, sizeof(out)), LZMA_OK);
	assert_inside(&w, "xz");
	out_len = LZ4F_compressFrame(out, sizeof(out), a, LEN, &prefs);
	assert_false(LZ4F_isError(out_len));
	assert_inside(&w, "lz4");
	memcpy(out, "\xff\x06\0\0sNaPpY", 10);
	for (size_t i = 0; i < LEN; i += 65536) {
		size_t m = LEN - i < 65536 ? LEN - i : 65536;

		len = sizeof(out) - n - 8;
		assert_int_equal(snappy_compress((char *)a + i, m,
		    (char *)out + n + 8, &len), SNAPPY_OK);
		memset(out + n, 0, 8);
		for (int k = 0; k < 3; k++)
			out[n + 1 + (size_t)k] = (uint8_t)((len + 4) >> 8 * k);
		n += len + 8;
	}
	out_len = n;
	assert_inside(&w, "snappy");
	world_close(&w);
}

static void
bzip2_and_lzma_are_unwrapped(void **state)
{
	lzma_options_lzma options;
	lzma_stream z = LZMA_STREAM_INIT;
	unsigned len = sizeof(out);
	struct world w;

	setup(&w);
	assert_int_equal(BZ2_bzBuffToBuffCompress((char *)out, &len, (char *)a,
	    LEN, 9, 0, 0), BZ_OK);
	out_len = len;
	assert_inside(&w, "bzip2");
	/* two files behind one another are one */
	len = sizeof(out);
	assert_int_equal(BZ2_bzBuffToBuffCompress((char *)out, &len, (char *)a,
	    LEN / 2, 9, 0, 0), BZ_OK);
	out_len = len;
	len = sizeof(out) - len;
	assert_int_equal(BZ2_bzBuffToBuffCompress((char *)out + out_len, &len,
	    (char *)a + LEN / 2, LEN - LEN / 2, 9, 0, 0), BZ_OK);
	out_len += len;
	assert_inside(&w, "bzip2");

	assert_false(lzma_lzma_preset(&options, 3));
	assert_int_equal(lzma_alone_encoder(&z, &options), LZMA_OK);
	z.next_in = a;
	z.avail_in = LEN;
	z.next_out = out;
	z.avail_out = sizeof(out);
	assert_int_equal(lzma_code(&z, LZMA_FINISH), LZMA_STREAM_END);
	out_len = z.total_out;
	lzma_end(&z);
	assert_inside(&w, "lzma");
	world_close(&w);
}

static void
deflate_shows_without_a_word_about_it(void **state)
{
	z_stream z = { 0 };
	struct world w;

	setup(&w);
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, 0), Z_OK);
	z.next_in = a;
	z.avail_in = LEN;
	z.next_out = out;
	z.avail_out = sizeof(out);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out_len = z.total_out;
	deflateEnd(&z);
	assert_inside(&w, "deflate");
	/* behind 900 blocks of no bytes, four to five bytes: more than are
	 * looked at first */
	memmove(out + 1125, out, out_len);
	for (size_t i = 0; i < 1125; i += 5)
		memcpy(out + i, "\x02\x08\x20\x80\0", 5);
	out_len += 1125;
	assert_inside(&w, "deflate");
	/* noise shows nothing */
	for (uint64_t seed = 0; seed < 2000; seed++) {
		noise(out, 3000, seed);
		world_scan(&w, out, seed % 3000 + 1);
		assert_int_equal(w.f->item_count, 1);
		assert_false(w.f->items[0].container);
	}
	world_close(&w);
}

static void
a_snappy_block_is_unwrapped_where_it_is_declared(void **state)
{
	const struct scan_item *item = NULL;
	struct world w;
	size_t len;

	setup(&w);
	out_len = sizeof(out);
	assert_int_equal(snappy_compress((char *)a, LEN, (char *)out, &out_len),
	    SNAPPY_OK);
	w.hint.content_encoding = span_str("snappy");
	assert_inside(&w, "snappy");
	/* nor does it have to be */
	w.hint.content_encoding = span_str("");
	assert_inside(&w, "snappy");
	/* what it unpacks to has to be as long as it says */
	len = out_len;
	for (int less = 0; less < 2; less++) {
		out[0] ^= 1;
		world_scan(&w, out, len);
		assert_non_null(world_match(&w, &item));
		assert_int_equal(item->complete, less);
	}
	/* up to where it breaks it is unpacked, however it comes */
	memset(out + len / 2, 0xff, 40);
	world_scan_cut(&w, out, len, len);
	assert_non_null(world_match(&w, NULL));
	len = world_match(&w, NULL)->sent_bytes;
	world_scan_cut(&w, out, out_len, 7);
	assert_int_equal(world_match(&w, NULL)->sent_bytes, len);
	world_close(&w);
}

/* Sixteen zip files in a zip file, three times over, around zeros: 4 GiB. */
static void
nested_archives_are_held_to_what_they_came_from(void **state)
{
	static uint8_t inner[200000], zeros[1 << 20];
	z_stream z = { 0 };
	struct world w;
	size_t len = 0;
	bool said = false;

	setup(&w);
	for (int level = 0; level < 4; level++) {
		size_t n = 0, packed;

		assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, -15, 8, 0),
		    Z_OK);
		z.next_out = out;
		z.avail_out = sizeof(out);
		z.next_in = level ? inner : zeros;
		z.avail_in = (uInt)(level ? len : sizeof(zeros));
		assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
		packed = z.total_out;
		deflateEnd(&z);
		for (int i = 0; i < 16; i++) {
			uint8_t head[31] = { 'P', 'K', 3, 4, 20, 0, 0, 0, 8 };

			head[26] = 1;
			head[30] = (uint8_t)('a' + i);
			for (int k = 0; k < 4; k++)
				head[18 + k] = (uint8_t)(packed >> 8 * k);
			assert_true(n + 31 + packed + 4 < sizeof(inner));
			memcpy(inner + n, head, 31);
			memcpy(inner + n + 31, out, packed);
			n += 31 + packed;
		}
		memcpy(inner + n, "PK\1\2", 4);
		len = n + 4;
	}
	world_scan(&w, inner, len);
	for (size_t i = 0; i < w.f->limit_count; i++)
		said |= strstr(w.f->limits[i], "archives in archives") != NULL;
	assert_true(said);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xz_lz4_and_snappy_are_unwrapped),
		cmocka_unit_test(bzip2_and_lzma_are_unwrapped),
		cmocka_unit_test(deflate_shows_without_a_word_about_it),
		cmocka_unit_test(
		    a_snappy_block_is_unwrapped_where_it_is_declared),
		cmocka_unit_test(
		    nested_archives_are_held_to_what_they_came_from),
	};

	return cmocka_run_group_tests_name("content/unwrap", tests, NULL, NULL);
}
