// SPDX-License-Identifier: Apache-2.0
#include "unwrap.h"

#include <openssl/evp.h>

#define SHORT	3000

static uint8_t body[8 * LEN];

static void
xml_text_and_attributes_are_fields(void **state)
{
	struct world w;
	const struct scan_item *item = NULL;
	char *p = (char *)out;

	setup(&w);
	p += sprintf(p, "<?xml version=\"1.0\"?><!DOCTYPE r><s:r xmlns:s='u'>"
	    "<host name=\"x\">PC &amp; 1</host><md5>"
	    "0123456789abcdef0123456789abcdef</md5><e/><data>");
	p += EVP_EncodeBlock((uint8_t *)p, a, LEN);
	p += sprintf(p, "</data><user><![CDATA[an<n]]></user></s:r>\n");
	out_len = (size_t)(p - (char *)out);
	assert_inside(&w, "base64");
	world_scan(&w, out, out_len);
	world_match(&w, &item);
	assert_true(span_eq(w.f->items[item->parent].path,
	    span_str("/s:r/data")));
	assert_true(world_has_category(&w, "host.id", "/s:r/host"));
	assert_true(world_has_category(&w, "user", "/s:r/user"));
	assert_int_equal(w.f->hash_count, 1);
	assert_true(span_eq(w.f->hashes[0].path, span_str("/s:r/md5")));
	world_close(&w);
}

static void
a_mail_and_a_bare_multipart_are_taken_apart(void **state)
{
	static const char mail[] = "From: a@b\r\nContent-Type: "
	    "multipart/mixed; boundary=q\r\n\r\nnot for readers\r\n";
	static const char head[] = "--q\r\nContent-Transfer-Encoding: base64"
	    "\r\n\r\n", tail[] = "\r\n--q--\r\n";
	const struct scan_item *item;
	struct world w;
	size_t len;

	unwrap_setup(&w, a, SHORT, 3);
	for (int bare = 0; bare < 2; bare++) {
		len = (size_t)sprintf((char *)body, "%s%s", bare ? "" : mail,
		    head);
		len += (size_t)EVP_EncodeBlock(body + len, a, SHORT);
		memcpy(body + len, tail, sizeof(tail));
		unwrap_check(&w, SHORT, body, len + sizeof(tail) - 1,
		    "base64");
		world_match(&w, &item);
	}
	world_close(&w);

	/* a mail that is a known file is one, and so is what is in it */
	world_open(&w);
	world_add(&w, "mail", body, len);
	world_seal(&w);
	world_scan(&w, body, len);
	assert_int_equal(w.f->items[0].match_count, 1);
	assert_true(w.f->items[0].matches[0].exact);
	world_scan_text(&w, "--\r\nContent-Type: x\r\n--q\r\nno header\r\n");
	assert_int_equal(w.f->item_count, 1);
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
	size_t n;

	setup(&w);
	for (int sign = 0; sign < 2; sign++) {
		n = (size_t)sprintf((char *)out,
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

static void
a_map_of_numbers_in_json_may_be_bytes(void **state)
{
	struct world w;
	size_t n = (size_t)sprintf((char *)out, "{\"n\":{\"0\":1},\"data\":{");

	unwrap_setup(&w, a, SHORT, 5);
	for (size_t i = 0; i < SHORT; i++)
		n += (size_t)sprintf((char *)out + n, i ? ",\"%zu\":%d" :
		    "\"%zu\":%d", i, a[i]);
	n += (size_t)sprintf((char *)out + n, "}}");
	unwrap_check(&w, SHORT, out, n, "json");
	/* a key that is not the next place */
	memcpy(strstr((char *)out, "\"20\":"), "\"21\":", 5);
	world_scan(&w, out, n);
	for (size_t i = 0; i < w.f->item_count; i++)
		assert_false(w.f->items[i].match_count &&
		    w.f->items[i].matches[0].whole);
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

static void
hex_is_known_with_marks_between_its_bytes(void **state)
{
	static const char *const forms[] = { "%02x:", "%02X ", "0x%02x, ",
		"\\x%02x", "%02x" };
	struct world w;

	setup(&w);
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		char *p = (char *)out + sprintf((char *)out, "%s",
		    i == 4 ? "0x" : "");

		for (size_t k = 0; k < LEN; k++)
			p += sprintf(p, forms[i], a[k]);
		out_len = (size_t)(p - (char *)out) - !i;
		assert_inside(&w, "hex");
	}
	/* addresses of six groups, and decimal numbers, are none */
	out_len = 0;
	for (int i = 0; i < 900; i++)
		out_len += (size_t)sprintf((char *)out + out_len, "%d,", i);
	world_scan(&w, out, out_len);
	assert_int_equal(w.f->item_count, 1);
	world_close(&w);
}

/* The first bytes of a value are ASCII and zeros, the rest is not. */
static void
latin_1_may_begin_as_ascii(void **state)
{
	struct world w;
	size_t n;

	for (int wide = 0; wide < 2; wide++) {
		world_open(&w);
		noise(a, LEN, 44);
		memset(a, 0, 3000);
		memcpy(a, "head", 4);
		for (size_t i = 0; i < LEN && !wide; i++)
			a[i] &= 0x7f;
		world_add(&w, "a", a, LEN);
		world_seal(&w);
		n = (size_t)sprintf((char *)out, "{\"data\":\"");
		for (size_t i = 0; i < LEN; i++)
			n += (size_t)sprintf((char *)out + n, "\\u%04x", a[i]);
		n += (size_t)sprintf((char *)out + n, "\"}");
		world_scan(&w, out, n);
		assert_int_equal(w.f->item_count, 3);
		assert_int_equal(w.f->items[2].match_count, 1);
		assert_true(w.f->items[2].matches[0].exact);
		if (wide)
			assert_string_equal(w.f->items[2].encoding, "latin-1");
		else
			assert_null(w.f->items[2].encoding);
		world_close(&w);
	}
}

/* Base64 of text has few characters that are escaped, and hex has none. */
static void
escapes_may_be_few_and_come_late(void **state)
{
	static uint8_t base64[2 * SHORT];
	const struct scan_item *item = NULL;
	struct world w;
	size_t n = 0, len;

	world_open(&w);
	for (size_t i = 0; i < SHORT; i++)
		a[i] = "etaoinshrdlu"[i * i % 11];
	memcpy(a + SHORT - 5, "~~~~?", 5);
	world_add(&w, "a", a, SHORT);
	world_seal(&w);
	len = (size_t)EVP_EncodeBlock(base64, a, SHORT);
	for (size_t i = 0; i < len; i++)
		n += (size_t)sprintf((char *)out + n, strchr("+/=", base64[i]) ?
		    "%%%02X" : "%c", base64[i]);
	assert_true(n > len && !memchr(out, '%', 1024));
	world_scan(&w, out, n);
	assert_whole(&w, 0, SHORT);
	world_match(&w, &item);
	assert_string_equal(item->encoding, "base64");
	assert_string_equal(w.f->items[item->parent].encoding, "percent");
	/* none at all: it was not escaped */
	len = (size_t)EVP_EncodeBlock(base64, a, SHORT - 6);
	world_scan(&w, base64, len);
	world_match(&w, &item);
	assert_string_equal(item->encoding, "base64");
	assert_null(w.f->items[item->parent].encoding);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xml_text_and_attributes_are_fields),
		cmocka_unit_test(a_mail_and_a_bare_multipart_are_taken_apart),
		cmocka_unit_test(percent_escapes_are_undone),
		cmocka_unit_test(
		    utf_16_and_bytes_taken_for_latin_1_are_narrowed),
		cmocka_unit_test(hex_is_known_with_marks_between_its_bytes),
		cmocka_unit_test(latin_1_may_begin_as_ascii),
		cmocka_unit_test(escapes_may_be_few_and_come_late),
		cmocka_unit_test(numbers_in_json_may_be_bytes),
		cmocka_unit_test(a_map_of_numbers_in_json_may_be_bytes),
		cmocka_unit_test(
		    base64_is_known_in_a_uri_and_indented_and_at_any_length),
	};

	return cmocka_run_group_tests_name("content/unwrap_text", tests, NULL, NULL);
}
