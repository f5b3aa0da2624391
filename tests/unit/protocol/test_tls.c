// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocol/tls.h"
#include "record.h"
#include "tls_build.h"

static struct layer *layer;
static uint64_t sent[2];
static struct when now;
static struct buf out;		/* what is to be sent next */

static int
start(void **state)
{
	record_clear();
	record.conn.endpoint_by = ENDPOINT_BY_FIRST_PACKET;
	sent[0] = sent[1] = 0;
	now = (struct when){ 1, 1 };
	buf_init(&out, 0);
	layer = tls_layer_new(&record.conn);
	return layer ? 0 : -1;
}

static int
stop(void **state)
{
	layer->ops->free(layer);
	buf_clear(&out);
	record_clear();
	return 0;
}

/* Sends what out holds in pieces of at most piece bytes. */
static void
send_pieces(unsigned side, size_t piece)
{
	for (size_t i = 0; i < out.len; i += piece) {
		size_t len = out.len - i < piece ? out.len - i : piece;

		layer->ops->data(layer, side, out.data + i, len, &now);
	}
	sent[side] += out.len;
	buf_reset(&out);
	now.ts_ns += 1000;
	now.packet++;
}

static void
send_all(unsigned side)
{
	send_pieces(side, SIZE_MAX / 2);
}

static void
send_record(unsigned side, uint8_t type, size_t len)
{
	put_sealed(&out, type, len);
	send_all(side);
}

static void
client_hello(bool tls13, bool early)
{
	static const uint16_t ciphers[] = { 0x1301, 0xc02f, 0xc013 };
	struct buf ext = { 0 }, body = { 0 };

	put_server_name(&ext, "files.example.org");
	put_alpn(&ext, "h2");
	if (tls13)
		put_extension(&ext, 43, "\4\3\4\3\3", 5);
	if (early)
		put_extension(&ext, 42, "", 0);
	put_client_hello(&body, 0x0303, ciphers, 3, &ext);
	put_handshake(&out, 1, &body);
	buf_clear(&ext);
	buf_clear(&body);
}

static void
server_hello(uint16_t cipher, bool tls13, uint8_t id)
{
	struct buf ext = { 0 }, body = { 0 };

	if (tls13)
		put_extension(&ext, 43, "\3\4", 2);
	else
		put_alpn(&ext, "h2");
	put_server_hello(&body, cipher, id, &ext);
	put_handshake(&out, 2, &body);
	buf_clear(&ext);
	buf_clear(&body);
}

/* A TLS 1.2 handshake, all of it. */
static void
handshake12(uint16_t cipher)
{
	client_hello(false, false);
	send_all(0);
	server_hello(cipher, false, 0x33);
	put_record(&out, 22, "\x0e\0\0\0", 4);
	send_all(1);
	for (unsigned side = 0; side < 2; side++) {
		put_record(&out, 20, "\1", 1);
		put_sealed(&out, 22, 40);
		send_all(side);
	}
}

/* A TLS 1.3 handshake up to the client's Finished. */
static void
handshake13(void)
{
	client_hello(true, false);
	send_all(0);
	server_hello(0x1301, true, 0x1d);
	put_record(&out, 20, "\1", 1);
	put_sealed(&out, 23, 900);
	put_sealed(&out, 23, 4 + 32 + 17);
	send_all(1);
	put_record(&out, 20, "\1", 1);
	put_sealed(&out, 23, 4 + 32 + 17);
	send_all(0);
}

static void
over(void)
{
	layer->ops->finish(layer, &now);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

static void
assert_span(struct span s, const char *text)
{
	assert_int_equal(s.len, strlen(text));
	assert_memory_equal(s.p, text, s.len);
}

static void
hellos_are_read(void **state)
{
	const struct tls_info *info = record.conn.tls;

	handshake12(0xc02f);
	assert_span(info->server_name, "files.example.org");
	assert_span(info->alpn, "h2");
	assert_true(info->alpn_selected);
	assert_int_equal(info->version, 0x0303);
	assert_string_equal(tls_cipher_name(info->cipher),
	    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	assert_int_equal(info->client_random[31], 0xc1);
	assert_int_equal(info->server_random[0], 0x5e);
	assert_int_equal(info->session_id_len, 4);
	assert_false(info->resumed);
	assert_true(info->complete[0] && info->complete[1]);
	over();
	assert_int_equal(record.count, 0);
	/* Finished is sealed, the rest can be read. */
	assert_int_equal(record.conn.overhead[0][CONN_ENCRYPTED], 45);
}

static void
any_segmentation_reads_the_same(void **state)
{
	for (size_t piece = 1; piece < 40; piece += 3) {
		client_hello(true, false);
		send_pieces(0, piece);
		assert_span(record.conn.tls->server_name, "files.example.org");
		server_hello(0x1301, true, 0x1d);
		send_pieces(1, piece);
		assert_int_equal(record.conn.tls->cipher, 0x1301);
		put_sealed(&out, 23, 200);
		send_pieces(1, piece);
		put_sealed(&out, 23, 53);
		put_sealed(&out, 23, 117);
		send_pieces(0, piece);
		over();
		assert_int_equal(record.count, 1);
		assert_string_equal(record_text(0),
		    " \"{100-100}\" < ; complete");
		stop(NULL);
		start(NULL);
	}
}

static void
a_message_in_several_records_is_put_together(void **state)
{
	struct buf hello;

	client_hello(false, false);
	hello = out;
	buf_init(&out, 0);
	for (size_t i = 5; i < hello.len; i += 7)
		put_record(&out, 22, hello.data + i,
		    hello.len - i < 7 ? hello.len - i : 7);
	buf_clear(&hello);
	send_all(0);
	assert_span(record.conn.tls->server_name, "files.example.org");
	over();
}

static void
the_client_is_who_says_hello(void **state)
{
	client_hello(false, false);
	send_all(1);
	assert_int_equal(record.conn.endpoint_side, 1);
}

static void
server_hello_alone_tells_the_client_too(void **state)
{
	server_hello(0xc02f, false, 1);
	send_all(0);
	assert_int_equal(record.conn.endpoint_side, 1);
}

static void
the_same_session_id_is_a_resumption(void **state)
{
	client_hello(false, false);
	send_all(0);
	server_hello(0xc02f, false, 0x1d);
	send_all(1);
	assert_true(record.conn.tls->resumed);
}

static void
data_is_cut_into_bursts(void **state)
{
	handshake12(0xc02f);
	send_record(0, 23, 24 + 10);
	send_record(0, 23, 24 + 20);
	send_record(1, 23, 24 + 5);
	send_record(0, 23, 24 + 7);
	now.ts_ns += 2000000000;
	send_record(0, 23, 24 + 8);
	over();
	assert_int_equal(record.count, 3);
	assert_string_equal(record_text(0),
	    " \"{10-10}{20-20}\" <  \"{5-5}\"; complete");
	assert_string_equal(record_text(1), " \"{7-7}\" < ; complete");
	assert_string_equal(record_text(2), " \"{8-8}\" < ; complete");
	assert_int_equal(record.messages[0]->wire[0], 5 + 34 + 5 + 44);
	assert_int_equal(record.messages[0]->kind, MESSAGE_SEALED);
}

static void
a_record_is_never_cut_in_two(void **state)
{
	handshake12(0xc02f);
	put_sealed(&out, 23, 100);
	layer->ops->data(layer, 0, out.data, 50, &now);
	layer->ops->data(layer, 1, (const uint8_t *)"\x17\3\3\0\x18", 5, &now);
	sent[1] += 5;
	layer->ops->data(layer, 0, out.data + 50, out.len - 50, &now);
	sent[0] += out.len;
	buf_reset(&out);
	assert_int_equal(record.count, 1);
	assert_int_equal(record.messages[0]->wire[0], 105);
	put_fill(&out, 0, 24);
	send_all(1);
	over();
}

static void
bounds_by_cipher(void **state)
{
	static const struct {
		uint16_t cipher;
		const char *text;
	} cases[] = {
		{ 0xc02f, "{76-76}" },		/* GCM: 8 + 16 */
		{ 0xcca8, "{84-84}" },		/* ChaCha20: 16 */
		{ 0xc0a0, "{84-84}" },		/* CCM_8: 8 + 8 */
		{ 0xc09c, "{76-76}" },		/* CCM: 8 + 16 */
		{ 0xc013, "{48-63}" },		/* AES-CBC, SHA-1 */
		{ 0x003c, "{36-51}" },		/* AES-CBC, SHA-256 */
		{ 0x000a, "{64-71}" },		/* 3DES, SHA-1 */
		{ 0x0005, "{80-80}" },		/* RC4, SHA-1 */
		{ 0xeeee, "{0-91}" },		/* not known */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		handshake12(cases[i].cipher);
		send_record(0, 23, 100);
		over();
		assert_memory_equal(record.messages[0]->body[0].data,
		    cases[i].text, strlen(cases[i].text));
		stop(NULL);
		start(NULL);
	}
}

static void
sealed_handshake_of_13_is_no_data(void **state)
{
	handshake13();
	put_sealed(&out, 23, 250);	/* two tickets */
	put_sealed(&out, 23, 250);
	send_all(1);
	assert_int_equal(record.count, 0);
	assert_true(record.conn.tls->complete[0] &&
	    record.conn.tls->complete[1]);
	send_record(0, 23, 117);
	send_record(1, 23, 57);
	over();
	assert_int_equal(record.count, 1);
	assert_string_equal(record_text(0),
	    " \"{100-100}\" <  \"{40-40}\"; complete");
	/* CCS can be read; Finished can't. */
	assert_int_equal(record.conn.overhead[0][CONN_ENCRYPTED], 58);
	assert_int_equal(record.conn.overhead[1][CONN_ENCRYPTED],
	    905 + 58 + 255 * 2);
}

static void
tickets_behind_the_first_request_are_no_answer(void **state)
{
	handshake13();
	send_record(0, 23, 1017);
	put_sealed(&out, 23, 250);
	put_sealed(&out, 23, 250);
	send_all(1);
	send_record(0, 23, 2017);
	send_record(1, 23, 500);
	over();
	assert_int_equal(record.count, 1);
	assert_string_equal(record_text(0),
	    " \"{1000-1000}{2000-2000}\" <  \"{483-483}\"; complete");
}

static void
an_answer_is_no_ticket(void **state)
{
	handshake13();
	send_record(0, 23, 1017);
	send_record(1, 23, 250);
	send_record(0, 23, 2017);
	over();
	assert_int_equal(record.count, 2);
}

static void
client_certificate_of_13_is_handshake(void **state)
{
	client_hello(true, false);
	send_all(0);
	server_hello(0x1301, true, 0x1d);
	put_sealed(&out, 23, 900);
	send_all(1);
	put_sealed(&out, 23, 1500);	/* Certificate */
	put_sealed(&out, 23, 281);	/* CertificateVerify */
	put_sealed(&out, 23, 53);
	put_sealed(&out, 23, 117);
	send_all(0);
	over();
	assert_int_equal(record.count, 1);
	assert_string_equal(record_text(0), " \"{100-100}\" < ; complete");
}

static void
early_data_is_data(void **state)
{
	client_hello(true, true);
	put_record(&out, 20, "\1", 1);
	put_sealed(&out, 23, 317);
	send_all(0);
	server_hello(0x1301, true, 0x1d);
	put_sealed(&out, 23, 100);
	send_all(1);
	put_sealed(&out, 23, 417);
	put_sealed(&out, 23, 21);	/* EndOfEarlyData */
	put_sealed(&out, 23, 53);
	put_sealed(&out, 23, 517);
	send_all(0);
	over();
	assert_int_equal(record.conn.tls->records[0], 3);
	assert_int_equal(record.messages[0]->wire[0] +
	    (record.count > 1 ? record.messages[1]->wire[0] : 0),
	    322 + 422 + 522);
}

static void
a_gap_inside_a_record_is_skipped(void **state)
{
	handshake12(0xc02f);
	put_sealed(&out, 23, 124);
	layer->ops->data(layer, 0, out.data, 30, &now);
	layer->ops->gap(layer, 0, 60, &now);
	layer->ops->data(layer, 0, out.data + 90, out.len - 90, &now);
	sent[0] += out.len - 60;
	buf_reset(&out);
	send_record(0, 23, 34);
	over();
	assert_int_equal(record.count, 1);
	assert_string_equal(record_text(0),
	    " \"[60]{100-100}{10-10}\" < ; complete");
}

static void
a_gap_over_a_boundary_is_got_over(void **state)
{
	handshake12(0xc02f);
	put_sealed(&out, 23, 124);
	put_sealed(&out, 23, 224);
	layer->ops->data(layer, 0, out.data, 30, &now);
	layer->ops->gap(layer, 0, 129, &now);
	layer->ops->data(layer, 0, out.data + 159, out.len - 159, &now);
	sent[0] += out.len - 129;
	buf_reset(&out);
	send_record(0, 23, 34);
	send_record(0, 23, 44);
	over();
	assert_int_equal(record.count, 1);
	/* The rest of the record whose head is lost, then known ones. */
	assert_string_equal(record_text(0),
	    " \"[129]{100-100}{0-199}{10-10}{20-20}\" < ; complete");
}

static void
a_gap_in_the_hello_loses_only_that(void **state)
{
	client_hello(false, false);
	layer->ops->data(layer, 0, out.data, 20, &now);
	layer->ops->gap(layer, 0, out.len - 20, &now);
	sent[0] += 20;
	buf_reset(&out);
	server_hello(0xc02f, false, 1);
	send_all(1);
	assert_false(record.conn.tls->has_client_hello);
	assert_int_equal(record.conn.tls->cipher, 0xc02f);
	over();
}

static void
clear_text_in_answer_is_a_run(void **state)
{
	client_hello(false, false);
	send_all(0);
	buf_str(&out, "HTTP/1.1 400 Bad Request\r\n\r\n");
	send_pieces(1, 3);
	over();
	assert_int_equal(record.count, 1);
	assert_int_equal(record.messages[0]->kind, MESSAGE_RUN);
	assert_string_equal(record_text(0),
	    " <  \"HTTP/1.1 400 Bad Request\r\n\r\n\"; broken");
	assert_true(record.conn.tls->broken);
}

static void
a_record_cut_off_promises_nothing(void **state)
{
	handshake12(0xc02f);
	put_sealed(&out, 23, 1000);
	out.len = 505;
	send_all(0);
	over();
	assert_string_equal(record_text(0), " \"{0-476}\" < ; cut");
}

static void
alerts_and_heartbeats_are_overhead(void **state)
{
	handshake12(0xc02f);
	send_record(0, 21, 26);
	send_record(1, 24, 60);
	over();
	assert_int_equal(record.count, 0);
}

static void
sslv2_hello_is_read(void **state)
{
	static const uint8_t hello[] = "\x80\x1f\x01\x03\x01\0\6\0\0\0\x10"
	    "\0\0\x2f\0\0\x35" "0123456789abcdef";

	assert_int_equal(tls_detect(hello, sizeof(hello) - 1), 1);
	buf_append(&out, hello, sizeof(hello) - 1);
	send_all(0);
	assert_int_equal(record.conn.tls->version, 0x0301);
	assert_int_equal(record.conn.tls->client_random[16], '0');
	over();
}

static void
detection_needs_six_bytes_or_says_no(void **state)
{
	client_hello(false, false);
	for (size_t len = 0; len < 11; len++)
		assert_int_equal(tls_detect(out.data, len), -1);
	assert_int_equal(tls_detect(out.data, 11), 1);
	assert_int_equal(tls_detect((const uint8_t *)"GET / HT", 8), 0);
	assert_int_equal(tls_detect((const uint8_t *)"\x16\2", 2), 0);
	assert_int_equal(tls_detect((const uint8_t *)"\x16\3\1\0\0", 5), 0);
	assert_int_equal(tls_detect((const uint8_t *)"\x15\3\1\0\2\2\x28", 7),
	    1);
	assert_int_equal(tls_detect((const uint8_t *)"\x15\3\1\0\2\3\x28", 7),
	    0);
}

static void
names_of_versions_and_ciphers(void **state)
{
	assert_string_equal(tls_version_name(0x0304), "1.3");
	assert_string_equal(tls_version_name(0x7f1c), "1.3");
	assert_string_equal(tls_version_name(0x0300), "3.0");
	assert_null(tls_version_name(0x0305));
	assert_string_equal(tls_cipher_name(0x0000), "TLS_NULL_WITH_NULL_NULL");
	assert_string_equal(tls_cipher_name(0xd005),
	    "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256");
	assert_null(tls_cipher_name(0xffff));
	assert_null(tls_cipher_name(0x1306));
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

/* Records of so many bytes of plaintext, in TLS 1.3. */
static void
plain13(unsigned side, size_t len)
{
	send_record(side, 23, len + 17);
}

static void
a_window_that_opens_is_no_answer(void **state)
{
	handshake13();
	plain13(0, 110);
	plain13(1, 9 + 6 * 3 + 13);	/* SETTINGS, WINDOW_UPDATE */
	plain13(0, 9);
	plain13(0, 16384);
	plain13(1, 13);
	plain13(0, 9);
	plain13(1, 26);
	plain13(0, 5000);
	assert_int_equal(record.count, 1);
	plain13(1, 90);			/* HEADERS and DATA */
	plain13(0, 400);
	assert_int_equal(record.count, 2);
	over();
}

static void
tickets_that_come_late_are_no_answer(void **state)
{
	handshake13();
	plain13(0, 110);
	plain13(1, 281);
	plain13(0, 9);			/* SETTINGS acknowledged */
	plain13(0, 16384);
	plain13(1, 281);
	plain13(0, 49187);
	plain13(1, 62);			/* SETTINGS and others */
	plain13(0, 744);
	assert_int_equal(record.count, 1);
	plain13(1, 281);
	plain13(0, 100);
	assert_int_equal(record.count, 2);
	over();
}

static void
a_record_as_long_as_they_get_is_not_the_last(void **state)
{
	handshake13();
	plain13(0, 300);
	plain13(1, 2000);
	plain13(0, 16384);
	plain13(1, 500);
	plain13(0, 16383);
	assert_int_equal(record.count, 2);
	plain13(1, 500);
	plain13(0, 1);
	assert_int_equal(record.count, 3);
	over();
}

static void
an_answer_of_ten_bytes_is_one(void **state)
{
	handshake13();
	plain13(0, 110);
	plain13(1, 9 + 6 * 3);
	plain13(0, 16380);
	plain13(1, 10);
	plain13(0, 16380);
	assert_int_equal(record.count, 2);
	/* only the first record can have SETTINGS */
	plain13(1, 9 + 6 * 3);
	plain13(0, 16380);
	assert_int_equal(record.count, 3);
	over();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(hellos_are_read), T(any_segmentation_reads_the_same),
		T(a_message_in_several_records_is_put_together),
		T(the_client_is_who_says_hello),
		T(server_hello_alone_tells_the_client_too),
		T(the_same_session_id_is_a_resumption),
		T(data_is_cut_into_bursts), T(a_record_is_never_cut_in_two),
		T(bounds_by_cipher), T(sealed_handshake_of_13_is_no_data),
		T(tickets_behind_the_first_request_are_no_answer),
		T(an_answer_is_no_ticket),
		T(client_certificate_of_13_is_handshake),
		T(early_data_is_data), T(a_gap_inside_a_record_is_skipped),
		T(a_gap_over_a_boundary_is_got_over),
		T(a_gap_in_the_hello_loses_only_that),
		T(clear_text_in_answer_is_a_run),
		T(a_record_cut_off_promises_nothing),
		T(alerts_and_heartbeats_are_overhead), T(sslv2_hello_is_read),
		T(detection_needs_six_bytes_or_says_no),
		T(names_of_versions_and_ciphers),
		T(a_window_that_opens_is_no_answer),
		T(an_answer_of_ten_bytes_is_one),
		T(tickets_that_come_late_are_no_answer),
		T(a_record_as_long_as_they_get_is_not_the_last),
	};

	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
