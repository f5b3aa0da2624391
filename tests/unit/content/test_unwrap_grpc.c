// SPDX-License-Identifier: Apache-2.0
#include "unwrap.h"

#include <zlib.h>

/* A message of gRPC: a field of the file in hex, packed or not. */
static size_t
grpc_message(uint8_t *p, bool packed)
{
	static uint8_t plain[3 * LEN];
	uLongf packed_len = 8 * LEN - 5;
	size_t n = 0, len = 2 * LEN;

	plain[n++] = 0x08;
	plain[n++] = 0x05;
	plain[n++] = 0x1a;
	for (; len > 127; len >>= 7)
		plain[n++] = (uint8_t)(len | 0x80);
	plain[n++] = (uint8_t)len;
	for (size_t i = 0; i < LEN; i++)
		n += (size_t)sprintf((char *)plain + n, "%02x", a[i]);
	if (packed)
		assert_int_equal(compress(p + 5, &packed_len, plain, n), Z_OK);
	else
		memcpy(p + 5, plain, n);
	len = packed ? packed_len : n;
	p[0] = packed;
	for (int i = 0; i < 4; i++)
		p[1 + i] = (uint8_t)(len >> (24 - 8 * i));
	return 5 + len;
}

static void
a_grpc_message_is_read_behind_its_prefix(void **state)
{
	const struct scan_item *item = NULL;
	struct world w;

	setup(&w);
	world_type(&w, "application/grpc+proto");
	for (int packed = 0; packed < 2; packed++) {
		w.hint.content_encoding = span_str(packed ? "deflate" : "");
		out_len = grpc_message(out, packed);
		assert_inside(&w, "hex");
		world_scan(&w, out, out_len);
		world_match(&w, &item);
		item = &w.f->items[item->parent];
		assert_string_equal(item->encoding, "protobuf");
		item = &w.f->items[item->parent];
		assert_true(packed ? !strcmp(item->encoding, "zlib") :
		    !item->encoding);
	}
	world_close(&w);
}

static void
messages_of_grpc_web_follow_one_another(void **state)
{
	static const uint8_t trailers[] = "\x80\0\0\0\x0fgrpc-status: 0\r\n";
	struct world w;
	size_t n;

	setup(&w);
	world_type(&w, "application/grpc-web");
	memcpy(out, "\0\0\0\0\0\0\0\0\0\2\x08\x01", 12);
	n = 12 + grpc_message(out + 12, false);
	memcpy(out + n, trailers, sizeof(trailers) - 1);
	out_len = n + sizeof(trailers) - 1;
	assert_inside(&w, "hex");
	world_close(&w);
}

static void
a_grpc_message_with_a_gap_is_read_on(void **state)
{
	const struct scan_match *m;
	struct world w;

	setup(&w);
	world_type(&w, "application/grpc");
	for (int beyond = 0; beyond < 2; beyond++) {
		/* of raw bytes: the prefix, then a field's head, then the file */
		memcpy(out, "\0\0\1\x11\x74\x1a\xf0\xa2\x04", 9);
		memcpy(out + 9, a, LEN);
		scan_free(w.scan);
		w.scan = scan_new(w.known, &w.hint);
		scan_data(w.scan, out, beyond ? 3 : 20009);
		scan_gap(w.scan, beyond ? 20006 : 10000);
		scan_data(w.scan, out + (beyond ? 20009 : 30009),
		    beyond ? 50000 : 40000);
		scan_finish(w.scan, true, &w.f);
		m = world_match(&w, NULL);
		assert_non_null(m);
		assert_int_equal(m->sent_bytes, beyond ? 50000 : 60000);
	}
	world_close(&w);
}

/* gRPC-Web in base64, and a client that writes no prefix. */
static void
what_has_no_prefix_is_read_as_it_stands(void **state)
{
	static uint8_t message[4 * LEN];
	struct world w;

	setup(&w);
	world_type(&w, "application/grpc-web-text");
	out_len = (size_t)EVP_EncodeBlock(out, message,
	    (int)grpc_message(message, false));
	assert_inside(&w, "hex");
	world_type(&w, "application/grpc");
	out[0] = 4;	/* no flag */
	memcpy(out + 1, a, LEN);
	world_scan(&w, out, 1 + LEN);
	assert_whole(&w, 0, LEN);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grpc_message_is_read_behind_its_prefix),
		cmocka_unit_test(messages_of_grpc_web_follow_one_another),
		cmocka_unit_test(a_grpc_message_with_a_gap_is_read_on),
		cmocka_unit_test(what_has_no_prefix_is_read_as_it_stands),
	};

	return cmocka_run_group_tests_name("content/unwrap_grpc", tests, NULL, NULL);
}
