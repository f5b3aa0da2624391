// SPDX-License-Identifier: Apache-2.0
#include "http2_bench.h"

static void
a_stream_is_one_message(void **state)
{
	say_hello();
	request(1, HTTP2_END_HEADERS, "PUT", "/f");
	write_data(1, 0, "hello");
	write_data(1, HTTP2_END_STREAM, " world");
	send_out(0);
	response(1, HTTP2_END_HEADERS, "100");
	response(1, HTTP2_END_HEADERS, "200");
	write_data(1, 0, "ok");
	write_head(1, HEADERS_END, 1, (const char *[]){ "x-sum", "1", NULL });
	send_out(1);
	assert_string_equal(record_text(0), "PUT " URL "/f 2.0 \"hello world\" "
	    "complete < 100 200 \"ok\" complete; complete");
	assert_int_equal(record.count, 1);
	assert_int_equal(record.conn.overhead[0][CONN_UNDERSTOOD], 24 + 15);
	assert_int_equal(record.conn.overhead[1][CONN_UNDERSTOOD], 18);
	over();
}

static void
pieces_of_one_byte_say_the_same(void **state)
{
	say_hello();
	request(1, HTTP2_END_HEADERS, "PUT", "/f");
	write_data(1, HTTP2_END_STREAM, "hello");
	request(3, HEADERS_END, "GET", "/g");
	send_in(0, 1);
	response(3, HTTP2_END_HEADERS, "200");
	write_data(3, HTTP2_END_STREAM, "g");
	response(1, HEADERS_END, "204");
	send_in(1, 1);
	assert_string_equal(record_text(0),
	    "PUT " URL "/f 2.0 \"hello\" complete < 204 complete; complete");
	assert_string_equal(record_text(1),
	    "GET " URL "/g 2.0 complete < 200 \"g\" complete; complete");
	over();
}

static void
interleaved_streams_keep_apart(void **state)
{
	say_hello();
	request(1, HTTP2_END_HEADERS, "POST", "/1");
	request(3, HTTP2_END_HEADERS, "POST", "/3");
	write_data(1, 0, "a");
	write_data(3, 0, "x");
	write_data(1, HTTP2_END_STREAM, "b");
	write_data(3, HTTP2_END_STREAM, "y");
	send_out(0);
	over();
	assert_string_equal(record_text(0),
	    "POST " URL "/1 2.0 \"ab\" complete < ; cut");
	assert_string_equal(record_text(1),
	    "POST " URL "/3 2.0 \"xy\" complete < ; cut");
	/* a smaller head: the table has its fields */
	assert_true(record.messages[1]->wire[0] > 2 * 10 + 9);
	assert_true(record.messages[0]->wire[0] > record.messages[1]->wire[0]);
}

static void
padding_is_not_content(void **state)
{
	static const char padded[] = "\4data\0\0\0\0";
	uint8_t block[300] = { 2, 0, 0, 0, 0, 7 };
	size_t len;

	say_hello();
	len = h2_block(deflater[0], block + 6, 200, (const char *[]){
	    ":method", "POST", ":path", "/p", NULL });
	h2_frame(&out, HTTP2_HEADERS, HTTP2_END_HEADERS | HTTP2_PADDED |
	    HTTP2_HAS_PRIORITY, 1, block, len + 8);
	h2_frame(&out, HTTP2_DATA, HTTP2_PADDED, 1, padded, 9);
	/* nothing but padding, and more padding than there is room for */
	h2_frame(&out, HTTP2_DATA, HTTP2_PADDED, 1, "\2\0\0", 3);
	h2_frame(&out, HTTP2_DATA, HTTP2_PADDED, 1, "\377zz", 3);
	h2_frame(&out, HTTP2_DATA, HTTP2_PADDED | HTTP2_END_STREAM, 1,
	    "\0.", 2);
	send_in(0, 2);
	request(3, HTTP2_END_HEADERS, "POST", "/q");
	h2_frame(&out, HTTP2_DATA, HTTP2_PADDED, 3, padded, 9);
	send_out(0);
	over();
	assert_string_equal(record_text(0),
	    "POST :///p 2.0 \"data.\" complete < ; cut");
	assert_string_equal(record_text(1),
	    "POST " URL "/q 2.0 \"data\" cut < ; cut");
}

static void
a_head_may_go_on_in_continuations(void **state)
{
	uint8_t block[300];
	size_t len;

	say_hello();
	len = h2_block(deflater[0], block, 300, (const char *[]){
	    ":method", "GET", ":path", "/long", "x", "yyyyyyyyyyyyyyyyyyyyyyy",
	    NULL });
	h2_frame(&out, HTTP2_HEADERS, HTTP2_END_STREAM, 1, block, 3);
	h2_frame(&out, HTTP2_CONTINUATION, 0, 1, block + 3, 5);
	h2_frame(&out, HTTP2_CONTINUATION, HTTP2_END_HEADERS, 1, block + 8,
	    len - 8);
	send_out(0);
	assert_string_equal(record_text(0),
	    "GET :///long 2.0 complete < ; open");
	over();
}

static void
the_table_lives_from_head_to_head(void **state)
{
	say_hello();
	for (uint32_t id = 1; id < 20; id += 2)
		request(id, HEADERS_END, "GET", "/same");
	send_out(0);
	for (int i = 0; i < 10; i++)
		assert_string_equal(record_text((size_t)i),
		    "GET " URL "/same 2.0 complete < ; open");
	over();
}

static void
a_larger_table_counts_once_acknowledged(void **state)
{
	say_hello();
	h2_frame(&out, HTTP2_SETTINGS, 0, 0, "\0\1\0\1\0\0", 6);
	send_out(1);
	h2_frame(&out, HTTP2_SETTINGS, HTTP2_ACK, 0, "", 0);	/* of hello */
	h2_frame(&out, HTTP2_SETTINGS, HTTP2_ACK, 0, "", 0);
	nghttp2_hd_deflate_del(deflater[0]);
	assert_int_equal(nghttp2_hd_deflate_new(&deflater[0], 65536), 0);
	nghttp2_hd_deflate_change_table_size(deflater[0], 65536);
	request(1, HEADERS_END, "GET", "/a");
	send_out(0);
	assert_string_equal(record_text(0),
	    "GET " URL "/a 2.0 complete < ; open");
	over();
}

static void
a_pushed_stream_is_the_server_s(void **state)
{
	uint8_t block[200] = { 0, 0, 0, 2 };
	size_t len;

	say_hello();
	request(1, HEADERS_END, "GET", "/");
	send_out(0);
	len = h2_block(deflater[1], block + 4, 100, (const char *[]){
	    ":method", "GET", ":path", "/pushed", NULL });
	h2_frame(&out, HTTP2_PUSH_PROMISE, HTTP2_END_HEADERS, 1, block,
	    len + 4);
	response(2, HTTP2_END_HEADERS, "200");
	write_data(2, HTTP2_END_STREAM, "p");
	send_out(1);
	assert_string_equal(record_text(1),
	    " < GET :///pushed 2.0 200 \"p\" complete; complete");
	assert_int_equal(record.messages[1]->wire[0], 0);
	over();
}

static void
a_reset_cuts_and_late_data_still_counts(void **state)
{
	say_hello();
	request(1, HTTP2_END_HEADERS, "PUT", "/f");
	write_data(1, 0, "abc");
	send_out(0);
	h2_frame(&out, HTTP2_RST_STREAM, 0, 1, "\0\0\0\1", 4);
	send_out(1);
	write_data(1, 0, "def");
	send_out(0);
	over();
	assert_string_equal(record_text(0),
	    "PUT " URL "/f 2.0 \"abc\" cut < ; cut");
	assert_string_equal(record_text(1), " \"def\" cut < ; cut");
}

static void
a_gap_in_data_is_skipped(void **state)
{
	say_hello();
	request(1, HTTP2_END_HEADERS, "PUT", "/f");
	h2_frame(&out, HTTP2_DATA, HTTP2_END_STREAM, 1, "0123456789", 10);
	out.len -= 6;
	send_out(0);
	lose(0, 4);
	buf_str(&out, "89");
	request(3, HEADERS_END, "GET", "/g");
	send_out(0);
	over();
	assert_string_equal(record_text(0),
	    "PUT " URL "/f 2.0 \"0123[4]89\" complete < ; cut");
	assert_string_equal(record_text(1),
	    "GET " URL "/g 2.0 complete < ; cut");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stream_is_one_message),
		TEST(pieces_of_one_byte_say_the_same),
		TEST(interleaved_streams_keep_apart),
		TEST(padding_is_not_content),
		TEST(a_head_may_go_on_in_continuations),
		TEST(the_table_lives_from_head_to_head),
		TEST(a_larger_table_counts_once_acknowledged),
		TEST(a_pushed_stream_is_the_server_s),
		TEST(a_reset_cuts_and_late_data_still_counts),
		TEST(a_gap_in_data_is_skipped),
	};

	return cmocka_run_group_tests_name("http2", tests, NULL, NULL);
}
