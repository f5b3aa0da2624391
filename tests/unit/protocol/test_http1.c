// SPDX-License-Identifier: Apache-2.0
#include "http1_bench.h"

static void
say_bytewise(unsigned side, const char *text)
{
	for (; *text; text++) {
		layer->ops->data(layer, side, (const uint8_t *)text, 1, &now);
		sent[side]++;
	}
}

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
	};

	return cmocka_run_group_tests_name("http1", tests, NULL, NULL);
}
