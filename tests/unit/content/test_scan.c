// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <openssl/evp.h>
#include <zlib.h>
#include <zstd.h>

#define LEN	50000

static uint8_t a[LEN], out[4 * LEN], body[6 * LEN];

static size_t
deflate_bits(const uint8_t *p, size_t len, int bits)
{
	z_stream z = { 0 };

	assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, bits, 8, 0), Z_OK);
	z.next_in = (Bytef *)p;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = sizeof(out);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return z.total_out;
}

/* Brotli without compressing: one block as it stands, and the end. */
static size_t
brotli_stored(const uint8_t *p, size_t len)
{
	uint32_t head = (uint32_t)(len - 1) << 4 | 1u << 20;

	for (int i = 0; i < 3; i++)
		out[i] = (uint8_t)(head >> 8 * i);
	memcpy(out + 3, p, len);
	out[3 + len] = 3;
	return len + 4;
}

static void
setup(struct world *w)
{
	world_open_one(w, a, LEN, 21);
}

static void
a_raw_body_is_the_file_exactly(void **state)
{
	struct world w;

	setup(&w);
	world_scan(&w, a, LEN);
	assert_whole(&w, 0, LEN);
	assert_true(w.f->items[0].matches[0].exact);
	assert_true(w.f->items[0].complete);
	assert_true(w.f->items[0].has_sha256);
	assert_memory_equal(w.f->items[0].sha256,
	    known_get(w.known, 0)->hash[KNOWN_SHA256], 32);
	assert_int_equal(w.f->undeciphered_bytes, 0);
	assert_int_equal(w.f->understood_bytes, LEN);
	world_close(&w);
}

static void
incoming_bytes_are_no_upload(void **state)
{
	struct world w;

	setup(&w);
	w.hint.outbound = false;
	world_scan(&w, a, LEN);
	assert_null(world_match(&w, NULL));
	assert_int_equal(w.f->items[0].size, LEN);
	world_close(&w);
}

static void
compressed_bodies_are_unwrapped(void **state)
{
	static const struct {
		int bits;
		const char *declared, *encoding;
	} cases[] = {
		{ 31, "gzip", "gzip" }, { 31, "", "gzip" },
		{ 31, "x-gzip", "gzip" }, { 15, "deflate", "zlib" },
		{ 15, "", "zlib" }, { -15, "deflate", "deflate" },
	};
	struct world w;
	size_t n;

	setup(&w);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		n = deflate_bits(a, LEN, cases[i].bits);
		w.hint.content_encoding = span_str(cases[i].declared);
		for (size_t piece = 1; piece < 2 * n; piece *= 31) {
			world_scan_cut(&w, out, n, piece);
			assert_whole(&w, 0, LEN);
			assert_int_equal(w.f->item_count, 2);
			assert_string_equal(w.f->items[1].encoding,
			    cases[i].encoding);
			assert_true(w.f->items[1].complete);
			assert_true(w.f->items[1].matches[0].exact);
			assert_true(w.f->items[0].container);
			assert_int_equal(w.f->understood_bytes, n);
		}
	}
	/* cut short: what was there is found, and it is not whole */
	n = deflate_bits(a, LEN, 31);
	world_scan(&w, out, n / 2);
	assert_false(world_match(&w, NULL)->whole);
	assert_false(w.f->items[1].complete);
	world_close(&w);
}

static void
brotli_zstd_and_two_codings_are_unwrapped(void **state)
{
	struct world w;
	size_t n;

	setup(&w);
	n = brotli_stored(a, LEN);
	w.hint.content_encoding = span_str("br");
	world_scan(&w, out, n);
	assert_whole(&w, 0, LEN);
	n = ZSTD_compress(out, sizeof(out), a, LEN, 3);
	w.hint.content_encoding = span_str("zstd");
	world_scan(&w, out, n);
	assert_whole(&w, 0, LEN);
	/* gzip applied to deflate */
	n = deflate_bits(a, LEN, 15);
	memcpy(body, out, n);
	n = deflate_bits(body, n, 31);
	w.hint.content_encoding = span_str("deflate, gzip");
	world_scan(&w, out, n);
	assert_whole(&w, 0, LEN);
	assert_int_equal(w.f->item_count, 3);
	world_close(&w);
}

static void
a_tiny_file_counts_only_as_a_whole(void **state)
{
	static const char tiny[] = "forty bytes of text, and not one more...";
	char text[200];
	struct world w;

	world_open(&w);
	world_add(&w, "tiny", tiny, 40);
	world_add(&w, "tinier", tiny, 31);
	world_add(&w, "empty", "", 0);
	world_seal(&w);
	world_scan(&w, tiny, 40);
	assert_whole(&w, 0, 40);
	assert_true(world_match(&w, NULL)->exact);
	world_scan(&w, tiny, 39);
	assert_null(world_match(&w, NULL));
	world_scan(&w, tiny, 31);
	assert_null(world_match(&w, NULL));
	world_scan(&w, "", 0);
	assert_null(world_match(&w, NULL));
	snprintf(text, sizeof(text), "{\"a\":{\"b\":\"%s\"}}", tiny);
	world_scan_text(&w, text);
	assert_whole(&w, 0, 40);
	snprintf(text, sizeof(text), "{\"a\":{\"b\":\"%s!\"}}", tiny);
	world_scan_text(&w, text);
	assert_null(world_match(&w, NULL));
	EVP_EncodeBlock(out, (const uint8_t *)tiny, 40);
	snprintf(text, sizeof(text), "{\"a\":{\"b\":\"%.60s\"}}", out);
	world_scan_text(&w, text);
	assert_whole(&w, 0, 40);
	world_close(&w);
}

static void
noise_is_undeciphered_and_text_is_not(void **state)
{
	struct world w;
	size_t n;

	setup(&w);
	noise(body, LEN, 77);
	world_scan(&w, body, LEN);
	assert_true(w.f->items[0].high_entropy);
	assert_int_equal(w.f->undeciphered_bytes, LEN);
	assert_int_equal(w.f->understood_bytes, 0);
	/* in gzip it is no better: the envelope is read, the letter is not */
	n = deflate_bits(body, LEN, 31);
	world_scan(&w, out, n);
	assert_int_equal(w.f->undeciphered_bytes, n);
	world_scan_text(&w, "plain words are read as they stand here");
	assert_int_equal(w.f->undeciphered_bytes, 0);
	assert_true(w.f->items[0].readable);
	world_close(&w);
}

static void
programs_and_tables_are_no_noise(void **state)
{
	struct world w;

	setup(&w);
	/* this program's own code */
	memcpy(body, (const void *)(uintptr_t)scan_new, 4096);
	world_scan(&w, body, 4096);
	assert_false(w.f->items[0].high_entropy);
	assert_int_equal(w.f->undeciphered_bytes, 0);
	for (size_t i = 0; i < LEN; i++)
		body[i] = i % 4 ? (uint8_t)(i >> 10) : (uint8_t)(i >> 2);
	world_scan(&w, body, LEN);
	assert_false(w.f->items[0].high_entropy);
	/* 48 bytes of noise are judged, 47 are not */
	noise(body, 64, 5);
	world_scan(&w, body, 48);
	assert_true(w.f->items[0].high_entropy);
	world_scan(&w, body, 47);
	assert_false(w.f->items[0].high_entropy);
	world_close(&w);
}

static void
a_boundary_cut_anywhere_is_found(void **state)
{
	static const char text[] = "--bound\r\n\r\nforty bytes of text, and not "
	    "one more...\r\n--bound\r\n\r\n\r\n--boun\r\n--bound--\r\n";
	struct world w;

	world_open(&w);
	world_add(&w, "tiny", "forty bytes of text, and not one more...", 40);
	world_seal(&w);
	world_type(&w, "multipart/mixed; boundary=bound");
	for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
		scan_free(w.scan);
		w.scan = scan_new(w.known, &w.hint);
		scan_data(w.scan, (const uint8_t *)text, cut);
		scan_data(w.scan, (const uint8_t *)text + cut,
		    sizeof(text) - 1 - cut);
		scan_finish(w.scan, true, &w.f);
		assert_whole(&w, 0, 40);
		assert_int_equal(w.f->item_count, 3);
		assert_int_equal(w.f->items[2].size, 8);
	}
	world_close(&w);
}

static void
bombs_end_at_the_ceiling_and_say_so(void **state)
{
	struct world w;
	uint8_t *zeros = calloc(1, 20 << 20);
	size_t n;
	bool said = false;

	setup(&w);
	n = deflate_bits(zeros, 20 << 20, 31);
	world_scan(&w, out, n);
	for (size_t i = 0; i < w.f->limit_count; i++)
		said |= strstr(w.f->limits[i], "1000 times") != NULL;
	assert_true(said);
	/* nineteen envelopes around a word */
	memcpy(body, "word", 4);
	n = 4;
	for (int i = 0; i < 19; i++) {
		n = deflate_bits(body, n, 31);
		memcpy(body, out, n);
	}
	world_scan(&w, body, n);
	assert_int_equal(w.f->limit_count, 1);
	assert_non_null(strstr(w.f->limits[0], "deep"));
	free(zeros);
	world_close(&w);
}

/* A body of few bytes is told as it is, and as what it decodes to. */
static void
a_short_body_is_a_sliver_as_it_is_and_decoded(void **state)
{
	static const char digits[] = "0123456789abcdef";
	struct world w;
	size_t n;

	setup(&w);
	for (size_t i = 0; i < 100; i++) {
		out[2 * i] = (uint8_t)digits[a[i] >> 4];
		out[2 * i + 1] = (uint8_t)digits[a[i] & 15];
	}
	world_scan(&w, out, 200);
	assert_int_equal(w.f->sliver_count, 2);
	assert_int_equal(w.f->slivers[0].bytes.len, 200);
	assert_int_equal(w.f->slivers[0].wraps.count, 0);
	assert_int_equal(w.f->slivers[1].bytes.len, 100);
	assert_memory_equal(w.f->slivers[1].bytes.p, a, 100);
	assert_int_equal(w.f->slivers[1].wraps.count, 1);
	assert_string_equal(w.f->slivers[1].wraps.name[0], "hex");
	n = (size_t)EVP_EncodeBlock(out, a, 33);
	world_scan(&w, out, n);
	assert_int_equal(w.f->sliver_count, 2);
	/* in lines; within a value, which its name and wrappings go with */
	n = (size_t)sprintf((char *)out, "{\"x\":\"");
	n += (size_t)EVP_EncodeBlock(out + n, a, 57);
	n += (size_t)sprintf((char *)out + n, "\\n");
	n += (size_t)EVP_EncodeBlock(out + n, a + 57, 40);
	n += (size_t)sprintf((char *)out + n, "\\n\"}");
	world_scan(&w, out, n);
	assert_int_equal(w.f->sliver_count, 2);
	assert_int_equal(w.f->slivers[0].bytes.len, 97);
	assert_memory_equal(w.f->slivers[0].bytes.p, a, 97);
	assert_int_equal(w.f->slivers[0].wraps.count, 2);
	assert_string_equal(w.f->slivers[0].wraps.name[0], "json");
	assert_string_equal(w.f->slivers[0].wraps.name[1], "base64");
	world_scan(&w, a, 100);
	assert_int_equal(w.f->sliver_count, 1);
	assert_int_equal(w.f->slivers[0].bytes.len, 100);
	assert_int_equal(w.f->slivers[0].wraps.count, 0);
	world_close(&w);
}

static void
a_gap_leaves_ranges_on_both_sides(void **state)
{
	struct world w;
	const struct scan_match *m;

	setup(&w);
	scan_free(w.scan);
	w.scan = scan_new(w.known, &w.hint);
	scan_data(w.scan, a, 10000);
	scan_gap(w.scan, 1000);
	scan_data(w.scan, a + 11000, LEN - 11000);
	scan_finish(w.scan, true, &w.f);
	m = world_match(&w, NULL);
	assert_int_equal(m->range_count, 2);
	assert_int_equal(m->sent_bytes, LEN - 1000);
	assert_false(m->whole);
	assert_false(m->exact);
	assert_int_equal(w.f->items[0].missing, 1000);
	assert_false(w.f->items[0].complete);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_raw_body_is_the_file_exactly),
		cmocka_unit_test(incoming_bytes_are_no_upload),
		cmocka_unit_test(compressed_bodies_are_unwrapped),
		cmocka_unit_test(brotli_zstd_and_two_codings_are_unwrapped),
		cmocka_unit_test(a_tiny_file_counts_only_as_a_whole),
		cmocka_unit_test(noise_is_undeciphered_and_text_is_not),
		cmocka_unit_test(programs_and_tables_are_no_noise),
		cmocka_unit_test(a_boundary_cut_anywhere_is_found),
		cmocka_unit_test(bombs_end_at_the_ceiling_and_say_so),
		cmocka_unit_test(a_short_body_is_a_sliver_as_it_is_and_decoded),
		cmocka_unit_test(a_gap_leaves_ranges_on_both_sides),
	};

	return cmocka_run_group_tests_name("content/scan", tests, NULL, NULL);
}
