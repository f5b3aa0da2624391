// SPDX-License-Identifier: Apache-2.0
#include "unwrap.h"

#include <openssl/evp.h>

static uint8_t body[8 * LEN];

static size_t
pack_text(uint8_t *p, const char *text, bool cbor)
{
	size_t n = strlen(text);

	p[0] = (uint8_t)((cbor ? 0x60 : 0xa0) | n);
	memcpy(p + 1, text, n);
	return n + 1;
}

static void
messagepack_and_cbor_are_walked(void **state)
{
	struct world w;
	const struct scan_item *item = NULL;

	setup(&w);
	for (int cbor = 0; cbor < 2; cbor++) {
		size_t n = 0;

		out[n++] = cbor ? 0xa3 : 0x83;
		n += pack_text(out + n, "hostname", cbor);
		n += pack_text(out + n, "PC-1", cbor);
		n += pack_text(out + n, "list", cbor);
		out[n++] = cbor ? 0x9f : 0x93;	/* open-ended in CBOR */
		out[n++] = 7;
		n += pack_text(out + n, "10.0.0.7", cbor);
		out[n++] = cbor ? 0x58 : 0xc4;	/* 32 bytes, of a hash */
		out[n++] = 32;
		memcpy(out + n, known_get(w.known, 0)->hash[KNOWN_SHA256], 32);
		n += 32;
		if (cbor)
			out[n++] = 0xff;
		n += pack_text(out + n, "file", cbor);
		out[n++] = cbor ? 0x5a : 0xc6;
		for (int i = 3; i >= 0; i--)
			out[n++] = (uint8_t)(LEN >> 8 * i);
		memcpy(out + n, a, LEN);
		out_len = n + LEN;
		assert_inside(&w, cbor ? "cbor" : "msgpack");
		world_scan(&w, out, out_len);
		world_match(&w, &item);
		assert_true(span_eq(item->path, span_str("/file")));
		assert_true(world_has_category(&w, "host.id", "/hostname"));
		assert_true(world_has_category(&w, "network.local",
		    "/list/1"));
		assert_int_equal(w.f->hash_count, 1);
		assert_true(span_eq(w.f->hashes[0].path, span_str("/list/2")));
	}
	world_close(&w);
}

/* Names of one letter, as they are where bytes are saved; the file in base64,
 * which only the field shows. */
static void
keys_may_be_of_one_letter(void **state)
{
	const struct scan_item *item = NULL;
	struct world w;

	setup(&w);
	for (int cbor = 0; cbor < 2; cbor++) {
		size_t n = 0, text = (LEN + 2) / 3 * 4;

		out[n++] = cbor ? 0xa2 : 0x82;
		n += pack_text(out + n, "a", cbor);
		out[n++] = 1;
		n += pack_text(out + n, "d", cbor);
		out[n++] = cbor ? 0x7a : 0xdb;
		for (int i = 3; i >= 0; i--)
			out[n++] = (uint8_t)(text >> 8 * i);
		(void)EVP_EncodeBlock(out + n, a, LEN);
		world_scan(&w, out, n + text);
		assert_whole(&w, 0, LEN);
		world_match(&w, &item);
		assert_true(span_eq(w.f->items[item->parent].path,
		    span_str("/d")));
		/* with no key behind the first value it is no map */
		out[4] = 0;
		world_scan(&w, out, n + text);
		assert_null(world_match(&w, NULL));
	}
	world_close(&w);
}

static size_t
varint(uint8_t *p, uint64_t v)
{
	size_t n = 0;

	while (v > 127) {
		p[n++] = (uint8_t)(v | 128);
		v >>= 7;
	}
	p[n++] = (uint8_t)v;
	return n;
}

static size_t
proto_bytes(uint8_t *p, unsigned number, const void *data, size_t len)
{
	size_t n = varint(p, number << 3 | 2);

	n += varint(p + n, len);
	memmove(p + n, data, len);
	return n + len;
}

static void
protobuf_fields_are_walked(void **state)
{
	struct world w;
	const struct scan_item *item = NULL;
	uint8_t inner[128];
	size_t n;

	setup(&w);
	n = proto_bytes(inner, 1, "C:\\Users\\ann\\x.exe", 18);
	n += proto_bytes(inner + n, 2,
	    known_get(w.known, 0)->hash[KNOWN_SHA256], 32);
	out_len = varint(out, 1 << 3);
	out_len += varint(out + out_len, 300);
	out_len += proto_bytes(out + out_len, 3, inner, n);
	for (size_t piece = 1; piece < 100; piece += 9) {
		world_scan_cut(&w, out, out_len, piece);
		assert_int_equal(w.f->hash_count, 1);
		assert_int_equal(w.f->hashes[0].file, 0);
		assert_string_equal(w.f->hashes[0].encoding, "raw");
		assert_true(span_eq(w.f->hashes[0].path, span_str("/3/2")));
		assert_true(world_has_category(&w, "file.path", "/3/1"));
		assert_true(w.f->items[0].readable);
	}
	/* the file in a message in a message */
	n = proto_bytes(body, 7, "name.bin", 8);
	n += proto_bytes(body + n, 9, a, LEN);
	out_len = varint(out, 1 << 3);
	out_len += varint(out + out_len, 300);
	out_len += proto_bytes(out + out_len, 3, body, n);
	assert_inside(&w, "protobuf");
	world_scan(&w, out, out_len);
	world_match(&w, &item);
	assert_true(span_eq(item->path, span_str("/9")));
	world_close(&w);
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

/* Escapes all over the first bytes are no text, and no key of an XOR. */
static void
text_in_a_binary_message_is_a_field(void **state)
{
	struct world w;
	size_t n, at;

	world_open(&w);
	noise(a, LEN, 45);
	memset(a, 0, 5000);
	world_add(&w, "a", a, LEN);
	world_seal(&w);
	for (int cbor = 0; cbor < 2; cbor++) {
		memcpy(out, cbor ? "\x82\x66upload\x5a" : "\x92\xa6upload\xc6",
		    9);
		n = at = 13;
		for (size_t i = 0; i < LEN; i++)
			n += (size_t)sprintf((char *)out + n, "%%%02x", a[i]);
		for (int i = 0; i < 4; i++)
			out[9 + i] = (uint8_t)((n - at) >> (24 - 8 * i));
		out_len = n;
		unwrap_check(&w, LEN, out, out_len, "percent");
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

/* Numbers for keys; the file in hex, so that it has to be unwrapped. */
static void
lists_of_no_text_are_walked_too(void **state)
{
	static const struct {
		const char *encoding;
		size_t len;
		char head[8];
	} cases[] = {
		{ "msgpack", 3, "\x92\x07\xc6" },
		{ "msgpack", 5, "\x81\x01\x92\x05\xc6" },
		{ "msgpack", 4, "\x92\xa1q\xc6" },
		{ "cbor", 3, "\xa1\x03\x5a" },
		{ "cbor", 3, "\x82\x20\x5a" },
		{ "cbor", 6, "\xd9\xd9\xf7\xa1\x01\x5a" },
	};
	const struct scan_item *item = NULL;
	struct world w;
	size_t n;

	setup(&w);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		n = cases[i].len;
		memcpy(out, cases[i].head, n);
		for (int k = 3; k >= 0; k--)
			out[n++] = (uint8_t)(2 * LEN >> 8 * k);
		for (size_t k = 0; k < LEN; k++)
			n += (size_t)sprintf((char *)out + n, "%02x", a[k]);
		out_len = n;
		assert_inside(&w, "hex");
		world_scan(&w, out, out_len);
		world_match(&w, &item);
		assert_string_equal(w.f->items[item->parent].encoding,
		    cases[i].encoding);
	}
	/* noise is none, whatever it begins with */
	noise(body, 4000, 9);
	for (int c = 0x80; c < 0x100; c++) {
		body[0] = (uint8_t)c;
		world_scan(&w, body, 4000);
		assert_false(w.f->items[0].container);
	}
	world_close(&w);
}

/* len bytes of a field, moved up for its head. */
static size_t
in_field(uint8_t *p, size_t len, const char *before, size_t before_len)
{
	uint8_t head[16];
	size_t n = before_len, left = len;

	memcpy(head, before, n);
	for (; left > 127; left >>= 7)
		head[n++] = (uint8_t)(left | 0x80);
	head[n++] = (uint8_t)left;
	memmove(p + n, p, len);
	memcpy(p, head, n);
	return n + len;
}

/* Four messages in one another, of which each says little. */
static void
short_names_speak_for_a_message(void **state)
{
	struct world w;
	size_t n;

	setup(&w);
	/* a list of MessagePack with a text and the file in hex */
	memcpy(out, "\x92\xa2on\xc6\0\2\x22\xe0", 9);
	n = 9 + 2 * LEN;
	for (size_t i = 0; i < LEN; i++)
		sprintf((char *)out + 9 + 2 * i, "%02x", a[i]);
	for (int i = 0; i < 4; i++)
		n = in_field(out, n, "\x0a\x02k1\x10\x05\x3a", 7);
	out_len = n;
	assert_inside(&w, "hex");
	world_close(&w);
}

/* The last field: white space around what stands in it is the file's. */
static void
a_few_bytes_of_white_space_may_end_a_file(void **state)
{
	struct world w;
	size_t n;

	world_open(&w);
	noise(a, 3006, 4);
	memcpy(a + 3000, "\n  }\n\n", 6);
	world_add(&w, "a", a, 3006);
	world_seal(&w);
	n = (size_t)sprintf((char *)out, "\x0a\x06header\x1a\xb8\x17");
	memcpy(out + n, a, 3000);
	n += 3000;
	out[n++] = 0x1a;
	out[n++] = 6;
	memcpy(out + n, a + 3000, 6);
	world_scan(&w, out, n + 6);
	assert_whole(&w, 0, 3006);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messagepack_and_cbor_are_walked),
		cmocka_unit_test(keys_may_be_of_one_letter),
		cmocka_unit_test(protobuf_fields_are_walked),
		cmocka_unit_test(bond_is_walked),
		cmocka_unit_test(text_in_a_binary_message_is_a_field),
		cmocka_unit_test(strings_of_cbor_may_come_in_pieces),
		cmocka_unit_test(lists_of_no_text_are_walked_too),
		cmocka_unit_test(short_names_speak_for_a_message),
		cmocka_unit_test(a_few_bytes_of_white_space_may_end_a_file),
	};

	return cmocka_run_group_tests_name("content/unwrap_binary", tests, NULL, NULL);
}
