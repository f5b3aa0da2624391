// SPDX-License-Identifier: Apache-2.0
#include "unwrap.h"

#include <zlib.h>

static uint8_t body[8 * LEN];

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
	static const uint8_t ends[][2] = { { 2, 3 }, { 4, 3 }, { 0, 10 },
		{ 4, 10 }, { 0, 0 }, { 2, 255 }, { 0, 255 } };
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
	/* by other programs, on other systems */
	for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++) {
		memcpy(body + 8, ends[k], 2);
		for (size_t i = 0; i < out_len; i++)
			out[i] = body[i] ^ key[i % 3];
		world_scan(&w, out, out_len);
		assert_whole(&w, 0, LEN);
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

/* Its first bytes under the key are literals and copies; one of seven thousand
 * blocks of a program is such. */
static void
xor_is_seen_in_what_looks_like_snappy(void **state)
{
	const uint8_t key = 0x5a;
	struct world w;

	world_open(&w);
	noise(a, LEN, 48);
	memcpy(out, "\xf0\xff\x03\x0c" "abcd", 8);
	for (size_t i = 8; i + 3 <= 1200; i += 3)
		memcpy(out + i, "\x1e\x04\x00", 3);
	for (size_t i = 0; i < 1100; i++)
		a[i] = out[i] ^ key;
	world_add(&w, "a", a, LEN);
	world_seal(&w);
	for (size_t i = 0; i < LEN; i++)
		out[i] = a[i] ^ key;
	world_scan(&w, out, LEN);
	assert_whole(&w, 0, LEN);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xor_keys_of_one_byte_and_more_are_undone),
		cmocka_unit_test(a_part_of_a_table_under_a_key_is_not_a_file),
		cmocka_unit_test(a_small_part_under_a_key_is_found),
		cmocka_unit_test(what_was_packed_is_found_under_a_short_key),
		cmocka_unit_test(xor_is_seen_in_what_looks_like_something_else),
		cmocka_unit_test(xor_is_seen_in_what_looks_like_snappy),
	};

	return cmocka_run_group_tests_name("content/unwrap_xor", tests, NULL, NULL);
}
