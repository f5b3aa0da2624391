// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/quic/quic_detect.h"
#include "protocol/quic/quic_frames.h"
#include "protocol/quic/quic_order.h"
#include "protocol/quic/quic_protect.h"
#include "quic_build.h"
#include "record.h"
#include "tls_build.h"

static struct layer *layer;
static struct buf hello, out, frames, said;
static uint64_t sent[2];
static const struct when now = { 1000, 1 };

static void
hex(const char *text, uint8_t *ret)
{
	for (; *text; text += 2)
		if (sscanf(text, "%2hhx", ret++) != 1)
			abort();
}

/* QUIC has no records. */
static void
put_message(struct buf *b, uint8_t type, const struct buf *body)
{
	buf_u8(b, type);
	put24(b, body->len);
	buf_append(b, body->data, body->len);
}

static int
start(void **state)
{
	static const uint16_t ciphers[] = { 0x1301 };
	struct buf extensions = { 0 }, body = { 0 };

	record_clear();
	record.conn.endpoint_by = ENDPOINT_BY_FIRST_PACKET;
	sent[0] = sent[1] = 0;
	layer = quic_layer_new(&record.conn);
	put_server_name(&extensions, "quic.example");
	put_alpn(&extensions, "h3");
	put_client_hello(&body, 0x0303, ciphers, 1, &extensions);
	put_message(&hello, 1, &body);
	buf_clear(&extensions);
	buf_clear(&body);
	return layer ? 0 : -1;
}

static int
stop(void **state)
{
	layer->ops->free(layer);
	record_clear();
	buf_clear(&hello);
	buf_clear(&out);
	buf_clear(&frames);
	buf_clear(&said);
	return 0;
}

static void
send_out(unsigned side)
{
	layer->ops->data(layer, side, out.data, out.len, &now);
	sent[side] += out.len;
	buf_reset(&out);
}

static void
put_initial(uint32_t version, const char *key_cid, bool client,
    const char *dcid, uint32_t pn)
{
	put_fill(&frames, 0, 40);
	quic_put_initial(&out, version, key_cid, client, dcid, pn, frames.data,
	    frames.len);
	buf_reset(&frames);
}

static void
expect_hello(void)
{
	assert_non_null(record.conn.tls);
	assert_true(span_eq(tls_info_server_name(record.conn.tls),
	    SPAN_LITERAL("quic.example")));
	assert_true(span_eq(tls_info_alpn(record.conn.tls), SPAN_LITERAL("h3")));
	assert_int_equal(tls_info_ja4(record.conn.tls).p[0], 'q');
}

static void
over(void)
{
	layer->ops->finish(layer, &now);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

static void
keys_are_those_of_the_standards(void **state)
{
	uint8_t want[48], dcid[8], secret[32];
	struct quic_keys k;

	hex("8394c8f03e515708", dcid);
	assert_int_equal(quic_keys_initial(QUIC_V1, (struct span){ dcid, 8 },
	    true, &k), 0);
	hex("1f369613dd76d5467730efcbe3b1a22d", want);
	assert_memory_equal(k.key, want, 16);
	hex("fa044b2f42a3fd3b46fb255c", want);
	assert_memory_equal(k.iv, want, 12);
	hex("9f50449e04a0e810283a1e9933adedd2", want);
	assert_memory_equal(k.hp, want, 16);
	assert_int_equal(quic_keys_initial(QUIC_V1, (struct span){ dcid, 8 },
	    false, &k), 0);
	hex("cf3a5331653c364c88f0f379b6067e37", want);
	assert_memory_equal(k.key, want, 16);
	assert_int_equal(quic_keys_initial(QUIC_V2, (struct span){ dcid, 8 },
	    true, &k), 0);
	hex("8b1a0bc121284290a29e0971b5cd045d", want);
	assert_memory_equal(k.key, want, 16);
	hex("45b95e15235d6f45a6b19cbcb0294ba9", want);
	assert_memory_equal(k.hp, want, 16);
	assert_int_equal(quic_keys_initial(3, (struct span){ dcid, 8 }, true,
	    &k), ERR_UNSUPPORTED);
	hex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b",
	    secret);
	assert_int_equal(quic_keys_derive(QUIC_CHACHA20_POLY1305, QUIC_V1,
	    secret, &k), 0);
	hex("c6d98ff3441c3fe1b2182094f69caa2ed4b716b65488960a7a984979fb23e1c8",
	    want);
	assert_memory_equal(k.key, want, 32);
	assert_int_equal(quic_secret_update(QUIC_CHACHA20_POLY1305, QUIC_V1,
	    secret, secret), 0);
	hex("1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9",
	    want);
	assert_memory_equal(secret, want, 32);
}

/* RFC 9001, A.5 */
static void
a_short_packet_of_chacha20_is_opened(void **state)
{
	uint8_t secret[32], packet[21], plain[21];
	struct span bytes = { packet, 21 };
	struct quic_crypt x = { 0 };
	struct quic_header h;
	struct quic_keys k;
	size_t len;

	hex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b",
	    secret);
	hex("4cfe4189655e5cd55c41f69080575d7999c25a5bfb", packet);
	assert_int_equal(quic_keys_derive(QUIC_CHACHA20_POLY1305, QUIC_V1,
	    secret, &k), 0);
	assert_int_equal(quic_unprotect_header(&x, &k, bytes, 1, 654360560,
	    &h), 0);
	assert_int_equal(h.pn, 654360564);
	/* the number expected ends in larger bytes */
	assert_int_equal(quic_unprotect_header(&x, &k, bytes, 1, 0x26ffffff, &h),
	    0);
	assert_int_equal(h.pn, 654360564);
	assert_int_equal(h.pn_len, 3);
	assert_int_equal(quic_open(&x, &k, bytes, 1, &h, plain, &len), 0);
	assert_int_equal(len, 1);
	assert_int_equal(plain[0], 1);
	packet[20] ^= 1;
	assert_int_equal(quic_open(&x, &k, bytes, 1, &h, plain, &len),
	    ERR_MALFORMED);
	bytes.len = 20;
	assert_int_equal(quic_unprotect_header(&x, &k, bytes, 1, 0, &h),
	    ERR_TRUNCATED);
	/* what failed leaves nothing behind, nor do other keys */
	bytes.len = 21;
	packet[20] ^= 1;
	k.key[0] ^= 1;
	assert_int_equal(quic_unprotect_header(&x, &k, bytes, 1, 654360560,
	    &h), 0);
	assert_int_equal(quic_open(&x, &k, bytes, 1, &h, plain, &len),
	    ERR_MALFORMED);
	k.key[0] ^= 1;
	assert_int_equal(quic_open(&x, &k, bytes, 1, &h, plain, &len), 0);
	k.hp[0] ^= 1;
	assert_int_equal(quic_unprotect_header(&x, &k, bytes, 1, 654360560,
	    &h), 0);
	assert_int_not_equal(h.pn, 654360564);
	quic_crypt_clear(&x);
}

static void
a_client_hello_is_read(void **state)
{
	quic_put_crypto(&frames, 0, hello.data, hello.len);
	put_initial(QUIC_V1, "destinat", true, "destinat", 0);
	send_out(0);
	expect_hello();
	assert_int_equal(record.conn.overhead[0][CONN_UNDERSTOOD], sent[0]);
	over();
}

static void
a_hello_in_shuffled_frames_and_packets_is_read(void **state)
{
	size_t half = hello.len / 2;

	quic_put_crypto(&frames, half, hello.data + half, hello.len - half);
	put_initial(QUIC_V2, "destinat", true, "destinat", 1);
	send_out(0);
	assert_true(!record.conn.tls || !record.conn.tls->has_client_hello);
	quic_put_crypto(&frames, 20, hello.data + 20, half - 20);
	buf_u8(&frames, 1);
	quic_put_crypto(&frames, 0, hello.data, 30);
	put_initial(QUIC_V2, "destinat", true, "destinat", 0);
	send_out(0);
	expect_hello();
	over();
}

static void
the_server_s_hello_names_the_cipher(void **state)
{
	struct buf server = { 0 }, body = { 0 }, none = { 0 };

	put_server_hello(&body, 0x1302, 0, &none);
	put_message(&server, 2, &body);
	quic_put_crypto(&frames, 0, hello.data, hello.len);
	put_initial(QUIC_V1, "destinat", true, "destinat", 0);
	send_out(0);
	quic_put_crypto(&frames, 0, server.data, server.len);
	put_initial(QUIC_V1, "destinat", false, "any", 0);
	send_out(1);
	assert_true(record.conn.tls->has_server_hello);
	assert_int_equal(record.conn.tls->cipher, 0x1302);
	over();
	buf_clear(&server);
	buf_clear(&body);
}

static void
behind_a_retry_the_new_id_opens(void **state)
{
	quic_put_crypto(&frames, 0, hello.data, 10);
	put_initial(QUIC_V1, "destinat", true, "destinat", 0);
	send_out(0);
	quic_put_crypto(&frames, 0, hello.data, hello.len);
	put_initial(QUIC_V1, "retried!", true, "retried!", 1);
	send_out(0);
	expect_hello();
	over();
}

static void
what_can_t_be_opened_stays_encrypted(void **state)
{
	quic_put_crypto(&frames, 0, hello.data, hello.len);
	put_initial(QUIC_V1, "otherkey", true, "destinat", 0);
	send_out(0);
	assert_null(record.conn.tls);
	assert_int_equal(record.conn.overhead[0][CONN_ENCRYPTED], sent[0]);
	over();
}

static void
every_frame_is_read_and_passed(void **state)
{
	static const uint8_t bytes[] = {
		0, 0, 1,			/* padding, PING */
		2, 5, 0, 1, 2, 3, 4,		/* ACK, one more range */
		3, 5, 0, 0, 2, 1, 2, 3,		/* ACK with ECN */
		4, 8, 1, 9,			/* RESET_STREAM */
		5, 1, 2,
		7, 2, 'a', 'b',			/* NEW_TOKEN */
		0x0f, 4, 6, 2, 'h', 'i',	/* STREAM, all bits */
		0x10, 1, 0x11, 1, 2, 0x12, 1, 0x14, 1, 0x15, 1, 2, 0x16, 1,
		0x18, 1, 0, 2, 'i', 'd', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0,
		0x19, 1, 0x1a, 1, 2, 3, 4, 5, 6, 7, 8,
		0x1c, 1, 2, 1, 'x', 0x1d, 1, 0, 0x1e,
		0x40, 6, 0, 1, 'c',		/* CRYPTO, a wide type */
		0x08, 4, 'e', 'n', 'd',		/* STREAM to the end */
	};
	struct cursor c = cur_init(bytes, sizeof(bytes));
	enum quic_frame_kind last = QUIC_FRAME_OTHER;
	struct quic_frame f;
	unsigned count = 0;
	int rc;

	while ((rc = quic_frame_next(&c, &f)) == 0) {
		count++;
		last = f.kind;
		if (f.kind == QUIC_FRAME_STREAM && f.offset) {
			assert_true(f.fin);
			assert_int_equal(f.stream, 4);
			assert_int_equal(f.offset, 6);
			assert_true(span_eq(f.data, SPAN_LITERAL("hi")));
		}
		if (f.kind == QUIC_FRAME_RESET_STREAM)
			assert_int_equal(f.offset, 9);
		if (f.kind == QUIC_FRAME_NEW_CONNECTION_ID)
			assert_true(span_eq(f.data, SPAN_LITERAL("id")));
	}
	assert_int_equal(rc, ERR_END);
	assert_int_equal(count, 21);
	assert_int_equal(last, QUIC_FRAME_STREAM);
	assert_true(span_eq(f.data, SPAN_LITERAL("end")));
	/* one byte short, and unknown */
	c = cur_init("\6\0\2x", 4);
	assert_int_equal(quic_frame_next(&c, &f), ERR_MALFORMED);
	c = cur_init("\x3f", 1);
	assert_int_equal(quic_frame_next(&c, &f), ERR_UNSUPPORTED);
	c = cur_init("", 0);
	assert_int_equal(quic_frame_next(&c, &f), ERR_END);
}

static void
say(void *arg, const uint8_t *data, size_t len)
{
	buf_append(&said, data, len);
}

static void
say_gap(void *arg, uint64_t len)
{
	buf_printf(&said, "[%llu]", (unsigned long long)len);
}

static const struct quic_order_sink sink = { say, say_gap };

static void
order(struct quic_order *o, uint64_t offset, const char *text)
{
	quic_order_data(o, offset, (const uint8_t *)text, strlen(text), &sink,
	    NULL);
}

static void
pieces_are_put_in_order(void **state)
{
	struct quic_order o = { 0 };

	order(&o, 4, "ef");
	order(&o, 2, "cdE");
	order(&o, 8, "i");
	order(&o, 0, "ab");
	order(&o, 0, "ABCDEFG");
	order(&o, 12, "m");
	quic_order_flush(&o, &sink, NULL);
	buf_u8(&said, 0);
	assert_string_equal((char *)said.data, "abcdEfG[1]i[3]m");
	assert_int_equal(o.held_len, 0);
	quic_order_clear(&o);
}

static void
what_waits_has_a_ceiling(void **state)
{
	struct quic_order o = { 0 };
	unsigned i;

	for (i = 1; i <= QUIC_ORDER_MAX_PIECES; i++)
		order(&o, 2 * i, "x");
	assert_int_equal(said.len, 0);
	order(&o, 2 * i, "x");
	assert_memory_equal(said.data, "[2]x", 4);
	assert_int_equal(o.held_count, QUIC_ORDER_MAX_PIECES);
	quic_order_clear(&o);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys_are_those_of_the_standards),
		TEST(a_short_packet_of_chacha20_is_opened),
		TEST(a_client_hello_is_read),
		TEST(a_hello_in_shuffled_frames_and_packets_is_read),
		TEST(the_server_s_hello_names_the_cipher),
		TEST(behind_a_retry_the_new_id_opens),
		TEST(what_can_t_be_opened_stays_encrypted),
		TEST(every_frame_is_read_and_passed),
		TEST(pieces_are_put_in_order),
		TEST(what_waits_has_a_ceiling),
	};

	return cmocka_run_group_tests_name("quic", tests, NULL, NULL);
}
