// SPDX-License-Identifier: Apache-2.0
#include "world.h"

/* Files within multipart, JSON and forms. */

#define LEN	50000

static uint8_t a[LEN], out[4 * LEN], body[6 * LEN];

static void
setup(struct world *w)
{
	world_open_one(w, a, LEN, 21);
}

static size_t
base64(const uint8_t *p, size_t len, uint8_t *ret)
{
	return (size_t)EVP_EncodeBlock(ret, p, (int)len);
}

static size_t
put(size_t at, const char *text)
{
	memcpy(body + at, text, strlen(text));
	return at + strlen(text);
}

static size_t
put_bytes(size_t at, const uint8_t *p, size_t len)
{
	memcpy(body + at, p, len);
	return at + len;
}

static void
multipart_parts_are_items_with_names(void **state)
{
	struct world w;
	const struct scan_item *item = NULL;
	size_t n = 0;

	setup(&w);
	world_type(&w, "multipart/form-data; boundary=\"--x--y\"");
	n = put(n, "preamble\r\n----x--y\r\nContent-Disposition: form-data; "
	    "name=\"meta\"\r\n\r\n{\"sha\":1}\r\n----x--y\r\n"
	    "Content-Disposition: form-data; name=\"f\"; "
	    "filename=\"in \\\"q\\\".pdf\"\r\nContent-Type: x/y\r\n\r\n");
	n = put_bytes(n, a, LEN);
	n = put(n, "\r\n----x--y--\r\nepilogue");
	for (size_t piece = 1; piece < 100000; piece = piece * 3 + 1) {
		world_scan_cut(&w, body, n, piece);
		assert_whole(&w, 0, LEN);
		world_match(&w, &item);
		assert_true(item->matches[0].exact);
		assert_true(item->declared_file);
		assert_true(item->complete);
		assert_true(span_eq(item->name, span_str("in \"q\".pdf")));
		assert_true(span_eq(item->declared_type, span_str("x/y")));
		assert_true(span_eq(item->path, span_str("part 2 /f")));
		assert_string_equal(item->encoding, "multipart");
		assert_int_equal(w.f->item_count, 3);
		assert_int_equal(w.f->undeciphered_bytes, 0);
	}
	/* the end is missing */
	w.incomplete = true;
	world_scan(&w, body, n - 40);
	world_match(&w, &item);
	assert_false(item->complete);
	world_close(&w);
}

static void
a_multipart_part_in_base64_is_decoded(void **state)
{
	struct world w;
	size_t n = 0, len;

	setup(&w);
	world_type(&w, "multipart/related; boundary=b");
	n = put(n, "--b\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	len = base64(a, LEN, out);
	for (size_t i = 0; i < len; i += 76) {
		n = put_bytes(n, out + i, len - i < 76 ? len - i : 76);
		n = put(n, "\r\n");
	}
	n = put(n, "\r\n--b--\r\n");
	world_scan(&w, body, n);
	assert_whole(&w, 0, LEN);
	assert_true(world_match(&w, NULL)->exact);
	world_close(&w);
}

static void
base64_in_json_is_decoded_with_its_path(void **state)
{
	struct world w;
	const struct scan_item *item = NULL;
	size_t n = 0, len;

	setup(&w);
	n = put(n, "{\"v\": 1, \"parts\": [null, {\"data\" : \"");
	len = base64(a, LEN, out);
	for (size_t i = 0; i < len; i++) {
		if (out[i] == '/')
			body[n++] = '\\';	/* as some encoders write */
		body[n++] = out[i];
	}
	n = put(n, "\"}], \"end\": true}");
	for (size_t piece = 1; piece < 100000; piece = piece * 7 + 3) {
		world_scan_cut(&w, body, n, piece);
		assert_whole(&w, 0, LEN);
		world_match(&w, &item);
		assert_string_equal(item->encoding, "base64");
		assert_string_equal(w.f->items[item->parent].encoding, "json");
		assert_true(span_eq(w.f->items[item->parent].path,
		    span_str("/parts/1/data")));
		assert_int_equal(w.f->understood_bytes, n);
	}
	/* URL-safe and unpadded */
	n = put(0, "[\"");
	for (size_t i = 0; i < len && out[i] != '='; i++)
		body[n++] = out[i] == '+' ? '-' : out[i] == '/' ? '_' : out[i];
	n = put(n, "\"]");
	world_scan(&w, body, n);
	assert_whole(&w, 0, LEN);
	world_close(&w);
}

static void
form_fields_and_whole_bodies_in_base64_and_hex(void **state)
{
	struct world w;
	size_t n, len;

	setup(&w);
	len = base64(a, LEN, out);
	world_scan(&w, out, len);
	assert_whole(&w, 0, LEN);
	world_type(&w, "application/x-www-form-urlencoded");
	n = put(0, "id=7&file=");
	for (size_t i = 0; i < len; i++)
		n = out[i] == '+' ? put(n, "%2B") : out[i] == '=' ?
		    put(n, "%3d") : put_bytes(n, out + i, 1);
	n = put(n, "&end=1");
	for (size_t piece = 1; piece < 100000; piece = piece * 7 + 3) {
		world_scan_cut(&w, body, n, piece);
		assert_whole(&w, 0, LEN);
	}
	n = 0;
	for (size_t i = 0; i < LEN; i++)
		n += (size_t)sprintf((char *)body + n, "%02X", a[i]);
	world_type(&w, "");
	world_scan(&w, body, n);
	assert_whole(&w, 0, LEN);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(multipart_parts_are_items_with_names),
		cmocka_unit_test(a_multipart_part_in_base64_is_decoded),
		cmocka_unit_test(base64_in_json_is_decoded_with_its_path),
		cmocka_unit_test(
		    form_fields_and_whole_bodies_in_base64_and_hex),
	};

	return cmocka_run_group_tests_name("content/scan_forms", tests, NULL, NULL);
}
