// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocol/dns/dns.h"
#include "record.h"

static struct layer *layer;
static uint64_t sent[2];
static struct when now;

static void
begin(uint8_t proto, uint16_t port)
{
	record_clear();
	record.conn.endpoint_by = ENDPOINT_BY_FIRST_PACKET;
	record.conn.proto = proto;
	record.conn.port[0] = 4000;
	record.conn.port[1] = port;
	sent[0] = sent[1] = 0;
	now = (struct when){ 1, 1 };
	layer = dns_layer_new(&record.conn);
	assert_non_null(layer);
}

static void
over(void)
{
	layer->ops->finish(layer, &now);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
	layer->ops->free(layer);
}

/* Writes a message about label.example; returns its length. */
static size_t
write_message(uint8_t *b, uint8_t id, bool response, char label)
{
	memcpy(b, "\0\0\1\0\0\1\0\0\0\0\0\0\1x\7example\0\0\1\0\1", 27);
	b[1] = id;
	b[13] = (uint8_t)label;
	if (!response)
		return 27;
	b[2] = 0x81;
	b[7] = 1;
	memcpy(b + 27, "\xc0\x0c\0\1\0\1\0\0\0\1\0\4\xc0\0\2\1", 16);
	return 43;
}

static void
say(unsigned side, uint8_t id, bool response, char label)
{
	uint8_t b[64];
	size_t len = write_message(b, id, response, label);

	layer->ops->data(layer, side, b, len, &now);
	sent[side] += len;
	now.ts_ns += 1000000;
	now.packet++;
}

static void
a_question_and_its_answer_are_one_message(void **state)
{
	begin(17, 53);
	say(0, 1, false, 'a');
	say(0, 1, false, 'b');
	say(1, 1, true, 'b');
	say(1, 1, true, 'A');		/* case does not count */
	over();
	assert_int_equal(record.count, 2);
	assert_string_equal(record_text(0),
	    "A a.example < NOERROR 192.0.2.1; complete");
	assert_string_equal(record_text(1),
	    "A b.example < NOERROR 192.0.2.1; complete");
	assert_int_equal(record.messages[0]->kind, MESSAGE_DNS);
}

static void
a_question_sent_again_is_another_message(void **state)
{
	begin(17, 53);
	say(0, 1, false, 'a');
	say(0, 1, false, 'a');
	say(1, 1, true, 'a');
	over();
	assert_int_equal(record.count, 2);
	assert_int_equal(record.messages[0]->end, MESSAGE_COMPLETE);
	assert_int_equal(record.messages[1]->end, MESSAGE_CUT);
}

/* Bytes that nobody reads would be called understood. */
static void
what_stands_behind_a_message_is_handed_on(void **state)
{
	uint8_t b[64];
	size_t len = write_message(b, 1, false, 'a');

	begin(17, 53);
	memcpy(b + len, "secret", 6);
	layer->ops->data(layer, 0, b, len + 6, &now);
	/* where a count lies, all of it is */
	b[1] = 9;
	b[5] = 2;
	layer->ops->data(layer, 0, b, len + 6, &now);
	sent[0] += 2 * (len + 6);
	over();
	assert_int_equal(record.count, 2);
	assert_int_equal(record.messages[0]->body[0].len, 6);
	assert_memory_equal(record.messages[0]->body[0].data, "secret", 6);
	assert_int_equal(record.messages[1]->body[0].len, len + 6);
	assert_memory_equal(record.messages[1]->body[0].data, b, len + 6);
	assert_int_equal(record.messages[1]->end, MESSAGE_BROKEN);
}

/* Records of a question may hold anything, and are few and short. */
static void
large_records_of_a_question_are_handed_on(void **state)
{
	static const uint8_t record_head[] = { 0xc0, 12, 0xff, 0, 0, 1, 0, 0, 0, 0,
		0 };
	uint8_t b[256] = { 0 };
	size_t len = write_message(b, 1, false, 'a');

	begin(17, 53);
	b[11] = 1;
	memcpy(b + len, record_head, sizeof(record_head));
	for (unsigned more = 0; more < 2; more++) {
		b[1] = (uint8_t)(1 + more);
		b[len + 11] = (uint8_t)(116 + more);
		layer->ops->data(layer, 0, b, len + 128 + more, &now);
		sent[0] += len + 128 + more;
	}
	over();
	assert_int_equal(record.count, 2);
	assert_int_equal(record.messages[0]->body[0].len, 0);
	assert_int_equal(record.messages[1]->body[0].len, 129);
	assert_memory_equal(record.messages[1]->body[0].data, b + len, 129);
}

static void
an_answer_alone_stands_alone(void **state)
{
	begin(17, 53);
	say(0, 1, false, 'a');
	say(1, 2, true, 'a');
	say(1, 1, true, 'b');
	over();
	assert_int_equal(record.count, 3);
}

static void
sixty_four_questions_wait_at_most(void **state)
{
	begin(17, 53);
	for (unsigned i = 0; i < 64; i++)
		say(0, (uint8_t)i, false, 'a');
	assert_int_equal(record.ended, 0);
	say(0, 64, false, 'a');
	assert_int_equal(record.ended, 1);
	assert_int_equal(record.messages[0]->end, MESSAGE_CUT);
	over();
}

static void
a_question_waits_ten_seconds(void **state)
{
	begin(17, 53);
	say(0, 1, false, 'a');
	now.ts_ns = 1 + 10000000000;
	say(0, 2, false, 'a');
	assert_int_equal(record.ended, 0);
	now.ts_ns = 2 + 10000000000;
	say(0, 3, false, 'a');
	assert_int_equal(record.ended, 1);
	over();
}

static void
who_asks_is_the_client(void **state)
{
	begin(17, 53);
	say(1, 1, false, 'a');
	assert_int_equal(record.conn.endpoint_side, 1);
	over();
	begin(17, 53);
	say(0, 1, true, 'a');
	assert_int_equal(record.conn.endpoint_side, 1);
	over();
}

static void
multicast_messages_stand_alone(void **state)
{
	begin(17, 5353);
	assert_string_equal(layer->ops->name, "mdns");
	say(0, 0, false, 'a');
	say(1, 0, true, 'a');
	over();
	assert_int_equal(record.count, 2);
}

static void
what_is_no_dns_is_a_run(void **state)
{
	begin(17, 53);
	layer->ops->data(layer, 0, (const uint8_t *)"hello", 5, &now);
	sent[0] = 5;
	over();
	assert_string_equal(record_text(0), " \"hello\" < ; broken");
	assert_int_equal(record.messages[0]->kind, MESSAGE_RUN);
}

/* Three messages over TCP in pieces of any size. */
static void
tcp_in_any_pieces(void **state)
{
	uint8_t b[256];

	for (size_t piece = 1; piece < 100; piece += 2) {
		size_t len = 0;

		begin(6, 53);
		for (uint8_t i = 1; i <= 3; i++) {
			size_t n = write_message(b + len + 2, i, false, 'a');

			b[len] = 0;
			b[len + 1] = (uint8_t)n;
			len += n + 2;
		}
		sent[0] = len;
		for (size_t at = 0; at < len; at += piece)
			layer->ops->data(layer, 0, b + at,
			    len - at < piece ? len - at : piece, &now);
		over();
		assert_int_equal(record.count, 3);
		assert_int_equal(record.messages[2]->wire[0], 29);
	}
}

static void
tcp_goes_on_behind_a_gap_in_a_message(void **state)
{
	uint8_t b[64];
	size_t n = write_message(b + 2, 1, false, 'a') + 2;

	b[0] = 0;
	b[1] = (uint8_t)(n - 2);
	begin(6, 53);
	layer->ops->data(layer, 0, b, 10, &now);
	layer->ops->gap(layer, 0, 5, &now);
	layer->ops->data(layer, 0, b + 15, n - 15, &now);
	layer->ops->data(layer, 0, b, n, &now);
	sent[0] = 2 * n - 5;
	over();
	assert_int_equal(record.messages[record.count - 1]->kind, MESSAGE_DNS);
	begin(6, 53);
	layer->ops->data(layer, 0, b, n, &now);
	layer->ops->gap(layer, 0, 5, &now);
	layer->ops->data(layer, 0, b, n, &now);
	sent[0] = 2 * n;
	over();
	assert_int_equal(record.count, 2);
	assert_int_equal(record.messages[1]->kind, MESSAGE_RUN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_and_its_answer_are_one_message),
		cmocka_unit_test(a_question_sent_again_is_another_message),
		cmocka_unit_test(what_stands_behind_a_message_is_handed_on),
		cmocka_unit_test(large_records_of_a_question_are_handed_on),
		cmocka_unit_test(an_answer_alone_stands_alone),
		cmocka_unit_test(sixty_four_questions_wait_at_most),
		cmocka_unit_test(a_question_waits_ten_seconds),
		cmocka_unit_test(who_asks_is_the_client),
		cmocka_unit_test(multicast_messages_stand_alone),
		cmocka_unit_test(what_is_no_dns_is_a_run),
		cmocka_unit_test(tcp_in_any_pieces),
		cmocka_unit_test(tcp_goes_on_behind_a_gap_in_a_message),
	};

	return cmocka_run_group_tests_name("dns layer", tests, NULL, NULL);
}
