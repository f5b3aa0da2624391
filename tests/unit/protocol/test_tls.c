// SPDX-License-Identifier: Apache-2.0
#include "tls_bench.h"

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
	assert_span(tls_info_server_name(info), "files.example.org");
	assert_span(tls_info_alpn(info), "h2");
	assert_true(info->alpn_selected && info->may_be_h2);
	assert_int_equal(info->version, 0x0303);
	assert_string_equal(tls_cipher_name(info->cipher),
	    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
	assert_int_equal(info->client_random[31], 0xc1);
	assert_false(info->resumed);
	assert_true(info->complete[0] && info->complete[1]);
	over();
	assert_int_equal(record.count, 0);
	/* Finished is sealed, the rest can be read. */
	assert_int_equal(record.conn.overhead[0][CONN_ENCRYPTED], 45);
}

/* Up to TLS 1.2 its answer is in the clear: without one HTTP/2 is not spoken. */
static void
a_server_that_selects_nothing_speaks_no_http2(void **state)
{
	const struct tls_info *info;
	struct buf ext = { 0 }, body = { 0 };

	client_hello(false, false);
	send_all(0);
	info = record.conn.tls;
	assert_true(info->may_be_h2);
	put_server_hello(&body, 0xc02f, 0x33, &ext);
	put_handshake(&out, 2, &body);
	send_all(1);
	buf_clear(&body);
	assert_true(info->has_server_hello);
	assert_false(info->alpn_selected || info->may_be_h2);
	stop(NULL);
	start(NULL);
	client_hello(true, false);
	send_all(0);
	server_hello(0x1301, true, 0x1d);
	send_all(1);
	assert_true(record.conn.tls->may_be_h2);
}

static void
any_segmentation_reads_the_same(void **state)
{
	for (size_t piece = 1; piece < 40; piece += 3) {
		client_hello(true, false);
		send_pieces(0, piece);
		assert_span(tls_info_server_name(record.conn.tls), "files.example.org");
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
	assert_span(tls_info_server_name(record.conn.tls), "files.example.org");
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(hellos_are_read),
		T(any_segmentation_reads_the_same),
		T(a_server_that_selects_nothing_speaks_no_http2),
		T(a_message_in_several_records_is_put_together),
		T(the_client_is_who_says_hello),
		T(server_hello_alone_tells_the_client_too),
		T(the_same_session_id_is_a_resumption),
		T(data_is_cut_into_bursts),
		T(a_record_is_never_cut_in_two),
		T(bounds_by_cipher),
		T(sealed_handshake_of_13_is_no_data),
		T(tickets_behind_the_first_request_are_no_answer),
		T(an_answer_is_no_ticket),
		T(client_certificate_of_13_is_handshake),
	};

	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
