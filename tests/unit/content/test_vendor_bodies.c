// SPDX-License-Identifier: Apache-2.0
/* Bodies that are a vendor's own: Defender's Bond, Comodo's FLS, Avira's. */
#include <openssl/evp.h>

#include "tests/unit/content/world.h"

static uint8_t body[8192], file[4096];
static size_t body_len;

static void
put(const void *p, size_t len)
{
	memcpy(body + body_len, p, len);
	body_len += len;
}

static void
put_byte(unsigned c)
{
	body[body_len++] = (uint8_t)c;
}

static void
put_varint(uint64_t v)
{
	for (; v >= 128; v >>= 7)
		put_byte((unsigned)(v & 127) | 128);
	put_byte((unsigned)v);
}

/* A field's head: its number may take one byte more, or two. */
static void
put_field(unsigned type, unsigned id)
{
	if (id < 6) {
		put_byte(type | id << 5);
	} else if (id < 256) {
		put_byte(type | 6u << 5);
		put_byte(id);
	} else {
		put_byte(type | 7u << 5);
		put_byte(id & 255);
		put_byte(id >> 8);
	}
}

static void
put_text(unsigned id, const char *text)
{
	put_field(9, id);
	put_varint(strlen(text));
	put(text, strlen(text));
}

static void
put_wide(unsigned id, const char *text)
{
	put_field(18, id);
	put_varint(strlen(text));
	for (; *text; text++) {
		put_byte((unsigned char)*text);
		put_byte(0);
	}
}

static void
begin(struct world *w, const char *type)
{
	world_open(w);
	noise(file, sizeof(file), 9);
	world_add(w, "known.exe", file, sizeof(file));
	world_seal(w);
	world_type(w, type);
	body_len = 0;
}

static const struct scan_category *
category(const struct world *w, const char *name)
{
	for (size_t i = 0; i < w->f->category_count; i++)
		if (!strcmp(w->f->categories[i].category, name))
			return &w->f->categories[i];
	return NULL;
}

static const char sha256[] =
    "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

/* All that version 1 knows. */
static void
put_report(void)
{
	static const double real = 1.5;

	put("CB\1\0", 4);
	put_field(2, 0);
	put_byte(1);
	put_field(6, 1);
	put_varint(UINT64_MAX);
	put_field(17, 5);
	put_varint(77);
	put_field(8, 6);
	put(&real, 8);
	put_field(10, 300);
	put_text(2, "C:\\Users\\maria\\x.exe");
	put_byte(1);			/* the end of a base */
	put_wide(7, sha256);
	put_byte(0);
	put_field(11, 8);		/* a list of two structs */
	put_byte(10);
	put_varint(2);
	for (int i = 0; i < 2; i++) {
		put_text(1, i ? "b" : "a");
		put_byte(0);
	}
	put_field(13, 9);		/* a map of text to numbers */
	put_byte(9);
	put_byte(5);
	put_varint(2);
	put_varint(1);
	put("k", 1);
	put_varint(300);
	put_varint(1);
	put("l", 1);
	put_varint(1);
	put_field(11, 10);		/* bytes: a known file's SHA-256 */
	put_byte(3);
	put_varint(32);
}

static void
a_bond_report_is_read_field_by_field(void **state)
{
	struct world w;
	unsigned len;

	for (size_t piece = 1; piece < 4; piece++) {
		begin(&w, "application/bond");
		put_report();
		EVP_Digest(file, sizeof(file), body + body_len, &len,
		    EVP_sha256(), NULL);
		body_len += len;
		put_byte(0);
		world_scan_cut(&w, body, body_len, piece);
		assert_int_equal(w.f->hash_count, 2);
		assert_true(span_eq(w.f->hashes[0].path,
		    span_str("/300/7")));
		assert_int_equal(w.f->hashes[0].file, -1);
		assert_true(w.f->hashes[0].lookup_place);
		assert_true(span_eq(w.f->hashes[1].path, span_str("/10")));
		assert_int_equal(w.f->hashes[1].file, 0);
		assert_non_null(category(&w, "file.path"));
		assert_true(span_eq(category(&w, "file.path")->path,
		    span_str("/300/2")));
		assert_int_equal(w.f->undeciphered_bytes, 0);
		world_close(&w);
	}
}

static void
version_two_has_lengths_and_short_counts(void **state)
{
	struct world w;

	begin(&w, "application/bond");
	put("CB\2\0", 4);
	put_varint(75);
	put_field(11, 1);
	put_byte(9 | 2u << 5);		/* a list of one text */
	put_varint(64);
	put(sha256, 64);
	put_byte(0);
	world_scan_cut(&w, body, body_len, 7);
	assert_int_equal(w.f->hash_count, 1);
	assert_true(span_eq(w.f->hashes[0].path, span_str("/1/0")));
	world_close(&w);
}

static void
a_report_that_breaks_off_or_nests_too_deep_is_survived(void **state)
{
	struct world w;
	size_t whole;

	begin(&w, "application/bond");
	put_report();
	whole = body_len;
	world_close(&w);
	for (size_t len = 0; len < whole; len++) {
		begin(&w, "application/bond");
		put_report();
		world_scan_cut(&w, body, len, 5);
		world_close(&w);
	}
	begin(&w, "application/bond");
	put("CB\1\0", 4);
	for (int i = 0; i < 1000; i++)
		put_field(10, 1);
	world_scan_cut(&w, body, body_len, 64);
	assert_int_equal(w.f->hash_count, 0);
	world_close(&w);
}

static void
a_hash_of_no_known_file_counts_in_a_declared_report_only(void **state)
{
	struct world w;

	begin(&w, "");
	put("CB\1\0", 4);
	put_text(1, sha256);
	put_byte(0);
	world_scan_cut(&w, body, body_len, 64);
	assert_int_equal(w.f->hash_count, 0);
	world_close(&w);
}

/* The head of one packet with so many bytes of hashes behind it. */
static void
put_fls(unsigned type, unsigned hash_type, size_t len)
{
	static const uint8_t guid[16] = { 1, 2, 3 };

	put("\xef\x07", 2);
	put_byte(type);
	put_byte(2);
	put_byte((unsigned)(25 + len) & 255);
	put_byte((unsigned)(25 + len) >> 8);
	put("\1\0\0\0\x0a\0\0\1", 8);
	put(guid, 16);
	put_byte(hash_type);
}

static void
a_look_up_at_comodos_shows_its_hashes(void **state)
{
	struct world w;
	uint8_t hash[64];
	unsigned len;

	begin(&w, "");
	w.hint.raw_stream = true;
	EVP_Digest(file, sizeof(file), hash, &len, EVP_sha1(), NULL);
	put_fls(0, 0, 40);
	put(hash, 20);
	put("01234567890123456789", 20);
	put_fls(31, 1, 32);
	put(sha256, 32);
	world_scan_cut(&w, body, body_len, 3);
	assert_int_equal(w.f->hash_count, 3);
	assert_int_equal(w.f->hashes[0].file, 0);
	assert_int_equal(w.f->hashes[0].offset, 31);
	assert_int_equal(w.f->hashes[1].file, -1);
	assert_true(w.f->hashes[1].lookup_place);
	assert_int_equal(w.f->hashes[2].algorithm, KNOWN_SHA256);
	assert_int_equal(w.f->hashes[2].offset, 102);
	assert_non_null(category(&w, "host.id"));
	assert_int_equal(category(&w, "host.id")->offset, 14);
	world_close(&w);
}

/* One packet of version 4, whose head has changed where change says so. */
static void
put_fls4(unsigned type, unsigned count, int at, unsigned change)
{
	uint8_t head[26] = { 0, 1, 0, 0, 0, 0, 0, 3, 10 };

	head[0] = (uint8_t)type;
	head[5] = (uint8_t)count;
	head[25] = 1;
	if (at >= 0)
		head[at] = (uint8_t)change;
	put(head, sizeof(head));
}

static void
version_four_has_no_mark_and_is_read_to_the_byte(void **state)
{
	static const struct {
		unsigned type;
		int at;			/* of the head; -1: nothing, */
		unsigned change;	/* -2: a byte is left out behind */
		size_t hashes;
	} cases[] = { { 0, -1, 0, 3 }, { 4, 9, 7, 3 }, { 9, -1, 0, 3 },
		{ 5, -1, 0, 0 }, { 3, -1, 0, 0 }, { 0, 5, 3, 0 },
		{ 0, 5, 0, 0 }, { 0, 6, 3, 0 }, { 0, 7, 4, 0 },
		{ 0, 8, 0, 0 }, { 0, 25, 0, 0 }, { 0, 25, 5, 0 },
		{ 0, -2, 0, 0 } };
	uint8_t hash[64];
	unsigned len;

	EVP_Digest(file, sizeof(file), hash, &len, EVP_sha1(), NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct world w;

		begin(&w, "");
		w.hint.raw_stream = true;
		put_fls4(0, 1, -1, 0);
		put("98765432109876543210", 20);
		put_fls4(cases[i].type, 2, cases[i].at, cases[i].change);
		put(hash, 20);
		put("01234567890123456789", 20 - (cases[i].at == -2));
		world_scan_cut(&w, body, body_len, 3);
		if (cases[i].hashes) {
			assert_int_equal(w.f->hash_count, cases[i].hashes);
			assert_int_equal(w.f->hashes[0].file, -1);
			assert_true(w.f->hashes[0].lookup_place);
			assert_int_equal(w.f->hashes[1].file, 0);
			assert_int_equal(w.f->hashes[1].offset, 72);
		} else {
			/* a known one is found in any bytes */
			assert_int_equal(w.f->hash_count, 1);
			assert_int_equal(w.f->hashes[0].file,
			    cases[i].type == 5 ? -1 : 0);
		}
		assert_true((category(&w, "host.id") != NULL) ==
		    (cases[i].at == 9));
		assert_true((category(&w, "file.signer") != NULL) ==
		    (cases[i].type == 5));
		world_close(&w);
	}
}

static void
other_requests_and_other_bytes_are_no_look_ups(void **state)
{
	static const struct {
		unsigned type, hash_type;
		size_t len;
	} cases[] = { { 35, 0, 20 }, { 10, 0, 20 }, { 8, 0, 20 },
		{ 5, 0, 20 }, { 0, 3, 20 }, { 0, 0, 19 }, { 0, 0, 0 } };
	struct world w;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(&w, "");
		w.hint.raw_stream = true;
		put_fls(cases[i].type, cases[i].hash_type, cases[i].len);
		put("01234567890123456789", cases[i].len);
		world_scan_cut(&w, body, body_len, 64);
		assert_int_equal(w.f->hash_count, 0);
		world_close(&w);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bond_report_is_read_field_by_field),
		cmocka_unit_test(version_two_has_lengths_and_short_counts),
		cmocka_unit_test(
		    a_report_that_breaks_off_or_nests_too_deep_is_survived),
		cmocka_unit_test(
		    a_hash_of_no_known_file_counts_in_a_declared_report_only),
		cmocka_unit_test(a_look_up_at_comodos_shows_its_hashes),
		cmocka_unit_test(
		    version_four_has_no_mark_and_is_read_to_the_byte),
		cmocka_unit_test(other_requests_and_other_bytes_are_no_look_ups),
	};

	return cmocka_run_group_tests_name("content vendor bodies", tests,
	    NULL, NULL);
}
