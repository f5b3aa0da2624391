// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/quic/quic_plain.h"
#include "record.h"

static struct quic_plain *plain;
static uint64_t sent[2];

static int
start(void **state)
{
	record_clear();
	sent[0] = sent[1] = 0;
	plain = quic_plain_new(&record.conn, QUIC_PLAIN_RUNS);
	return plain ? 0 : -1;
}

static int
stop(void **state)
{
	quic_plain_free(plain);
	record_clear();
	return 0;
}

static void
say(unsigned side, uint64_t stream, const char *text, uint64_t ms)
{
	const struct when when = { ms * 1000000, ms };

	quic_plain_data(plain, side, stream, (const uint8_t *)text,
	    strlen(text), &when);
	sent[side] += strlen(text);
}

static void
over(void)
{
	quic_plain_finish(plain);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

static void
a_stream_is_cut_into_what_goes_out_and_its_answer(void **state)
{
	const struct when when = { 5000000, 5 };

	say(0, 0, "one", 1);
	say(0, 4, "beside", 1);
	say(1, 0, "two", 2);
	say(0, 0, "three", 3);
	quic_plain_gap(plain, 0, 0, 7, &when);
	say(0, 0, "four", 1100);	/* after a second of silence */
	assert_string_equal(record_text(0), " \"one\" <  \"two\"; complete");
	assert_string_equal(record_text(1), " \"beside\" < ; open");
	assert_string_equal(record_text(2), " \"three[7]\" < ; complete");
	over();
	assert_string_equal(record_text(3), " \"four\" < ; cut");
}

static void
a_stream_ends_with_both_of_its_sides(void **state)
{
	const struct when when = { 1, 1 };

	say(0, 0, "both", 1);
	quic_plain_end(plain, 0, 0, true, &when);
	assert_string_equal(record_text(0), " \"both\" < ; open");
	quic_plain_end(plain, 1, 0, true, &when);
	assert_string_equal(record_text(0), " \"both\" < ; complete");
	say(0, 4, "reset", 1);
	quic_plain_end(plain, 0, 4, false, &when);
	quic_plain_end(plain, 1, 4, true, &when);
	assert_string_equal(record_text(1), " \"reset\" < ; cut");
	say(0, 2, "one way", 1);
	quic_plain_end(plain, 0, 2, true, &when);
	assert_string_equal(record_text(2), " \"one way\" < ; complete");
	quic_plain_end(plain, 0, 8, true, &when);	/* never seen */
	over();
}

static void
above_the_ceiling_the_oldest_is_cut(void **state)
{
	for (uint64_t i = 0; i < QUIC_PLAIN_MAX; i++)
		say(0, 4 * i, "x", 1);
	assert_int_equal(record.ended, 0);
	say(0, 4 * QUIC_PLAIN_MAX, "x", 1);
	assert_int_equal(record.ended, 1);
	assert_string_equal(record_text(0), " \"x\" < ; cut");
	say(0, 0, "y", 1);
	assert_int_equal(record.ended, 2);
	assert_int_equal(record.count, QUIC_PLAIN_MAX + 2);
	quic_plain_finish(plain);
	assert_int_equal(record.ended, record.count);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

static void
begin_dns(const char *alpn)
{
	quic_plain_free(plain);
	plain = quic_plain_new(&record.conn,
	    quic_plain_kind_of(span_str(alpn)));
	assert_non_null(plain);
}

/* Bytes from..to of a question for x.example, or its answer, with its length in
 * front of it. */
static void
say_dns(unsigned side, uint64_t stream, char label, size_t from, size_t to)
{
	uint8_t b[64] = "\0\x1b\0\0\1\0\0\1\0\0\0\0\0\0\1x\7example\0\0\1\0\1";
	const struct when when = { 1000000, 1 };

	b[15] = (uint8_t)label;
	if (side) {
		b[1] = 43;
		b[4] = 0x81;
		b[9] = 1;
		memcpy(b + 29, "\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xc0\0\2\1", 16);
	}
	quic_plain_data(plain, side, stream, b + from, to - from, &when);
	sent[side] += to - from;
}

#define DNS_LEN(side) ((side) ? 45u : 29u)

static void
names_are_asked_for_stream_by_stream(void **state)
{
	const struct when when = { 2000000, 2 };

	begin_dns("doq");
	say_dns(0, 0, 'a', 0, 1);
	say_dns(0, 4, 'a', 0, DNS_LEN(0));
	say_dns(0, 0, 'a', 1, DNS_LEN(0));
	quic_plain_end(plain, 0, 0, true, &when);
	/* all have the same ID */
	say_dns(1, 0, 'a', 0, 20);
	say_dns(1, 0, 'a', 20, DNS_LEN(1));
	quic_plain_end(plain, 1, 0, true, &when);
	say(1, 3, "not a question", 3);
	over();
	assert_int_equal(record.messages[0]->kind, MESSAGE_DNS);
	assert_string_equal(record_text(0), "A a.example < ; cut");
	assert_string_equal(record_text(1),
	    "A a.example < NOERROR 192.0.2.1; complete");
	assert_int_equal(record.messages[2]->kind, MESSAGE_RUN);
}

static void
early_drafts_have_no_length_in_front(void **state)
{
	const struct when when = { 2000000, 2 };

	begin_dns("doq-i02");
	say_dns(0, 0, 'a', 2, 9);
	say_dns(0, 0, 'a', 9, DNS_LEN(0));
	quic_plain_end(plain, 0, 0, true, &when);
	say_dns(1, 0, 'a', 2, DNS_LEN(1));
	quic_plain_end(plain, 1, 0, true, &when);
	/* and one whose end never came */
	say_dns(0, 4, 'b', 2, DNS_LEN(0));
	over();
	assert_string_equal(record_text(0),
	    "A a.example < NOERROR 192.0.2.1; complete");
	assert_string_equal(record_text(1), "A b.example < ; cut");
}

static void
what_is_lost_of_a_question_is_a_gap(void **state)
{
	const struct when when = { 2000000, 2 };

	begin_dns("doq-i03");
	say_dns(0, 0, 'a', 0, 10);
	quic_plain_gap(plain, 0, 0, 5, &when);
	say_dns(0, 0, 'a', 15, DNS_LEN(0));
	say_dns(1, 0, 'a', 0, DNS_LEN(1));
	over();
	for (unsigned i = 0; i + 1 < record.count; i++)
		assert_int_equal(record.messages[i]->kind, MESSAGE_RUN);
}

static void
a_question_longer_than_any_is_let_go(void **state)
{
	static const uint8_t bytes[40000];
	const struct when when = { 2000000, 2 };

	begin_dns("doq-i00");
	quic_plain_data(plain, 0, 0, bytes, sizeof(bytes), &when);
	quic_plain_data(plain, 0, 0, bytes, sizeof(bytes), &when);
	sent[0] += 2 * sizeof(bytes);
	over();
	assert_true(record.count >= 1);
}

static void
questions_without_an_end_are_held_up_to_a_mebibyte(void **state)
{
	static const uint8_t bytes[1 << 15];
	const struct when when = { 2000000, 2 };

	begin_dns("doq-i00");
	for (uint64_t i = 0; i < 32; i++)
		quic_plain_data(plain, 0, 4 * i, bytes, sizeof(bytes), &when);
	assert_int_equal(record.count, 0);
	quic_plain_data(plain, 0, 4 * 32, bytes, 1, &when);
	assert_int_equal(record.count, 1);
	/* what is over makes room */
	quic_plain_end(plain, 0, 0, true, &when);
	assert_int_equal(record.count, 2);
	quic_plain_data(plain, 0, 4 * 33, bytes, sizeof(bytes), &when);
	assert_int_equal(record.count, 2);
	sent[0] += 33 * sizeof(bytes) + 1;
	over();
}

static void
applications_are_told_by_name(void **state)
{
	assert_int_equal(quic_plain_kind_of(span_str("doq")), QUIC_PLAIN_DNS);
	assert_int_equal(quic_plain_kind_of(span_str("doq-i11")),
	    QUIC_PLAIN_DNS);
	assert_int_equal(quic_plain_kind_of(span_str("doq-i00")),
	    QUIC_PLAIN_DNS_BARE);
	assert_int_equal(quic_plain_kind_of(span_str("doqs")),
	    QUIC_PLAIN_RUNS);
	assert_int_equal(quic_plain_kind_of(span_str("do")), QUIC_PLAIN_RUNS);
	assert_int_equal(quic_plain_kind_of(span_str("")), QUIC_PLAIN_RUNS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_stream_is_cut_into_what_goes_out_and_its_answer),
		T(a_stream_ends_with_both_of_its_sides),
		T(names_are_asked_for_stream_by_stream),
		T(early_drafts_have_no_length_in_front),
		T(what_is_lost_of_a_question_is_a_gap),
		T(a_question_longer_than_any_is_let_go),
		T(questions_without_an_end_are_held_up_to_a_mebibyte),
		T(applications_are_told_by_name),
		T(above_the_ceiling_the_oldest_is_cut),
	};

	return cmocka_run_group_tests_name("protocol/quic_plain", tests, NULL,
	    NULL);
}
