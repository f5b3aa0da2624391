// SPDX-License-Identifier: Apache-2.0
#include "tls_seal_bench.h"

static void
data_comes_out_however_it_is_cut(void **state)
{
	for (size_t piece = 1; piece < 300; piece = piece * 3 + 1) {
		know_all();
		handshake(piece);
		seal_text(0, "a question");
		seal_text(0, ", and more");
		send_pieces(0, piece);
		seal(1, 22, TICKET, 18, 0);
		seal_text(1, "an answer");
		send_pieces(1, piece);
		over();
		assert_plain(0, "a question, and more");
		assert_plain(1, "an answer");
		assert_int_equal(record.count, 0);
		assert_true(record.conn.decrypted);
		assert_int_equal(record.conn.tls->keys, TLS_KEYS_OPENED);
		assert_int_equal(record.conn.tls->opened, 6);
		assert_int_equal(record.conn.tls->records[0], 2);
		assert_int_equal(tls_info_alpn(record.conn.tls).len, 2);
		assert_true(record.conn.tls->complete[0] &&
		    record.conn.tls->complete[1]);
		stop(NULL);
		start(NULL);
	}
}

static void
padding_is_no_data(void **state)
{
	know_all();
	handshake(4096);
	seal(0, 23, "abc", 3, 200);
	seal(0, 23, "", 0, 100);
	send_pieces(0, 4096);
	over();
	assert_plain(0, "abc");
}

static void
a_record_of_padding_alone_is_none(void **state)
{
	know_all();
	handshake(4096);
	seal(0, 0, "", 0, 100);
	seal_text(0, "abc");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "abc");
}

static void
keys_are_updated(void **state)
{
	uint8_t next[32];

	know_all();
	handshake(4096);
	for (int i = 0; i < 3; i++) {
		seal_text(0, "x");
		seal(0, 22, KEY_UPDATE, 5, 0);
		expand(senders[0].secret, "traffic upd", next, 32);
		use_secret(&senders[0], next);
	}
	seal_text(0, "y");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "xxxy");
}

static void
early_data_is_read(void **state)
{
	know("CLIENT_EARLY_TRAFFIC_SECRET", 0, EARLY);
	know_all();
	hellos(true);
	assert_plain(0, "early ");
	use_stage(1, HANDSHAKE);
	seal(1, 22, FINISHED, 36, 0);
	send_pieces(1, 4096);
	seal_text(0, "bird");
	seal(0, 22, "\5\0\0\0", 4, 0);
	use_stage(0, HANDSHAKE);
	seal(0, 22, FINISHED, 36, 0);
	use_stage(0, TRAFFIC);
	seal_text(0, " late");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "early bird late");
	assert_int_equal(record.refused, 0);
}

static void
early_data_that_is_refused_ends_without_a_word(void **state)
{
	know("CLIENT_EARLY_TRAFFIC_SECRET", 0, EARLY);
	know_all();
	hellos(true);
	send_pieces(1, 4096);
	use_stage(0, HANDSHAKE);
	seal(0, 22, FINISHED, 36, 0);
	use_stage(0, TRAFFIC);
	seal_text(0, "again");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "early again");
	assert_int_equal(record.refused, 1);
	assert_int_equal(record.refused_len, strlen("early "));
	assert_true(record.conn.tls->early_refused);
}

static void
keys_that_come_behind_the_hello_are_found(void **state)
{
	/* as a log has it that was written too late */
	hello(false);
	assert_int_equal(record.conn.tls->keys, TLS_KEYS_NONE);
	know_all();
	handshake_from_server(4096);
	seal_text(0, "question");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "question");
	assert_int_equal(record.conn.tls->keys, TLS_KEYS_OPENED);
}

/* Of each secret two wrong ones stand before the right one, and one behind it. */
static void
of_several_secrets_the_right_one_is_found(void **state)
{
	static const char *const names[] = {
		"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
		"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0" };
	uint8_t next[32];

	for (unsigned i = 0; i < 8; i++)
		know(names[i % 4], i, 8);
	know_all();
	for (unsigned i = 0; i < 4; i++)
		know(names[i], i, 9);
	handshake(4096);
	seal_text(0, "question");
	seal(0, 22, KEY_UPDATE, 5, 0);
	expand(senders[0].secret, "traffic upd", next, 32);
	use_secret(&senders[0], next);
	seal_text(0, ", more");
	send_pieces(0, 4096);
	seal_text(1, "answer");
	send_pieces(1, 4096);
	over();
	assert_plain(0, "question, more");
	assert_plain(1, "answer");
	assert_int_equal(record.conn.tls->unauthentic, 0);
}

static void
so_it_is_of_early_data_that_are_refused(void **state)
{
	know("CLIENT_EARLY_TRAFFIC_SECRET", 0, 8);
	know("CLIENT_HANDSHAKE_TRAFFIC_SECRET", 0, 8);
	know("CLIENT_TRAFFIC_SECRET_0", 0, 8);
	early_data_that_is_refused_ends_without_a_word(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(data_comes_out_however_it_is_cut),
		T(padding_is_no_data),
		T(a_record_of_padding_alone_is_none),
		T(keys_are_updated),
		T(of_several_secrets_the_right_one_is_found),
		T(so_it_is_of_early_data_that_are_refused),
		T(early_data_is_read),
		T(early_data_that_is_refused_ends_without_a_word),
		T(keys_that_come_behind_the_hello_are_found),
	};

	return cmocka_run_group_tests_name("tls decrypt", tests, NULL, NULL);
}
