// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <openssl/evp.h>

#define LEN	5000

static uint8_t a[LEN];
static char text[8192];

static void
setup(struct world *w)
{
	world_open(w);
	noise(a, LEN, 31);
	world_add(w, "a", a, LEN);
	world_add(w, "empty", "", 0);
	world_seal(w);
}

static const char *
hex(const struct world *w, size_t file, int alg, bool upper)
{
	static char out[2 * KNOWN_HASH_MAX_LEN + 1];
	size_t n = known_hash_len((enum known_hash)alg);

	for (size_t i = 0; i < n; i++)
		sprintf(out + 2 * i, upper ? "%02X" : "%02x",
		    known_get(w->known, file)->hash[alg][i]);
	return out;
}

static const char *
base64(const struct world *w, int alg, bool url)
{
	static char out[128];
	size_t n = known_hash_len((enum known_hash)alg);

	EVP_EncodeBlock((uint8_t *)out, known_get(w->known, 0)->hash[alg],
	    (int)n);
	for (char *p = out; url && *p; p++) {
		if (*p == '=')
			*p = '\0';
		else if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
		if (!*p)
			break;
	}
	return out;
}

/* The one hash found is file 0's, of that algorithm. */
static void
assert_known(const struct world *w, int alg, const char *encoding)
{
	assert_int_equal(w->f->hash_count, 1);
	assert_int_equal(w->f->hashes[0].file, 0);
	assert_int_equal(w->f->hashes[0].algorithm, alg);
	assert_string_equal(w->f->hashes[0].encoding, encoding);
	assert_true(span_eq(w->f->hashes[0].value,
	    span_str(hex(w, 0, alg, false))));
	assert_true(w->f->hashes[0].lookup_place);
}

static void
every_algorithm_is_found_in_hex_in_json_query_form_and_text(void **state)
{
	static const char *const forms[] = {
		"{\"x\":[{\"any\":\"%s\"}]}", "a=1&q=%s&b=2",
		"some words, then %s, and others", "GET /lookup/%s/x",
		"name: z\nvalue: %s\n", "sha=%s", "\"%s\"",
	};
	struct world w;

	setup(&w);
	for (int alg = 0; alg < KNOWN_HASH_COUNT; alg++) {
		for (size_t i = 0; i < 7; i++) {
			for (int upper = 0; upper < 2; upper++) {
				snprintf(text, sizeof(text), forms[i],
				    hex(&w, 0, alg, upper));
				world_scan_text(&w, text);
				assert_known(&w, alg, "hex");
				world_scan_cut(&w, text, strlen(text), 1);
				assert_known(&w, alg, "hex");
			}
		}
		snprintf(text, sizeof(text), "/v1/%s?x=1",
		    hex(&w, 0, alg, false));
		w.hint.target = span_str(text);
		world_scan(&w, "", 0);
		assert_known(&w, alg, "hex");
		snprintf(text, sizeof(text), "/v1/?x=1&y=%s",
		    hex(&w, 0, alg, true));
		w.hint.target = span_str(text);
		world_scan(&w, "", 0);
		assert_known(&w, alg, "hex");
		assert_true(span_eq(w.f->hashes[0].path, span_str("query:y")));
		w.hint.target = (struct span){ 0 };
	}
	world_close(&w);
}

static void
every_algorithm_is_found_in_base64(void **state)
{
	static const char *const forms[] = {
		"{\"x\":\"%s\"}", "words %s words",
		"integrity sha256-%s", "name: z\nvalue: %s\n",
	};
	struct world w;

	setup(&w);
	for (int alg = 0; alg < KNOWN_HASH_COUNT; alg++) {
		for (size_t i = 0; i < 4; i++) {
			for (int url = 0; url < 2; url++) {
				snprintf(text, sizeof(text), forms[i],
				    base64(&w, alg, url));
				world_scan_text(&w, text);
				assert_known(&w, alg, "base64");
			}
		}
	}
	world_close(&w);
}

static void
every_algorithm_is_found_raw_at_any_offset(void **state)
{
	struct world w;
	uint8_t body[400];

	setup(&w);
	for (int alg = 0; alg < KNOWN_HASH_COUNT; alg++) {
		size_t n = known_hash_len((enum known_hash)alg);

		for (size_t at = 0; at + n <= sizeof(body); at += 7) {
			noise(body, sizeof(body), 5);
			memcpy(body + at, known_get(w.known, 0)->hash[alg], n);
			world_scan_cut(&w, body, sizeof(body), 1 + at);
			assert_known(&w, alg, "raw");
			assert_int_equal(w.f->hashes[0].offset, at);
			/* one byte short */
			body[at + n - 1] ^= 1;
			world_scan_cut(&w, body, sizeof(body), 1 + at);
			assert_int_equal(w.f->hash_count, 0);
		}
		world_scan(&w, known_get(w.known, 0)->hash[alg], n);
		assert_known(&w, alg, "raw");
	}
	world_close(&w);
}

static void
hashes_of_no_known_file_count_by_name_and_form(void **state)
{
	static const char *const yes[] = {
		"{\"md5\":\"0123456789abcdef0123456789ABCDEF\"}",
		"{\"file\":{\"hash\":\"0123456789abcdef0123456789abcdef\"}}",
		"{\"hashes\":[\"0123456789abcdef0123456789abcdef01234567\"]}",
		"file_sha256=0123456789abcdef0123456789abcdef"
		"0123456789abcdef0123456789abcdef&x=1",
		"{\"sha1\":\"ASNFZ4mrze8BI0VniavN7wEjRWc=\"}",
		"{\"id\":\"md5:0123456789abcdef0123456789abcdef\"}",
		"0123456789abcdef0123456789abcdef\n"
		"0123456789abcdef0123456789abcde0\n"
		"0123456789abcdef0123456789abcde1\n",
	};
	static const char *const no[] = {
		"{\"session\":\"0123456789abcdef0123456789abcdef\"}",
		"{\"id\":\"0123456789abcdef0123456789abcdef\"}",
		"{\"digest\":\"0123456789abcdef0123456789abcdef\"}",
		"{\"contentHash\":\"0123456789abcdef0123456789abcdef\"}",
		"{\"etag\":\"0123456789abcdef0123456789abcdef\"}",
		"{\"password_hash\":\"0123456789abcdef0123456789abcdef\"}",
		"{\"md5\":\"0123456789abcdef0123456789abcde\"}",
		"{\"md5\":\"0123456789abcdef0123456789abcdef01234567\"}",
		"{\"md5\":\"d41d8cd98f00b204e9800998ecf8427e\"}",
		"token=0123456789abcdef0123456789abcdef&a=b",
		("{\"device_id_sha256\":\"0123456789abcdef0123456789abcdef"
		"0123456789abcdef0123456789abcdef\"}"),
		"0123456789abcdef0123456789abcdef\nword\n",
	};
	struct world w;

	setup(&w);
	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++) {
		world_scan_text(&w, yes[i]);
		assert_true(w.f->hash_count >= 1);
		assert_int_equal(w.f->hashes[0].file, -1);
		assert_true(w.f->hashes[0].lookup_place);
		assert_true(world_has_category(&w, "file.hash", NULL));
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++) {
		world_scan_text(&w, no[i]);
		assert_int_equal(w.f->hash_count, 0);
		assert_false(world_has_category(&w, "file.hash", NULL));
	}
	world_close(&w);
}

static void
the_hash_of_the_empty_file_never_counts(void **state)
{
	struct world w;

	setup(&w);
	for (int alg = 0; alg < KNOWN_HASH_COUNT; alg++) {
		snprintf(text, sizeof(text), "{\"sha256\":\"%s\",\"h\":\"%s\"}",
		    hex(&w, 1, alg, false), hex(&w, 1, alg, true));
		world_scan_text(&w, text);
		assert_int_equal(w.f->hash_count, 0);
		world_scan(&w, known_get(w.known, 1)->hash[alg],
		    known_hash_len((enum known_hash)alg));
		assert_int_equal(w.f->hash_count, 0);
	}
	world_close(&w);
}

static void
a_tag_is_no_lookup_even_of_a_known_file(void **state)
{
	struct world w;

	setup(&w);
	snprintf(text, sizeof(text), "{\"ETag\":\"%s\"}",
	    hex(&w, 0, KNOWN_MD5, false));
	world_scan_text(&w, text);
	assert_int_equal(w.f->hash_count, 1);
	assert_false(w.f->hashes[0].lookup_place);
	world_close(&w);
}

/* The scan of an empty body with one header before it. */
static void
scan_with_header(struct world *w, const char *name, const char *value)
{
	scan_free(w->scan);
	w->scan = scan_new(w->known, &w->hint);
	assert_non_null(w->scan);
	scan_header(w->scan, span_str(name), span_str(value));
	scan_finish(w->scan, true, &w->f);
}

static void
a_request_header_is_a_question_only_by_a_known_hash(void **state)
{
	static const char *const silent[] = {
		"If-None-Match", "ETag", "Content-MD5", "Digest",
		"Repr-Digest", "Sec-WebSocket-Key", "x-amz-content-sha256",
	};
	struct world w;

	setup(&w);
	for (int alg = 0; alg < KNOWN_HASH_COUNT; alg++) {
		scan_with_header(&w, "X-File-Hash", hex(&w, 0, alg, true));
		assert_known(&w, alg, "hex");
		snprintf(text, sizeof(text), "s=1; f=%s", base64(&w, alg,
		    true));
		scan_with_header(&w, "cookie", text);
		assert_known(&w, alg, "base64");
		for (size_t i = 0; i < 7; i++) {
			scan_with_header(&w, silent[i], hex(&w, 0, alg, false));
			assert_int_equal(w.f->hash_count, 0);
		}
	}
	scan_with_header(&w, "X-SHA256", "00112233445566778899aabbccddeeff"
	    "00112233445566778899aabbccddeeff");
	assert_int_equal(w.f->hash_count, 0);
	snprintf(text, sizeof(text), "%.16s", hex(&w, 0, KNOWN_SHA256, false));
	scan_with_header(&w, "X-Prefix", text);
	assert_int_equal(w.f->hash_count, 1);
	assert_true(w.f->hashes[0].truncated);
	scan_with_header(&w, "X-File-Hash", "");
	assert_int_equal(w.f->hash_count, 0);
	world_close(&w);
}

static void
every_algorithm_is_found_in_utf_16_in_bytes_of_no_structure(void **state)
{
	struct world w;

	setup(&w);
	for (int alg = 0; alg < KNOWN_HASH_COUNT; alg++) {
		for (size_t at = 200; at < 7000; at += 1033) {
			const char *h = hex(&w, 0, alg, at % 2);

			memset(text, 0xe9, sizeof(text));
			for (size_t i = 0; i <= strlen(h); i++) {
				text[at + 2 * i] = h[i];
				text[at + 2 * i + 1] = 0;
			}
			world_scan(&w, text, sizeof(text));
			assert_known(&w, alg, "hex");
			assert_int_equal(w.f->hashes[0].offset, at);
		}
	}
	world_close(&w);
}

/* What begins as CBOR, MessagePack or a protocol buffer may be none. */
static void
a_raw_hash_is_found_where_the_first_guess_was_wrong(void **state)
{
	struct world w;

	setup(&w);
	for (int first = 0; first < 256; first++) {
		for (int second = 0; second < 256; second += 5) {
			text[0] = (char)first;
			text[1] = (char)second;
			memset(text + 2, 0xc1, 3);
			memcpy(text + 5, known_get(w.known, 0)->hash[KNOWN_SHA1],
			    20);
			text[25] = (char)0xc1;
			world_scan(&w, text, 26);
			assert_known(&w, KNOWN_SHA1, "raw");
		}
	}
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_algorithm_is_found_in_hex_in_json_query_form_and_text),
		cmocka_unit_test(every_algorithm_is_found_in_base64),
		cmocka_unit_test(every_algorithm_is_found_raw_at_any_offset),
		cmocka_unit_test(
		    every_algorithm_is_found_in_utf_16_in_bytes_of_no_structure),
		cmocka_unit_test(
		    a_raw_hash_is_found_where_the_first_guess_was_wrong),
		cmocka_unit_test(
		    hashes_of_no_known_file_count_by_name_and_form),
		cmocka_unit_test(the_hash_of_the_empty_file_never_counts),
		cmocka_unit_test(a_tag_is_no_lookup_even_of_a_known_file),
		cmocka_unit_test(
		    a_request_header_is_a_question_only_by_a_known_hash),
	};

	return cmocka_run_group_tests_name("content/hashes", tests, NULL, NULL);
}
