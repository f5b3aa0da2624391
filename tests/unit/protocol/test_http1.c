// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/http1.h"
#include "record.h"

static struct layer *layer;
static uint64_t sent[2];
static const struct when now = { 1000, 1 };

static int
start(void **state)
{
	record_clear();
	sent[0] = sent[1] = 0;
	layer = http1_layer_new(&record.conn);
	return layer ? 0 : -1;
}

static int
stop(void **state)
{
	layer->ops->free(layer);
	record_clear();
	return 0;
}

static void
say(unsigned side, const char *text)
{
	layer->ops->data(layer, side, (const uint8_t *)text, strlen(text), &now);
	sent[side] += strlen(text);
}

static void
say_bytewise(unsigned side, const char *text)
{
	for (; *text; text++) {
		layer->ops->data(layer, side, (const uint8_t *)text, 1, &now);
		sent[side]++;
	}
}

static void
over(void)
{
	layer->ops->finish(layer, &now);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

#define GET_X "GET /x HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define GET_Y "GET /y HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define OK_3 "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
#define X "GET http://a.example/x 1.1 complete < "
#define Y "GET http://a.example/y 1.1 complete < "

static void
a_request_and_its_response_are_one_message(void **state)
{
	say(0, GET_X);
	say(1, OK_3);
	assert_string_equal(record_text(0), X "200 \"abc\" complete; complete");
	assert_int_equal(record.messages[0]->wire[0], strlen(GET_X));
	assert_int_equal(record.messages[0]->wire[1], strlen(OK_3));
	over();
	assert_int_equal(record.count, 1);
}

static void
pieces_of_one_byte_say_the_same(void **state)
{
	record.conn.endpoint_side = 1;
	say(0, "PUT /f HTTP/1.1");
	say_bytewise(0, "\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
	    "\r\n5;x=y\r\nhello\r\n00a\r\n, world 42\r\n0\r\nT: t\r\n\r\n");
	say_bytewise(1, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
	assert_string_equal(record_text(0),
	    "PUT http://h/f 1.1 \"hello, world 42\" complete < "
	    "201 complete; complete");
	over();
}

static void
pipelined_requests_get_their_responses_in_order(void **state)
{
	say(0, GET_X GET_Y GET_X);
	say(1, OK_3 "\r\nHTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nn");
	assert_string_equal(record_text(0), X "200 \"abc\" complete; complete");
	assert_string_equal(record_text(1), Y "404 \"n\" complete; complete");
	assert_string_equal(record_text(2), X "; open");
	assert_int_equal(record.messages[1]->wire[0], strlen(GET_Y));
	assert_int_equal(record.conn.overhead[1][CONN_UNDERSTOOD], 2);
	over();
	assert_string_equal(record_text(2), X "; cut");
}

static void
an_interim_response_comes_before_the_final_one(void **state)
{
	say(0, "POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n"
	    "Expect: 100-continue\r\n\r\n");
	say(1, "HTTP/1.1 100 Continue\r\n\r\n");
	say(0, "data");
	say(1, "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 None\r\n\r\n");
	assert_string_equal(record_text(0), "POST http://h/p 1.1 \"data\" "
	    "complete < 100 103 204 complete; complete");
	over();
}

static void
a_response_to_head_has_no_body(void **state)
{
	say(0, "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n" GET_Y);
	say(1, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n" OK_3);
	assert_string_equal(record_text(0),
	    "HEAD http://h/x 1.1 complete < 200 complete; complete");
	assert_string_equal(record_text(1), Y "200 \"abc\" complete; complete");
	over();
}

static void
a_304_declares_the_length_of_what_it_does_not_send(void **state)
{
	say(0, GET_X GET_Y GET_Y);
	say(1, "HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n");
	assert_string_equal(record_text(0), X "304 complete; complete");
	say(1, "HTTP/1.1 204 None\r\nContent-Length: 9\r\n\r\n" OK_3);
	assert_string_equal(record_text(1), Y "204 complete; complete");
	assert_string_equal(record_text(2), Y "200 \"abc\" complete; complete");
	over();
}

static void
without_a_length_the_response_ends_with_the_connection(void **state)
{
	say(0, GET_X);
	say(1, "HTTP/1.0 200 OK\r\n\r\nabc");
	say(1, "def");
	assert_string_equal(record_text(0), X "200 \"abcdef\"; open");
	layer->ops->eof(layer, 1, &now);
	assert_string_equal(record_text(0),
	    X "200 \"abcdef\" complete; complete");
	over();
}

static void
a_body_is_cut_when_the_capture_ends(void **state)
{
	say(0, "PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
	over();
	assert_string_equal(record_text(0),
	    "PUT http://h/f 1.1 \"abc\" cut < ; cut");
}

static void
a_response_without_a_request_is_a_message(void **state)
{
	say(1, OK_3);
	say(0, GET_X);
	say(1, OK_3);
	assert_int_equal(record.conn.endpoint_side, 0);
	assert_string_equal(record_text(0), " < 200 \"abc\" complete; complete");
	assert_string_equal(record_text(1), X "200 \"abc\" complete; complete");
	over();
}

static void
chunked_wins_over_content_length(void **state)
{
	say(0, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n"
	    "Transfer-Encoding: gzip, chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n");
	say(1, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
	    "Content-Length: 1\r\n\r\n2\r\nxy\r\n0\r\n\r\n");
	assert_string_equal(record_text(0), "POST http://h/ 1.1 \"z\" complete "
	    "< 200 \"xy\" complete; complete");
	say(0, "POST / HTTP/1.1\r\nHost: h\r\n"
	    "Transfer-Encoding: Chunked, identity\r\n\r\n1\r\nz\r\n0\r\n\r\n");
	assert_string_equal(record_text(1),
	    "POST http://h/ 1.1 \"z\" complete < ; open");
	over();
}

static void
a_chunk_without_a_length_leaves_the_rest_as_body(void **state)
{
	say(0, GET_X);
	say(1, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "1\r\nx\r\nit is\n, not a chunk");
	over();
	assert_string_equal(record_text(0),
	    X "200 \"xit is\n, not a chunk\" cut; broken");
}

static void
a_chunk_line_that_is_text_is_body(void **state)
{
	say(0, GET_X);
	say(1, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "2\r\nab\r\n not hex");
	over();
	assert_string_equal(record_text(0), X "200 \"ab not hex\" cut; broken");
}

static void
a_gap_in_a_body_is_counted_and_skipped(void **state)
{
	say(0, "PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
	layer->ops->gap(layer, 0, 4, &now);
	say(0, "hi" GET_Y);
	say(1, OK_3 OK_3);
	assert_string_equal(record_text(0), "PUT http://h/f 1.1 \"abc[4]hi\" "
	    "complete < 200 \"abc\" complete; complete");
	assert_string_equal(record_text(1), Y "200 \"abc\" complete; complete");
	over();
}

static void
a_gap_up_to_the_end_of_a_body_completes_it(void **state)
{
	say(0, "PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
	layer->ops->gap(layer, 0, 6, &now);
	assert_string_equal(record_text(0),
	    "PUT http://h/f 1.1 \"abc[6]\" complete < ; open");
	over();
}

static void
what_follows_an_unknown_length_is_body(void **state)
{
	say(0, "PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n" GET_X);
	say(0, GET_Y);
	over();
	assert_string_equal(record_text(0),
	    "PUT http://h/f 1.1 \"" GET_X "\" cut < ; broken");
	assert_string_equal(record_text(1), Y "; cut");
}

static void
a_line_between_requests_is_no_request(void **state)
{
	say(0, GET_X "some words\r\nand more");
	over();
	assert_string_equal(record_text(0), X "; cut");
	assert_string_equal(record_text(1),
	    " \"some wordsand more\" cut < ; broken");
	assert_int_equal(record.count, 2);
}

static void
a_gap_in_a_chunk_is_skipped_too(void **state)
{
	say(0, GET_X);
	say(1, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\na");
	layer->ops->gap(layer, 1, 5, &now);
	say(1, "\r\n0\r\n\r\n");
	assert_string_equal(record_text(0),
	    X "200 \"a[5]\" complete; complete");
	over();
}

static void
a_gap_over_a_body_s_end_loses_the_next_head(void **state)
{
	say(0, "PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
	layer->ops->gap(layer, 0, 16, &now);
	say(0, "example\r\n\r\n");
	say(0, GET_Y);
	over();
	assert_string_equal(record_text(0),
	    "PUT http://h/f 1.1 \"abc[6]\" complete < ; cut");
	assert_string_equal(record_text(1), " \"example\r\n\r\n\" cut < ; broken");
	assert_string_equal(record_text(2), Y "; cut");
}

static void
a_gap_in_a_head_breaks_the_exchange_and_the_next_is_found(void **state)
{
	say(0, "GET /x HTTP/1.1\r\nHos");
	layer->ops->gap(layer, 0, 10, &now);
	say(0, "\r\n\r\n");
	say(0, GET_Y);
	say(1, OK_3);
	say(1, OK_3);
	assert_string_equal(record_text(0),
	    " \"[10]\r\n\r\n\" cut < 200 \"abc\" complete; broken");
	assert_string_equal(record_text(1), Y "200 \"abc\" complete; complete");
	assert_non_null(record.messages[0]->limit);
	over();
}

static void
a_lost_response_does_not_shift_the_others(void **state)
{
	say(0, GET_X);
	layer->ops->gap(layer, 1, strlen(OK_3), &now);
	say(0, GET_Y);
	say(1, OK_3);
	assert_string_equal(record_text(0), X " \"[41]\"; broken");
	assert_string_equal(record_text(1), Y "200 \"abc\" complete; complete");
	over();
}

static void
behind_connect_is_another_connection(void **state)
{
	say(0, "CONNECT h:443 HTTP/1.1\r\n\r\n");
	say(0, "early");
	assert_int_equal(record.plain[0].len, 0);
	say(1, "HTTP/1.1 200 Go\r\n\r\nfrom server");
	say(0, "from client");
	layer->ops->gap(layer, 1, 7, &now);
	assert_string_equal(record_text(0),
	    "CONNECT http://hh:443 1.1 complete < 200 complete; complete");
	assert_memory_equal(record.plain[0].data, "earlyfrom client", 16);
	assert_memory_equal(record.plain[1].data, "from server", 11);
	assert_int_equal(record.plain_gap[1], 7);
	over();
}

static void
a_refused_connect_goes_on_with_requests(void **state)
{
	say(0, "CONNECT h:443 HTTP/1.1\r\n\r\n" GET_X);
	say(1, "HTTP/1.1 407 Auth\r\nContent-Length: 0\r\n\r\n" OK_3);
	assert_string_equal(record_text(0),
	    "CONNECT http://hh:443 1.1 complete < 407 complete; complete");
	assert_string_equal(record_text(1), X "200 \"abc\" complete; complete");
	assert_int_equal(record.plain[0].len, 0);
	over();
}

static void
the_shortest_http_has_no_heads(void **state)
{
	say(0, "GET /x\r\n");
	say(1, "<html>");
	layer->ops->eof(layer, 1, &now);
	assert_string_equal(record_text(0),
	    "GET http:///x 0.9 complete <  \"<html>\" complete; complete");
	over();
}

static void
rubbish_after_a_request_is_a_broken_message(void **state)
{
	say(0, GET_X "\x01\x02 rubbish");
	say(0, GET_Y);
	say(1, OK_3);
	over();
	assert_string_equal(record_text(0), X "200 \"abc\" complete; complete");
	assert_string_equal(record_text(1), " \"\x01\x02 rubbish\" cut < ; broken");
	assert_string_equal(record_text(2), Y "; cut");
}

static void
lf_folding_and_absolute_uris_are_read(void **state)
{
	say(0, "get  http://U.example/p?q HTTP/1.0\nX: a\n b\n\n");
	say(1, "HTTP/1.0 200\nContent-Length: 1\n\nz");
	assert_string_equal(record_text(0),
	    "get http://u.examplehttp://U.example/p?q 1.0 complete < "
	    "200 \"z\" complete; complete");
	over();
}

static void
an_unreadable_length_ends_with_the_connection(void **state)
{
	say(0, GET_X);
	say(1, "HTTP/1.1 200 OK\r\nContent-Length: three\r\n\r\nabc");
	layer->ops->eof(layer, 1, &now);
	assert_string_equal(record_text(0), X "200 \"abc\" complete; complete");
	over();
}

static void
waiting_requests_have_a_ceiling(void **state)
{
	for (int i = 0; i < 128; i++)
		say(0, GET_X);
	assert_int_equal(record.ended, 0);
	say(0, GET_Y);
	assert_int_equal(record.ended, 1);
	assert_string_equal(record_text(0), X "; cut");
	/* the evicted one's response is not the next one's */
	say(1, OK_3);
	assert_string_equal(record_text(1), X "; open");
	assert_string_equal(record_text(129),
	    " < 200 \"abc\" complete; complete");
	over();
}

static void
a_head_has_a_ceiling(void **state)
{
	static char line[1001];

	memset(line, 'a', 1000);
	say(0, "GET /x HTTP/1.1\r\n");
	for (int i = 0; i < 600 && !record.messages[0]->limit; i++) {
		say(0, "h: ");
		say(0, line);
		say(0, "\r\n");
	}
	assert_non_null(record.messages[0]->limit);
	over();
	assert_int_equal(record.messages[0]->end, MESSAGE_BROKEN);
}

static void
an_upgrade_to_websocket_stays_here(void **state)
{
	say(0, "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n");
	say(1, "HTTP/1.1 101 S\r\nUpgrade: WebSocket\r\n\r\n\x81\x02hi");
	say(0, "\x81\x82\x01\x02\x03\x04\x69\x6b");
	over();
	assert_string_equal(record_text(0),
	    "GET http://h/ws 1.1 complete < 101 complete; complete");
	assert_string_equal(record_text(1), " <  \"hi\" complete; complete");
	assert_string_equal(record_text(2), " \"hi\" complete < ; complete");
}

static void
an_upgrade_to_http2_answers_as_stream_one(void **state)
{
	static const uint8_t frames[] = {
		0, 0, 0, 4, 0, 0, 0, 0, 0,		/* SETTINGS */
		0, 0, 1, 1, 4, 0, 0, 0, 1, 0x88,	/* :status 200 */
		0, 0, 2, 0, 1, 0, 0, 0, 1, 'o', 'k',
	};

	say(0, "GET /x HTTP/1.1\r\nHost: a.example\r\nUpgrade: h2c\r\n\r\n");
	say(1, "HTTP/1.1 101 S\r\nUpgrade: h2c\r\n\r\n");
	layer->ops->data(layer, 1, frames, sizeof(frames), &now);
	sent[1] += sizeof(frames);
	say(0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	assert_string_equal(record_text(0),
	    X "101 200 \"ok\" complete; complete");
	over();
	assert_int_equal(record.count, 1);
}

static void
an_upgrade_to_something_else_goes_up(void **state)
{
	say(0, "GET /x HTTP/1.1\r\nHost: a.example\r\nUpgrade: u\r\n\r\n");
	say(1, "HTTP/1.1 101 S\r\nUpgrade: u\r\n\r\nhello");
	say(0, "there");
	assert_memory_equal(record.plain[1].data, "hello", 5);
	assert_memory_equal(record.plain[0].data, "there", 5);
	assert_string_equal(record_text(0), X "101 complete; complete");
	over();
}

static void
header_values_are_found_by_name(void **state)
{
	struct http_header headers[] = {
		{ SPAN_LITERAL("Host"), SPAN_LITERAL("h") },
		{ SPAN_LITERAL("ETAG"), SPAN_LITERAL("e") },
		{ SPAN_LITERAL("etag"), SPAN_LITERAL("f") },
	};
	struct http_head head = { .headers = headers, .header_count = 3 };

	assert_true(span_eq(http_head_get(&head, "ETag"), SPAN_LITERAL("e")));
	assert_int_equal(http_head_get(&head, "ETa").len, 0);
	head.header_count = 0;
	assert_int_equal(http_head_get(&head, "Host").len, 0);
}

static void
first_bytes_are_recognised(void **state)
{
	static const struct {
		const char *text;
		int rc;
		bool request;
	} cases[] = {
		{ "GET / HTTP/1.1\r\n", 1, true },
		{ "GET /", 1, true },
		{ "GET ", -1, false },
		{ "GE", -1, false },
		{ "\r\nPOST http", 1, true },
		{ "HTTP/1.", 1, false },
		{ "HTTP/1", -1, false },
		{ "HTTP/2 200", 0, false },
		{ "FETCH /a b HTTP/1.1\r\n", 1, true },
		{ "FETCH /a", -1, false },
		{ "FETCH /a\r\n", 0, false },
		{ "OPTIONS sip:x SIP/2.0\r\n", 0, false },
		{ "OPTIONS * HTTP/1.1\r\n", 1, true },
		{ "PRI * HTTP/2.0\r\n", 0, false },
		{ "SSH-2.0-x\r\n", 0, false },
		{ " HTTP/1.1\r\n", 0, false },
		{ "", -1, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		bool request = false;

		assert_int_equal(http1_detect((const uint8_t *)cases[i].text,
		    strlen(cases[i].text), &request), cases[i].rc);
		assert_int_equal(request, cases[i].request);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_request_and_its_response_are_one_message),
		TEST(pieces_of_one_byte_say_the_same),
		TEST(pipelined_requests_get_their_responses_in_order),
		TEST(an_interim_response_comes_before_the_final_one),
		TEST(a_response_to_head_has_no_body),
		TEST(a_304_declares_the_length_of_what_it_does_not_send),
		TEST(without_a_length_the_response_ends_with_the_connection),
		TEST(a_body_is_cut_when_the_capture_ends),
		TEST(a_response_without_a_request_is_a_message),
		TEST(chunked_wins_over_content_length),
		TEST(a_chunk_without_a_length_leaves_the_rest_as_body),
		TEST(a_chunk_line_that_is_text_is_body),
		TEST(a_gap_in_a_body_is_counted_and_skipped),
		TEST(a_gap_up_to_the_end_of_a_body_completes_it),
		TEST(what_follows_an_unknown_length_is_body),
		TEST(a_line_between_requests_is_no_request),
		TEST(a_gap_in_a_chunk_is_skipped_too),
		TEST(a_gap_over_a_body_s_end_loses_the_next_head),
		TEST(a_gap_in_a_head_breaks_the_exchange_and_the_next_is_found),
		TEST(a_lost_response_does_not_shift_the_others),
		TEST(behind_connect_is_another_connection),
		TEST(a_refused_connect_goes_on_with_requests),
		TEST(the_shortest_http_has_no_heads),
		TEST(rubbish_after_a_request_is_a_broken_message),
		TEST(lf_folding_and_absolute_uris_are_read),
		TEST(an_unreadable_length_ends_with_the_connection),
		TEST(waiting_requests_have_a_ceiling),
		TEST(a_head_has_a_ceiling),
		TEST(an_upgrade_to_websocket_stays_here),
		TEST(an_upgrade_to_http2_answers_as_stream_one),
		TEST(an_upgrade_to_something_else_goes_up),
		TEST(header_values_are_found_by_name),
		TEST(first_bytes_are_recognised),
	};

	return cmocka_run_group_tests_name("http1", tests, NULL, NULL);
}
