// SPDX-License-Identifier: Apache-2.0
#include "quic_session_bench.h"

static void
a_request_stream_is_a_message(void **state)
{
	shake_hands("h3");
	put_stream(1, 0, 0, request, sizeof(request));
	send_short(0, false);
	put_stream(1, 0, 0, response, sizeof(response));
	send_short(1, false);
	assert_string_equal(record_text(0), GET_OK);
	assert_true(record.conn.decrypted);
	assert_int_equal(record.messages[0]->wire[0], sizeof(request));
	assert_int_equal(record.plain_read[0], sizeof(request));
	assert_int_equal(record.plain_read[1], sizeof(response));
	over();
}

static void
pieces_come_in_any_order_and_twice(void **state)
{
	shake_hands("h3-29");
	put_stream(1, 0, 4, request + 4, sizeof(request) - 4);
	send_short(0, false);
	put_stream(0, 0, 0, request, 6);
	send_short(0, false);
	put_stream(1, 0, 0, request, sizeof(request));
	send_short(0, false);
	put_stream(0, 0, 0, response, 5);
	put_stream(1, 0, 5, response + 5, sizeof(response) - 5);
	send_short(1, false);
	put_stream(1, 0, 5, response + 5, sizeof(response) - 5);
	send_short(1, false);
	assert_string_equal(record_text(0), GET_OK);
	over();
	assert_int_equal(record.count, 1);
}

/* Of each secret a wrong one stands before the right one. */
static void
of_several_secrets_the_right_one_is_found(void **state)
{
	struct keylog *both = keylog_new();
	const struct keylog *one = record.env.keys;

	for (int wrong = 1; wrong >= 0; wrong--)
		for (int side = 0; side < 2; side++) {
			char line[300], *at = line;

			at += sprintf(at, "%s_TRAFFIC_SECRET_0 " CLIENT_RANDOM " ",
			    side ? "SERVER" : "CLIENT");
			for (int i = 0; i < 32; i++)
				at += sprintf(at, "%02x", secret[side][i] + wrong);
			assert_int_equal(keylog_add(both, (uint8_t *)line,
			    (size_t)(at - line)), 0);
		}
	record.env.keys = both;
	shake_hands("h3");
	put_stream(1, 0, 0, request, sizeof(request));
	send_short(0, false);
	put_stream(1, 0, 0, response, sizeof(response));
	send_short(1, false);
	assert_string_equal(record_text(0), GET_OK);
	assert_int_equal(record.conn.tls->unauthentic, 0);
	over();
	record.env.keys = one;
	keylog_free(both);
}

static void
keys_are_followed_through_updates(void **state)
{
	shake_hands("h3");
	for (uint64_t i = 0; i < 8; i++) {
		/* two of each in every phase */
		put_stream(1, 4 * i, 0, request, sizeof(request));
		send_short(0, i >> 1 & 1);
		put_stream(1, 4 * i, 0, response, sizeof(response));
		send_short(1, i >> 1 & 1);
		assert_string_equal(record_text(i), GET_OK);
		if (i & 1) {
			update(0);
			update(1);
		}
	}
	over();
}

static void
what_an_update_overtook_opens_with_the_keys_before(void **state)
{
	struct quic_keys old = app[0], new;

	shake_hands("h3");
	put_stream(1, 0, 0, request, sizeof(request));
	send_short(0, false);
	update(0);
	put_stream(1, 8, 0, request, sizeof(request));
	pn[0] = 2;
	send_short(0, true);
	new = app[0];
	app[0] = old;
	put_stream(1, 4, 0, request, sizeof(request));
	pn[0] = 1;
	send_short(0, false);
	app[0] = new;
	put_stream(1, 12, 0, request, sizeof(request));
	pn[0] = 3;
	send_short(0, true);
	assert_int_equal(record.count, 4);
	assert_int_equal(record.conn.tls->opened, 4);
	assert_int_equal(record.conn.tls->unauthentic, 0);
	over();
}

static void
updates(unsigned count)
{
	shake_hands("h3");
	put_stream(1, 0, 0, request, sizeof(request));
	send_short(0, false);
	for (unsigned i = 0; i < count; i++)
		update(0);
	put_stream(1, 4, 0, request, sizeof(request));
	send_short(0, count & 1);
}

static void
what_follows_lost_updates_opens(void **state)
{
	for (unsigned count = 2; count <= 6; count++) {
		updates(count);
		assert_int_equal(record.conn.tls->opened, 2);
		assert_int_equal(record.conn.tls->unauthentic, 0);
		over();
		stop(state);
		assert_int_equal(start(state), 0);
	}
	updates(7);
	assert_int_equal(record.conn.tls->opened, 1);
	assert_int_equal(record.conn.tls->unauthentic, 1);
	over();
}

/* The packet number in one byte. */
static void
send_short_pn(uint32_t number)
{
	struct quic_crypt x = { 0 };
	struct quic_keys *k = &app[0];
	struct quic_header header;
	uint8_t plain[512];
	size_t len;

	/* sealed by the same nonce, with less of the number in the header */
	put_stream(1, 4ull * number, 0, request, sizeof(request));
	buf_u8(&out, 0x40);
	buf_u8(&out, (uint8_t)number);
	quic_seal_cut(&out, k, number, 1, frames.data, frames.len);
	buf_reset(&frames);
	assert_int_equal(quic_unprotect_header(&x, k,
	    (struct span){ out.data, out.len }, 1, number, &header), 0);
	assert_int_equal(quic_open(&x, k, (struct span){ out.data, out.len }, 1,
	    &header, plain, &len), 0);
	quic_crypt_clear(&x);
	send_out(0);
}

static void
what_follows_many_lost_packets_opens(void **state)
{
	shake_hands("h3");
	send_short_pn(0);
	send_short_pn(100);	/* as its one byte says */
	send_short_pn(3000);	/* windows of 256 further */
	send_short_pn(3001);
	send_short_pn(2999);
	assert_int_equal(record.conn.tls->opened, 5);
	assert_int_equal(record.conn.tls->unauthentic, 0);
	send_short_pn(3001 + 34 * 256);
	assert_int_equal(record.conn.tls->unauthentic, 1);
	over();
}

static void
a_lost_packet_is_a_gap_at_the_end(void **state)
{
	shake_hands("h3");
	put_stream(0, 0, 0, request, sizeof(request));
	put_stream(0, 0, sizeof(request), "\0\6abc", 5);
	send_short(0, false);
	put_stream(1, 0, sizeof(request) + 7, "f", 1);
	send_short(0, false);
	over();
	assert_string_equal(record_text(0),
	    "GET https://h/ 3.0 \"abc[2]f\" complete < ; cut");
}

static void
a_reset_stream_is_cut(void **state)
{
	shake_hands("h3");
	put_stream(0, 0, 0, request, sizeof(request));
	buf_append(&frames, "\4\0\0\12", 4);
	send_short(0, false);
	over();
	assert_string_equal(record_text(0),
	    "GET https://h/ 3.0 cut < ; cut");
}

static void
what_other_keys_sealed_stays_sealed(void **state)
{
	shake_hands("h3");
	app[0].key[0] ^= 1;
	put_stream(1, 0, 0, request, sizeof(request));
	put_fill(&frames, 0, 60);
	send_short(0, false);
	assert_int_equal(record.messages[0]->kind, MESSAGE_SEALED);
	assert_false(record.conn.decrypted);
	over();
}

static void
packets_that_overtake_the_server_hello_are_opened(void **state)
{
	client_hello("h3");
	put_stream(0, 3, 0, "\0\4\0", 3);
	send_short(1, false);
	put_stream(1, 0, 0, request, sizeof(request));
	send_short(0, false);
	assert_int_equal(record.conn.tls->opened, 0);
	server_hello("");
	assert_int_equal(record.conn.tls->opened, 2);
	put_stream(1, 0, 0, response, sizeof(response));
	send_short(1, false);
	over();
	assert_int_equal(record.conn.tls->opened, 3);
	assert_int_equal(record.count, 1);
	assert_int_equal(record.messages[0]->kind, MESSAGE_HTTP);
}

/* None of it can be opened then; all of it is told. */
static void
without_a_server_hello_they_are_sealed(void **state)
{
	client_hello("h3");
	for (int i = 0; i < 30; i++) {
		put_stream(0, 0, 0, "0", 1);
		put_fill(&frames, 0, 1200);
		send_short(0, false);
	}
	over();
	assert_int_equal(record.conn.tls->opened, 0);
	assert_int_equal(record.messages[0]->kind, MESSAGE_SEALED);
}

static void
without_http3_streams_are_runs(void **state)
{
	shake_hands("perf");
	put_stream(0, 0, 2, "cd", 2);
	send_short(0, false);
	put_stream(0, 0, 0, "ab", 2);
	put_stream(1, 4, 0, "other", 5);
	put_stream(1, 2, 0, "one way", 7);
	send_short(0, false);
	put_stream(0, 0, 0, "answer", 6);
	send_short(1, false);
	put_stream(1, 0, 4, "again", 5);
	send_short(0, false);
	put_stream(1, 0, 6, "", 0);
	put_stream(0, 4, 3, "late", 4);
	send_short(1, false);
	assert_string_equal(record_text(0),
	    " \"abcd\" <  \"answer\"; complete");
	assert_string_equal(record_text(1), " \"other\" < ; open");
	assert_string_equal(record_text(2), " \"one way\" < ; complete");
	over();
	assert_int_equal(record.count, 4);
}

/* Whatever went out in it, nobody has looked at it. */
static void
what_is_left_out_is_not_understood(void **state)
{
	static const uint8_t bytes[100];

	shake_hands("h3");
	for (uint64_t i = 0; i <= QUIC_STREAMS_MAX; i++) {
		put_stream(0, 4 * i, 0, "", 0);
		send_short(0, false);
	}
	assert_int_equal(record.conn.overhead[0][CONN_UNDERSTOOD], sent[0]);
	put_stream(0, 0, 0, bytes, sizeof(bytes));
	send_short(0, false);
	assert_int_equal(record.conn.overhead[0][CONN_UNDERSTOOD],
	    sent[0] - sizeof(bytes));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_stream_is_a_message),
		TEST(pieces_come_in_any_order_and_twice),
		TEST(of_several_secrets_the_right_one_is_found),
		TEST(keys_are_followed_through_updates),
		TEST(what_an_update_overtook_opens_with_the_keys_before),
		TEST(what_follows_lost_updates_opens),
		TEST(what_follows_many_lost_packets_opens),
		TEST(a_lost_packet_is_a_gap_at_the_end),
		TEST(a_reset_stream_is_cut),
		TEST(what_other_keys_sealed_stays_sealed),
		TEST(packets_that_overtake_the_server_hello_are_opened),
		TEST(without_a_server_hello_they_are_sealed),
		TEST(without_http3_streams_are_runs),
		TEST(what_is_left_out_is_not_understood),
	};

	return cmocka_run_group_tests_name("quic session", tests, NULL, NULL);
}
