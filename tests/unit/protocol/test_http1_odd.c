// SPDX-License-Identifier: Apache-2.0
#include "http1_bench.h"

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

#define ASK "PUT /f HTTP/1.1\r\nHost: a.example\r\nContent-Length: 40\r\n" \
	"Expect: 100-Continue\r\n\r\n"

static void
a_body_that_was_refused_is_not_the_next_request(void **state)
{
	say(0, ASK);
	say(1, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
	say(0, GET_X);
	say(1, OK_3);
	over();
	assert_int_equal(record.count, 2);
	assert_string_equal(record_text(0),
	    "PUT http://a.example/f 1.1 cut < 401 complete; complete");
	assert_string_equal(record_text(1), X "200 \"abc\" complete; complete");
}

static void
a_body_that_comes_all_the_same_is_one(void **state)
{
	static const char body[] = "GET /x HTTP/1.1\r\nHost: a.example\r\nfill..";

	/* after a 100, in the same piece as the head, and begun before the answer */
	say(0, ASK);
	say(1, "HTTP/1.1 100 Continue\r\n\r\n");
	say(0, body);
	say(1, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
	say(0, ASK "GET /x HTTP/1.1\r\n");
	say(1, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
	say(0, "GET /y HTTP/1.1\r\nfill..");
	/* begun before the answer, though what began it was not captured */
	say(0, ASK);
	layer->ops->gap(layer, 0, 17, &now);
	say(1, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
	say(0, "GET /y HTTP/1.1\r\nfill..");
	over();
	assert_int_equal(record.count, 3);
	for (unsigned i = 0; i < 3; i++)
		assert_non_null(strstr(record_text(i), "complete < "));
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
		{ "CONNECT a.example:443 HTTP/1.1\r\n", 1, true },
		{ "CONNECT [::1]:443", 1, true },
		{ "CONNECT ", -1, false },
		/* NATS has a word of that name */
		{ "CONNECT {\"verbose\":false}\r\n", 0, false },
		{ "CONNECT {\"verbose\"", -1, false },
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_lost_response_does_not_shift_the_others),
		TEST(behind_connect_is_another_connection),
		TEST(a_refused_connect_goes_on_with_requests),
		TEST(the_shortest_http_has_no_heads),
		TEST(a_body_that_was_refused_is_not_the_next_request),
		TEST(a_body_that_comes_all_the_same_is_one),
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

	return cmocka_run_group_tests_name("http1_odd", tests, NULL, NULL);
}
