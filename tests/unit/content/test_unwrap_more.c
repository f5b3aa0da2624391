// SPDX-License-Identifier: Apache-2.0
#include "unwrap.h"

#include <bzlib.h>
#include <lzma.h>
#include <openssl/evp.h>
#include <snappy-c.h>
#include <zlib.h>

#define LEN	20000

static uint8_t a[LEN], out[8 * LEN];
static size_t out_len;

static void
setup(struct world *w)
{
	unwrap_setup(w, a, LEN, 77);
}

static void
assert_inside(struct world *w, const char *encoding)
{
	unwrap_check(w, LEN, out, out_len, encoding);
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
	struct world w;

	setup(&w);
	out_len = sizeof(out);
	assert_int_equal(snappy_compress((char *)a, LEN, (char *)out, &out_len),
	    SNAPPY_OK);
	w.hint.content_encoding = span_str("snappy");
	assert_inside(&w, "snappy");
	world_close(&w);
}

static void
percent_escapes_are_undone(void **state)
{
	struct world w;
	char *p = (char *)out;

	setup(&w);
	for (size_t i = 0; i < LEN; i++)
		p += sprintf(p, (a[i] >= 'a' && a[i] <= 'z') || a[i] == '+' ?
		    "%c" : "%%%02X", a[i]);
	out_len = (size_t)(p - (char *)out);
	assert_inside(&w, "percent");
	world_close(&w);
}

static void
utf_16_and_bytes_taken_for_latin_1_are_narrowed(void **state)
{
	struct world w;
	size_t n = 0, text = 0;
	static uint8_t base64[2 * LEN];

	setup(&w);
	text = (size_t)EVP_EncodeBlock(base64, a, LEN);
	for (int big = 0; big < 2; big++) {
		n = 0;
		for (size_t i = 0; i < text; i++) {
			out[n + (size_t)!big] = 0;
			out[n + (size_t)big] = base64[i];
			n += 2;
		}
		out_len = n;
		assert_inside(&w, "base64");
		assert_string_equal(w.f->items[1].encoding, "utf-16");
	}
	n = (size_t)sprintf((char *)out, "{\"data\":\"");
	for (size_t i = 0; i < LEN; i++)
		n += (size_t)sprintf((char *)out + n, "\\u%04x", a[i]);
	n += (size_t)sprintf((char *)out + n, "\"}");
	out_len = n;
	assert_inside(&w, "latin-1");
	world_close(&w);
}

static void
numbers_in_json_may_be_bytes(void **state)
{
	const struct scan_item *item = NULL;
	struct world w;

	setup(&w);
	for (int sign = 0; sign < 2; sign++) {
		size_t n = (size_t)sprintf((char *)out,
		    "{\"n\":[1,2,300],\"data\":[");

		for (size_t i = 0; i < LEN; i++)
			n += (size_t)sprintf((char *)out + n, i ? ", %d" : "%d",
			    sign ? (int8_t)a[i] : a[i]);
		n += (size_t)sprintf((char *)out + n, "]}");
		out_len = n;
		assert_inside(&w, "json");
		world_scan(&w, out, out_len);
		world_match(&w, &item);
		assert_true(span_eq(item->path, span_str("/data")));
	}
	/* one number that is none makes it a list like any other */
	memcpy(out + out_len - 6, ",999", 4);
	world_scan(&w, out, out_len);
	assert_false(w.f->item_count > 1 && w.f->items[1].complete &&
	    w.f->items[1].match_count && w.f->items[1].matches[0].exact);
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

static size_t
varint(uint8_t *p, uint64_t v)
{
	size_t n = 0;

	for (; v > 127; v >>= 7)
		p[n++] = (uint8_t)(v | 128);
	p[n++] = (uint8_t)v;
	return n;
}

/* A report: text, numbers, a map, a list of structs with a blob, and a base. */
static size_t
bond(uint8_t *p, bool second)
{
	size_t n = 0, at[2] = { 0 };

	memcpy(p, second ? "CB\2\0" : "CB\1\0", 4);
	n = 4;
	if (second)
		at[0] = n++;
	p[n++] = 0 << 5 | 9;		/* 0: string */
	p[n++] = 9;
	memcpy(p + n, "10.1.2.34", 9);
	n += 9;
	p[n++] = 1 << 5 | 6;		/* 1: uint64 */
	n += varint(p + n, 1ull << 40);
	p[n++] = 2 << 5 | 7;		/* 2: float */
	n += 4;
	p[n++] = 1;			/* end of the base */
	p[n++] = 6 << 5 | 13;		/* 9: map of string to bool */
	p[n++] = 9;
	p[n++] = 9;
	p[n++] = 2;
	p[n++] = 1;
	memcpy(p + n, "\1k\1", 3);
	n += 3;
	p[n++] = 7 << 5 | 11;		/* 500: list of struct */
	p[n++] = 500 & 255;
	p[n++] = 500 >> 8;
	if (second) {
		p[n++] = 2 << 5 | 10;
		at[1] = n++;
	} else {
		p[n++] = 10;
		p[n++] = 1;
	}
	p[n++] = 3 << 5 | 11;		/* 3: list of int8 */
	p[n++] = 14;
	n += varint(p + n, LEN);
	memcpy(p + n, a, LEN);
	n += LEN;
	p[n++] = 0;
	p[n++] = 0;
	/* lengths are passed over: any will do */
	for (int i = 0; i < 2; i++)
		if (at[i])
			p[at[i]] = 0x7f;
	return n;
}

static void
bond_is_walked(void **state)
{
	const struct scan_item *item = NULL;
	struct world w;

	setup(&w);
	for (int second = 0; second < 2; second++) {
		out_len = bond(out, second);
		assert_inside(&w, "bond");
		world_scan(&w, out, out_len);
		world_match(&w, &item);
		assert_true(span_eq(item->path, span_str("/500/0/3")));
		assert_true(world_has_category(&w, "network.local", "/0"));
		assert_true(w.f->items[0].readable);
	}
	world_close(&w);
}

static void
strings_of_cbor_may_come_in_pieces(void **state)
{
	struct world w;
	size_t n = 0, from = 0;

	setup(&w);
	memcpy(out, "\xbf\x64" "data\x5f", 7);
	n = 7;
	for (size_t len = 1; from < LEN; len = len * 7 + 3) {
		len = len < LEN - from ? len : LEN - from;
		out[n++] = 0x59;
		out[n++] = (uint8_t)(len >> 8);
		out[n++] = (uint8_t)len;
		memcpy(out + n, a + from, len);
		n += len;
		from += len;
	}
	memcpy(out + n, "\xff\x61n\x01\xff", 5);
	out_len = n + 5;
	assert_inside(&w, "cbor");
	world_scan(&w, out, out_len);
	assert_true(w.f->items[0].readable);
	world_close(&w);
}

static void
base64_is_known_in_a_uri_and_indented_and_at_any_length(void **state)
{
	struct world w;
	size_t n;

	setup(&w);
	n = (size_t)sprintf((char *)out,
	    "[\"data:application/octet-stream;base64,");
	n += (size_t)EVP_EncodeBlock(out + n, a, LEN);
	n += (size_t)sprintf((char *)out + n, "\"]");
	out_len = n;
	assert_inside(&w, "base64");
	n = (size_t)sprintf((char *)out, "<a><b>\n\t\t");
	n += (size_t)EVP_EncodeBlock(out + n, a, LEN);
	n += (size_t)sprintf((char *)out + n, "\n\t</b></a>");
	out_len = n;
	assert_inside(&w, "base64");
	/* padded, and exactly as long as what chooses the walker */
	for (size_t len = 760; len < 775; len++) {
		n = (size_t)EVP_EncodeBlock(out, a + 300, (int)len);
		world_scan(&w, out, n);
		assert_int_equal(world_match(&w, NULL)->sent_bytes, len);
	}
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bzip2_and_lzma_are_unwrapped),
		cmocka_unit_test(deflate_shows_without_a_word_about_it),
		cmocka_unit_test(
		    a_snappy_block_is_unwrapped_where_it_is_declared),
		cmocka_unit_test(percent_escapes_are_undone),
		cmocka_unit_test(
		    utf_16_and_bytes_taken_for_latin_1_are_narrowed),
		cmocka_unit_test(numbers_in_json_may_be_bytes),
		cmocka_unit_test(
		    nested_archives_are_held_to_what_they_came_from),
		cmocka_unit_test(bond_is_walked),
		cmocka_unit_test(strings_of_cbor_may_come_in_pieces),
		cmocka_unit_test(
		    base64_is_known_in_a_uri_and_indented_and_at_any_length),
	};

	return cmocka_run_group_tests_name("content/unwrap more", tests, NULL,
	    NULL);
}
