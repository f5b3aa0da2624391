// SPDX-License-Identifier: Apache-2.0
#include "tls_seal_bench.h"

static void
a_wrong_key_opens_nothing(void **state)
{
	know("CLIENT_HANDSHAKE_TRAFFIC_SECRET", 1, TRAFFIC);
	know("CLIENT_TRAFFIC_SECRET_0", 1, HANDSHAKE);
	handshake(4096);
	for (int i = 0; i < 40; i++)
		seal_text(0, "secret");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "");
	assert_int_equal(record.conn.tls->keys, TLS_KEYS_WRONG);
	assert_int_equal(record.conn.tls->unauthentic, 0);
	assert_false(record.conn.decrypted);
	assert_int_equal(record.messages[0]->kind, MESSAGE_SEALED);
	assert_int_equal(record.messages[0]->wire[0], 40 * (5 + 6 + 17));
}

static void
keys_of_others_are_none(void **state)
{
	char line[256];
	int n = sprintf(line, "CLIENT_TRAFFIC_SECRET_0 %064d %064d\n", 7, 31);

	assert_int_equal(keylog_add(keys, (uint8_t *)line, (size_t)n), 0);
	assert_int_equal(keylog_stats(keys)->secrets, 1);
	handshake(4096);
	seal_text(0, "secret");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "");
	assert_int_equal(record.conn.tls->keys, TLS_KEYS_NONE);
}

static void
traffic_secrets_alone_are_enough(void **state)
{
	know("CLIENT_TRAFFIC_SECRET_0", 0, TRAFFIC);
	know("SERVER_TRAFFIC_SECRET_0", 1, TRAFFIC);
	handshake(4096);
	seal_text(0, "question");
	send_pieces(0, 4096);
	seal_text(1, "answer");
	send_pieces(1, 4096);
	over();
	assert_plain(0, "question");
	assert_plain(1, "answer");
}

static void
what_does_not_authenticate_is_not_passed_on(void **state)
{
	know_all();
	handshake(4096);
	seal_text(0, "one");
	seal_text(0, "two");
	out.data[out.len - 20] ^= 1;
	send_pieces(0, 4096);
	over();
	assert_plain(0, "one");
	assert_int_equal(record.conn.tls->unauthentic, 1);
	assert_int_equal(record.messages[0]->wire[0], 5 + 3 + 17);
}

static void
a_gap_inside_a_record_loses_that_record(void **state)
{
	know_all();
	handshake(4096);
	seal_text(0, "one");		/* 25 bytes each */
	seal_text(0, "two");
	seal_text(0, "six");
	send_with_gap(0, 35, 40);
	over();
	assert_plain(0, "onesix");
	assert_int_equal(record.plain_gap[0], 3);
	assert_int_equal(record.conn.tls->unauthentic, 0);
}

static void
a_gap_over_many_records_is_measured(void **state)
{
	know_all();
	handshake(4096);
	for (int i = 0; i < 60; i++)
		seal_text(0, "abc");
	seal_text(0, "end");
	send_with_gap(0, 60, 25 * 40 + 7);
	over();
	/* Two whole ones, 39 lost, the rest. */
	assert_int_equal(record.plain[0].len, 3 * (2 + 19 + 1));
	assert_int_equal(record.plain_gap[0], 3 * 39);
}

static void
a_gap_at_a_boundary_is_measured(void **state)
{
	know_all();
	handshake(4096);
	for (int i = 0; i < 10; i++)
		seal_text(0, "abc");
	send_with_gap(0, 50, 125);
	over();
	assert_int_equal(record.plain[0].len, 3 * 7);
	assert_int_equal(record.plain_gap[0], 9);
}

static void
a_lost_finished_is_got_over(void **state)
{
	know_all();
	hellos(false);
	send_pieces(1, 4096);
	use_stage(0, HANDSHAKE);
	seal(0, 22, FINISHED, 36, 0);
	use_stage(0, TRAFFIC);
	seal_text(0, "data");
	send_with_gap(0, 10, 20);
	over();
	assert_plain(0, "data");
}

static void
a_record_that_never_ends_is_accounted_for(void **state)
{
	know_all();
	handshake(4096);
	seal_text(0, "whole");
	seal_text(0, "not whole");
	out.len -= 3;
	send_pieces(0, 7);
	over();
	assert_plain(0, "whole");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_wrong_key_opens_nothing),
		T(keys_of_others_are_none),
		T(traffic_secrets_alone_are_enough),
		T(what_does_not_authenticate_is_not_passed_on),
		T(a_gap_inside_a_record_loses_that_record),
		T(a_gap_over_many_records_is_measured),
		T(a_gap_at_a_boundary_is_measured),
		T(a_lost_finished_is_got_over),
		T(a_record_that_never_ends_is_accounted_for),
	};

	return cmocka_run_group_tests_name("tls loss", tests, NULL, NULL);
}
