// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <openssl/evp.h>
#include <zlib.h>

#include "content/known/known_derive.h"

#define LEN	20000

static uint8_t a[LEN], b[LEN];
static char text[4096];

static const char *
hex(const uint8_t *p, size_t len)
{
	static char out[2 * KNOWN_HASH_MAX_LEN + 1];

	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", p[i]);
	return out;
}

static void
digest(const EVP_MD *md, const uint8_t *p, size_t len, uint8_t *ret)
{
	assert_true(EVP_Digest(p, len, ret, NULL, md, NULL));
}

/* Two programs that share their first 4096 bytes, but for b's last 100. */
static void
setup(struct world *w)
{
	world_open(w);
	noise(a, LEN, 3);
	memset(a, 0, 0x400);
	memcpy(a, "MZ", 2);
	a[60] = 0x80;
	memcpy(a + 0x80, "PE\0\0", 4);
	a[0x98] = 0x0b;
	a[0x99] = 2;
	/* certificates: the last 1000 bytes */
	for (int i = 0; i < 2; i++) {
		uint32_t v = i ? 1000 : LEN - 1000;

		memcpy(a + 0x98 + 112 + 32 + 4 * i, &v, 4);
	}
	noise(b, LEN, 4);
	memcpy(b, a, 4096);
	memset(b + LEN - 600, 0, 600);
	world_add(w, "a.exe", a, LEN);
	world_add(w, "b.exe", b, LEN);
	world_seal(w);
}

/* One hash found in the field: what it is. */
static const struct scan_hash *
one(struct world *w, const char *key, const char *value)
{
	snprintf(text, sizeof(text), "{\"%s\":\"%s\"}", key, value);
	world_scan_text(w, text);
	if (!w->f->hash_count)
		return NULL;
	assert_int_equal(w->f->hash_count, 1);
	assert_true(w->f->hashes[0].lookup_place);
	return &w->f->hashes[0];
}

static void
sha_224_and_384_are_known(void **state)
{
	const struct scan_hash *h;
	uint8_t value[64];
	struct world w;

	setup(&w);
	digest(EVP_sha224(), a, LEN, value);
	h = one(&w, "x", hex(value, 28));
	assert_non_null(h);
	assert_int_equal(h->algorithm, KNOWN_SHA224);
	assert_int_equal(h->file, 0);
	assert_false(h->truncated || h->hint);
	digest(EVP_sha384(), b, LEN, value);
	h = one(&w, "x", hex(value, 48));
	assert_int_equal(h->algorithm, KNOWN_SHA384);
	assert_int_equal(h->file, 1);
	world_close(&w);
}

static void
a_hash_cut_to_eight_bytes_or_more_is_found(void **state)
{
	const struct scan_hash *h;
	uint8_t value[64];
	char base64[64];
	struct world w;

	setup(&w);
	digest(EVP_sha256(), a, LEN, value);
	for (size_t len = 6; len < 32; len++) {
		h = one(&w, "prefix", hex(value, len));
		if (len < 8) {
			assert_null(h);
			continue;
		}
		assert_non_null(h);
		assert_true(h->truncated);
		assert_int_equal(h->algorithm, KNOWN_SHA256);
		assert_int_equal(h->file, 0);
		assert_int_equal(h->value.len, 2 * len);
		EVP_EncodeBlock((uint8_t *)base64, value, (int)len);
		h = one(&w, "prefix", base64);
		assert_non_null(h);
		assert_string_equal(h->encoding, "base64");
	}
	value[7] ^= 1;
	assert_null(one(&w, "prefix", hex(value, 8)));
	world_close(&w);
}

/* The hash of len bytes with that mark between them. */
static const char *
apart(const uint8_t *p, size_t len, char mark)
{
	static char out[3 * KNOWN_HASH_MAX_LEN];

	for (size_t i = 0; i < len; i++)
		sprintf(out + 3 * i, "%02X%c", p[i], mark);
	out[3 * len - 1] = '\0';
	return out;
}

static void
a_hash_may_be_written_byte_by_byte(void **state)
{
	static const char marks[] = ":- ";
	const struct scan_hash *h;
	uint8_t value[64];
	struct world w;

	setup(&w);
	digest(EVP_sha256(), a, LEN, value);
	for (int i = 0; marks[i]; i++) {
		h = one(&w, "v", apart(value, 32, marks[i]));
		assert_non_null(h);
		assert_int_equal(h->file, 0);
		assert_false(h->truncated);
		assert_string_equal(h->encoding, "hex");
		assert_non_null(one(&w, "v", apart(value, 16, marks[i])));
		assert_true(w.f->hashes[0].truncated);
		assert_null(one(&w, "v", apart(value, 15, marks[i])));
	}
	assert_null(one(&w, "v", apart(value, 32, '/')));
	value[5] ^= 1;
	assert_null(one(&w, "v", apart(value, 32, ':')));
	world_close(&w);
}

/* Of a part of a file, in words of a text. */
static void
hashes_of_parts_are_found_in_text(void **state)
{
	uint8_t value[64];
	char word[160];
	struct world w;

	setup(&w);
	digest(EVP_md5(), a, 8192, value);
	EVP_EncodeBlock((uint8_t *)word, value, 16);
	for (int i = 0; i < 3; i++) {
		if (i == 1)
			sprintf(word, "0x%s", hex(value, 16));
		else if (i == 2)
			sprintf(word, "%.8s-%.4s-%.4s-%.4s-%.12s",
			    hex(value, 16), hex(value, 16) + 8,
			    hex(value, 16) + 12, hex(value, 16) + 16,
			    hex(value, 16) + 20);
		snprintf(text, sizeof(text), "a.exe, seen: %s, clean\n", word);
		world_scan_text(&w, text);
		assert_int_equal(w.f->hash_count, 1);
		assert_int_equal(w.f->hashes[0].file, 0);
	}
	world_close(&w);
}

static void
a_hash_of_nothing_does_not_count_cut_short_either(void **state)
{
	struct world w;

	world_open(&w);
	world_add(&w, "empty", a, 0);
	noise(b, LEN, 4);
	world_add(&w, "b", b, LEN);
	world_seal(&w);
	assert_null(one(&w, "sha256", "e3b0c44298fc1c149afbf4c8996fb924"));
	assert_null(one(&w, "prefix", "e3b0c44298fc1c14"));
	assert_null(one(&w, "sha384", "38b060a751ac96384cd9327eb1b1e36a21fdb71114"
	    "be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b"));
	world_close(&w);
}

static void
a_hash_may_look_like_a_uuid(void **state)
{
	const struct scan_hash *h;
	uint8_t v[16];
	char uuid[64];
	struct world w;

	setup(&w);
	digest(EVP_md5(), a, LEN, v);
	for (int windows = 0; windows < 2; windows++) {
		static const int order[2][16] = {
			{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
			{ 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 },
		};
		char *p = uuid;

		p += sprintf(p, windows ? "{" : "");
		for (int i = 0; i < 16; i++)
			p += sprintf(p, i == 4 || i == 6 || i == 8 || i == 10 ?
			    "-%02X" : "%02X", v[order[windows][i]]);
		sprintf(p, windows ? "}" : "");
		h = one(&w, "id", uuid);
		assert_non_null(h);
		assert_int_equal(h->algorithm, KNOWN_MD5);
		assert_string_equal(h->encoding, "uuid");
		assert_int_equal(h->file, 0);
		assert_false(h->truncated);
	}
	assert_null(one(&w, "id", "0a1b2c3d-0000-4111-8222-333344445555"));
	world_close(&w);
}

static void
hashes_of_the_first_and_last_bytes_are_known(void **state)
{
	const struct scan_hash *h;
	uint8_t value[64];
	struct world w;

	setup(&w);
	digest(EVP_sha256(), a, 8192, value);
	h = one(&w, "x", hex(value, 32));
	assert_non_null(h);
	assert_string_equal(known_hash_name(h->algorithm), "sha256-first-8192");
	assert_int_equal(h->file, 0);
	assert_false(h->truncated || h->hint);
	digest(EVP_md5(), b + LEN - 1024, 1024, value);
	h = one(&w, "x", hex(value, 16));
	assert_string_equal(known_hash_name(h->algorithm), "md5-last-1024");
	assert_int_equal(h->file, 1);
	/* what both begin with names neither, what is all zeros nothing */
	digest(EVP_sha1(), a, 4096, value);
	h = one(&w, "x", hex(value, 20));
	assert_true(h->hint);
	assert_int_equal(h->file, -1);
	digest(EVP_sha1(), b + LEN - 512, 512, value);
	assert_null(one(&w, "x", hex(value, 20)));
	/* a length that nobody uses */
	digest(EVP_sha1(), a, 5000, value);
	assert_null(one(&w, "x", hex(value, 20)));
	world_close(&w);
}

static void
authenticode_leaves_out_what_signing_changes(void **state)
{
	const size_t sum = 0x98 + 64, entry = 0x98 + 144;
	const struct scan_hash *h;
	static uint8_t image[LEN];
	uint8_t value[64];
	struct world w;
	size_t n = 0;

	setup(&w);
	memcpy(image, a, sum);
	n = sum;
	memcpy(image + n, a + sum + 4, entry - sum - 4);
	n += entry - sum - 4;
	memcpy(image + n, a + entry + 8, LEN - 1000 - entry - 8);
	n += LEN - 1000 - entry - 8;
	digest(EVP_sha1(), image, n, value);
	h = one(&w, "x", hex(value, 20));
	assert_non_null(h);
	assert_string_equal(known_hash_name(h->algorithm), "authenticode-sha1");
	assert_int_equal(h->file, 0);
	digest(EVP_sha256(), image, n, value);
	h = one(&w, "x", hex(value, 32));
	assert_string_equal(known_hash_name(h->algorithm),
	    "authenticode-sha256");
	world_close(&w);
}

static void
labels_of_a_name_may_be_a_hash(void **state)
{
	uint8_t value[64];
	struct world w;
	char name[300];
	const char *digits;

	setup(&w);
	digest(EVP_sha256(), a, LEN, value);
	digits = hex(value, 32);
	for (int how = 0; how < 4; how++) {
		if (how == 3)		/* behind one that is hex as well */
			sprintf(name, "de.%.32s.%s.rep.example", digits,
			    digits + 32);
		else if (how == 0)	/* in two labels */
			sprintf(name, "%.32s.%s.rep.example", digits,
			    digits + 32);
		else if (how == 1)	/* SHA-256 cut short, in one */
			sprintf(name, "v2.%.20s.rep.example", digits);
		else
			sprintf(name, "www.example.org");
		scan_free(w.scan);
		w.scan = scan_new(w.known, &w.hint);
		scan_name(w.scan, span_str(name));
		scan_finish(w.scan, true, &w.f);
		assert_int_equal(w.f->hash_count, how != 2);
		if (how == 2)
			continue;
		/* not as if the first label alone were the hash cut short */
		assert_int_equal(w.f->hashes[0].truncated, how == 1);
		assert_int_equal(w.f->hashes[0].file, 0);
		assert_int_equal(w.f->hashes[0].algorithm, KNOWN_SHA256);
	}
	world_close(&w);
}

/* Raw, between other bytes, and in a cookie. */
static void
hashes_of_parts_are_found_in_bytes_and_cookies(void **state)
{
	uint8_t hash[32], body[100];
	struct world w;

	setup(&w);
	digest(EVP_sha1(), a + LEN - 4096, 4096, hash);
	noise(body, sizeof(body), 9);
	memcpy(body + 33, hash, 20);
	for (int changed = 0; changed < 2; changed++) {
		body[52] ^= (uint8_t)changed;
		world_scan(&w, body, sizeof(body));
		assert_int_equal(w.f->hash_count, !changed);
	}
	sprintf(text, "a=1; id=%s; b", hex(hash, 20));
	scan_free(w.scan);
	w.scan = scan_new(w.known, &w.hint);
	scan_header(w.scan, span_str("Cookie"), span_str(text));
	scan_finish(w.scan, true, &w.f);
	assert_int_equal(w.f->hash_count, 1);
	assert_int_equal(w.f->hashes->offset, 8);
	assert_string_equal(known_hash_name(w.f->hashes->algorithm),
	    "sha1-last-4096");
	world_close(&w);
}

/* X-File-SHA256 says that it is of a file, Cookie and X-Request-Id do not. */
static void
a_header_may_say_that_it_is_of_a_file(void **state)
{
	static const char *const names[] = { "X-File-SHA1", "x-sample-hash",
		"X-Request-Id", "X-SHA1", "Cookie" };
	struct world w;

	setup(&w);
	for (size_t i = 0; i < 5; i++) {
		scan_free(w.scan);
		w.scan = scan_new(w.known, &w.hint);
		scan_header(w.scan, span_str(names[i]), span_str(
		    "0123456789abcdef0123456789abcdef01234567"));
		scan_finish(w.scan, true, &w.f);
		assert_int_equal(w.f->hash_count, i < 2);
	}
	world_close(&w);
}

static void
weak_values_are_hints(void **state)
{
	const struct scan_hash *h;
	struct world w;
	char crc[16];

	setup(&w);
	for (int how = 0; how < 2; how++) {
		sprintf(crc, how ? "%u" : "%08X", (unsigned)crc32(0, a, LEN));
		h = one(&w, "crc32", crc);
		assert_non_null(h);
		assert_true(h->hint);
		assert_int_equal(h->algorithm, KNOWN_CRC32);
		assert_int_equal(h->file, 0);
	}
	assert_null(one(&w, "crc32", "12345678"));
	assert_null(one(&w, "count", crc));
	h = one(&w, "file_tlsh", "T1"
	    "0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF"
	    "0123456789ABCDEF012345");
	assert_non_null(h);
	assert_int_equal(h->algorithm, KNOWN_TLSH);
	assert_true(h->hint);
	h = one(&w, "ssdeep", "96:EQOJvOl4ab3hhiNFXc4wwcweomr0cNJDBoqXjmAHKX8dEt001"
	    "nfEhVIuX0dDcs:3mzpAsZpprbshfu3oujjdENdp21");
	assert_non_null(h);
	assert_int_equal(h->algorithm, KNOWN_SSDEEP);
	assert_true(h->hint);
	assert_true(span_eq(h->value, span_str("96:EQOJvOl4ab3hhiNFXc4wwcweomr0"
	    "cNJDBoqXjmAHKX8dEt001nfEhVIuX0dDcs:3mzpAsZpprbshfu3oujjdENdp21")));
	assert_null(one(&w, "ssdeep", "97:EQOJvOl4ab3hhiNFX:3mzpAsZpprb"));
	assert_null(one(&w, "ssdeep", "96:EQOJvOl4ab3hhiNFX"));
	world_close(&w);
}

/* sha1:..., urn:sha1:... */
static void
a_hash_may_be_in_base32_and_behind_its_name(void **state)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	static const char *const before[] = { "", "sha1:", "urn:sha1:",
		"URN:SHA1:" };
	uint8_t hash[EVP_MAX_MD_SIZE];
	char spelt[64];
	struct world w;

	setup(&w);
	digest(EVP_sha1(), a, LEN, hash);
	for (size_t i = 0; i < 4; i++) {
		const struct scan_hash *h;
		size_t n = (size_t)sprintf(spelt, "%s", before[i]);

		for (size_t bit = 0; bit < 160; bit += 5) {
			unsigned two = (unsigned)hash[bit / 8] << 8 |
			    (bit < 152 ? hash[bit / 8 + 1] : 0u);

			spelt[n++] = digits[two >> (11 - bit % 8) & 31];
		}
		spelt[n] = '\0';
		h = one(&w, "id", spelt);
		assert_non_null(h);
		assert_string_equal(h->encoding, "base32");
		assert_int_equal(h->algorithm, KNOWN_SHA1);
		assert_int_equal(h->file, 0);
		spelt[n - 1] ^= 1;
		assert_null(one(&w, "id", spelt));
	}
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha_224_and_384_are_known),
		cmocka_unit_test(a_hash_cut_to_eight_bytes_or_more_is_found),
		cmocka_unit_test(a_hash_may_be_written_byte_by_byte),
		cmocka_unit_test(hashes_of_parts_are_found_in_text),
		cmocka_unit_test(
		    a_hash_of_nothing_does_not_count_cut_short_either),
		cmocka_unit_test(a_hash_may_look_like_a_uuid),
		cmocka_unit_test(hashes_of_the_first_and_last_bytes_are_known),
		cmocka_unit_test(authenticode_leaves_out_what_signing_changes),
		cmocka_unit_test(labels_of_a_name_may_be_a_hash),
		cmocka_unit_test(
		    hashes_of_parts_are_found_in_bytes_and_cookies),
		cmocka_unit_test(a_header_may_say_that_it_is_of_a_file),
		cmocka_unit_test(weak_values_are_hints),
		cmocka_unit_test(a_hash_may_be_in_base32_and_behind_its_name),
	};

	return cmocka_run_group_tests_name("content/mark", tests, NULL, NULL);
}
