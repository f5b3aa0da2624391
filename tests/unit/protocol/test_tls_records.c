// SPDX-License-Identifier: Apache-2.0
#include "tls_bench.h"

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

/* As where a bit of a header was changed on the way. */
static void
behind_both_hellos_it_is_sealed(void **state)
{
	client_hello(false, false);
	send_all(0);
	server_hello(0xc02f, false, 0x33);
	send_all(1);
	buf_append(&out, "\x96\3\3\0\4abcd", 9);
	put_record(&out, 20, "\1", 1);
	put_sealed(&out, 22, 40);
	put_sealed(&out, 23, 1000);
	send_all(0);
	over();
	assert_true(record.conn.tls->broken);
	for (size_t i = 0; i < record.count; i++)
		assert_int_equal(record.messages[i]->kind, MESSAGE_SEALED);
	assert_true(record.count);
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
h2_may_be_spoken_wherever_it_was_offered(void **state)
{
	offers_h2_last = true;
	a_window_that_opens_is_no_answer(state);
	offers_h2_last = false;
}

/* One for each KiB that went out and no more, and more of the body behind it. */
static void
many_windows_in_one_record_are_no_answer(void **state)
{
	static const size_t cases[][2] = { { 10, 1024 }, { 10, 1023 },
		{ 11, 1024 } };

	for (size_t i = 0; i < 3; i++) {
		handshake13();
		plain13(0, 110);
		plain13(1, 9 + 6 * 3 + 13);	/* SETTINGS, WINDOW_UPDATE */
		plain13(0, 10 * 1024 - 110);
		plain13(1, 13 * cases[i][0]);
		plain13(0, 9);
		plain13(0, cases[i][1]);
		assert_int_equal(record.count, i ? 2 : 1);
		over();
		assert_int_equal(stop(state) | start(state), 0);
	}
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

/* A body in pieces of 8192, each with its length: and requests that are no such
 * pieces. */
static void
a_ticket_between_pieces_is_no_answer(void **state)
{
	static const size_t pieces[][2] = { { 8200, 8200 }, { 4096, 4096 },
		{ 4095, 4095 }, { 8200, 8199 } };

	for (size_t i = 0; i < 4; i++) {
		handshake13();
		plain13(0, 143);
		plain13(0, pieces[i][0]);
		plain13(1, 249);
		plain13(0, pieces[i][1]);
		plain13(0, 1000);
		assert_int_equal(record.count, i < 2 ? 1 : 2);
		over();
		assert_int_equal(stop(state) | start(state), 0);
	}
}

/* OpenSSL's, each in a segment of its own, while the client sends headers and
 * other small records; and first answers that are no two such. */
static void
two_tickets_in_segments_of_their_own_are_no_answer(void **state)
{
	static const struct {
		size_t first, second;
		unsigned messages;
	} cases[] = {
		{ 249, 249, 1 }, { 153, 153, 1 }, { 1257, 1257, 1 },
		{ 249, 0, 2 },		/* one alone */
		{ 249, 265, 2 },	/* not alike */
		{ 248, 248, 2 }, { 250, 250, 2 },	/* not of the size */
		{ 137, 137, 2 },	/* shorter than any */
		{ 1273, 1273, 2 },	/* and longer */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		handshake13();
		plain13(0, 173);
		plain13(1, cases[i].first);
		if (cases[i].second)
			plain13(1, cases[i].second);
		plain13(0, 150);
		plain13(0, 5000);
		assert_int_equal(record.count, cases[i].messages);
		/* what comes then is the answer, of any size */
		plain13(1, cases[i].first);
		plain13(0, 150);
		assert_int_equal(record.count, cases[i].messages + 1);
		over();
		assert_int_equal(stop(state) | start(state), 0);
	}
}

static void
alike_answers_to_two_requests_are_answers(void **state)
{
	handshake13();
	plain13(0, 173);
	plain13(1, 249);
	plain13(0, 150);
	assert_int_equal(record.count, 2);
	plain13(1, 249);
	plain13(0, 150);
	assert_int_equal(record.count, 3);
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
		T(early_data_is_data),
		T(a_gap_inside_a_record_is_skipped),
		T(a_gap_over_a_boundary_is_got_over),
		T(a_gap_in_the_hello_loses_only_that),
		T(clear_text_in_answer_is_a_run),
		T(behind_both_hellos_it_is_sealed),
		T(a_record_cut_off_promises_nothing),
		T(alerts_and_heartbeats_are_overhead),
		T(sslv2_hello_is_read),
		T(detection_needs_six_bytes_or_says_no),
		T(names_of_versions_and_ciphers),
		T(a_window_that_opens_is_no_answer),
		T(h2_may_be_spoken_wherever_it_was_offered),
		T(many_windows_in_one_record_are_no_answer),
		T(a_ticket_between_pieces_is_no_answer),
		T(two_tickets_in_segments_of_their_own_are_no_answer),
		T(alike_answers_to_two_requests_are_answers),
		T(an_answer_of_ten_bytes_is_one),
		T(tickets_that_come_late_are_no_answer),
		T(a_record_as_long_as_they_get_is_not_the_last),
	};

	return cmocka_run_group_tests_name("tls_records", tests, NULL, NULL);
}
