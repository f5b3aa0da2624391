// SPDX-License-Identifier: Apache-2.0
#include "unwrap.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <openssl/evp.h>
#include <snappy-c.h>
#include <zlib.h>

static uint8_t body[8 * LEN];

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

static void
xor_keys_of_one_byte_and_more_are_undone(void **state)
{
	static const size_t lens[] = { 1, 2, 3, 5, 7, 11, 13, 16, 128, 256 };
	static uint8_t key[65536], big[200000];
	const struct scan_item *item = NULL;
	struct world w;

	world_open(&w);
	noise(a, LEN, 41);
	for (size_t i = 0; i < LEN; i += 512)
		memset(a + i, (int)(i / 512), 200);
	noise(big, sizeof(big), 6);
	memset(big + 3000, 0, 5000);
	world_add(&w, "a", a, LEN);
	world_add(&w, "big", big, sizeof(big));
	world_seal(&w);
	noise(key, sizeof(key), 99);
	for (size_t k = 0; k < sizeof(lens) / sizeof(*lens); k++) {
		for (size_t i = 0; i < LEN; i++)
			out[i] = a[i] ^ key[i % lens[k]];
		out_len = LEN;
		assert_inside(&w, "xor");
	}
	/* a fixed stream of 64 KiB, behind a header */
	memcpy(body, "\xA1\xA5\x70\0DATA\x40\x0d\3\0", 12);
	for (size_t i = 0; i < sizeof(big); i++)
		body[12 + i] = big[i] ^ key[i % 65536];
	for (size_t piece = 999; piece < 1000000; piece *= 50) {
		world_scan_cut(&w, body, 12 + sizeof(big), piece);
		assert_whole(&w, 1, sizeof(big));
		world_match(&w, &item);
		assert_string_equal(item->encoding, "xor");
		assert_int_equal(w.f->undeciphered_bytes, 0);
	}
	/* noise stays noise */
	noise(body, 200000, 1234);
	world_scan(&w, body, 200000);
	assert_int_equal(w.f->item_count, 1);
	assert_int_equal(w.f->undeciphered_bytes, 200000);
	world_close(&w);
}

/* A table of numbers that rise, and another file with one that begins elsewhere:
 * where the rest has nothing in common, no key made it. */
static void
a_part_of_a_table_under_a_key_is_not_a_file(void **state)
{
	static const size_t lens[] = { 40000, 12000 };
	struct world w;

	world_open(&w);
	noise(a, LEN, 44);
	for (size_t i = 0; i < 6000; i += 2) {
		a[3000 + i] = (uint8_t)(i / 2);
		a[3001 + i] = (uint8_t)(i / 512);
	}
	world_add(&w, "a", a, LEN);
	world_seal(&w);
	for (size_t k = 0; k < 2; k++) {
		noise(out, 40000, 45);
		for (size_t i = 0; i < 6000; i++)
			out[5000 + i] = a[3000 + i] ^ (i % 2 ? 0x40 : 0x15);
		world_scan(&w, out, lens[k]);
		assert_int_equal(world_match(&w, NULL) != NULL, k == 1);
	}
	world_close(&w);
}

/* However little it is of what the key opens: all of a file, or a part of one. */
static void
a_small_part_under_a_key_is_found(void **state)
{
	static const size_t lens[] = { 600, 3000, LEN };
	const struct scan_match *m;
	struct world w;

	world_open(&w);
	noise(a, LEN, 46);
	for (size_t i = 0; i < LEN; i++)
		a[i] = (uint8_t)(0x20 | (a[i] & 0x5f));
	world_add(&w, "a", a, LEN);
	world_add(&w, "b", a, 600);
	world_seal(&w);
	for (size_t k = 0; k < sizeof(lens) / sizeof(*lens); k++) {
		size_t from = k == 1 ? 2000 : 0;

		noise(body, 5 * LEN, 47);
		memcpy(body + 7000, a + from, lens[k]);
		for (size_t i = 0; i < 5 * LEN; i++)
			body[i] ^= (uint8_t)"key"[i % 3];
		world_scan(&w, body, 5 * LEN);
		m = world_match(&w, NULL);
		assert_non_null(m);
		assert_int_equal(m->sent_bytes, lens[k]);
		assert_int_equal(m->whole, k != 1);
	}
	world_close(&w);
}

/* A key follows from how gzip begins: alone, or because what it opens unpacks. */
static void
what_was_packed_is_found_under_a_short_key(void **state)
{
	static const uint8_t key[] = { 0x5a, 0xc3, 0x99, 0x07 };
	const struct scan_item *item = NULL;
	struct world w;
	z_stream z = { 0 };

	setup(&w);
	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8,
	    Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = a;
	z.avail_in = LEN;
	z.next_out = body;
	z.avail_out = sizeof(body);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	out_len = z.total_out;
	deflateEnd(&z);
	for (size_t len = 1; len <= sizeof(key); len++) {
		for (size_t i = 0; i < out_len; i++)
			out[i] = body[i] ^ key[i % len];
		assert_inside(&w, "gzip");
		world_scan(&w, out, out_len);
		world_match(&w, &item);
		assert_string_equal(w.f->items[item->parent].encoding, "xor");
	}
	world_close(&w);
	/* nothing known is in it: it stays what nobody can read */
	world_open(&w);
	noise(body, 3000, 77);
	world_add(&w, "b", body, 3000);
	world_seal(&w);
	world_scan(&w, out, out_len);
	assert_false(w.f->items[0].readable);
	assert_int_equal(w.f->undeciphered_bytes, out_len);
	world_close(&w);
}

/* Under a key of a few bytes text may be text, zeros may be, and either may begin
 * as CBOR or as Latin-1 does. */
static void
xor_is_seen_in_what_looks_like_something_else(void **state)
{
	static const struct {
		const char *key;
		size_t len;
	} keys[] = { { "\x07", 1 }, { "{Y", 2 }, { "\xb6\x62\xd6", 3 },
		{ "\xc2\x9b\xc3\x8b", 4 } };
	struct world w;

	for (int binary = 0; binary < 2; binary++) {
		world_open(&w);
		noise(a, LEN, 43);
		for (size_t i = 0; i < LEN && !binary; i++)
			a[i] = "etaoin shrdlu\n{}\"0"[a[i] % 18];
		if (binary)
			memset(a, 0, 2000);
		world_add(&w, "a", a, LEN);
		world_seal(&w);
		for (size_t k = 0; k < 4; k++) {
			for (size_t i = 0; i < LEN; i++)
				out[i] = a[i] ^
				    (uint8_t)keys[k].key[i % keys[k].len];
			out_len = LEN;
			if (binary || k == 0)
				assert_inside(&w, "xor");
		}
		world_close(&w);
	}
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
		cmocka_unit_test(xor_keys_of_one_byte_and_more_are_undone),
		cmocka_unit_test(a_part_of_a_table_under_a_key_is_not_a_file),
		cmocka_unit_test(a_small_part_under_a_key_is_found),
		cmocka_unit_test(what_was_packed_is_found_under_a_short_key),
		cmocka_unit_test(xor_is_seen_in_what_looks_like_something_else),
	};

	return cmocka_run_group_tests_name("content/unwrap", tests, NULL, NULL);
}
