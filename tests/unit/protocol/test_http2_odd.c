// SPDX-License-Identifier: Apache-2.0
#include "http2_bench.h"

static void
a_gap_in_a_head_leaves_bodies_without_heads(void **state)
{
	say_hello();
	request(1, HTTP2_END_HEADERS, "PUT", "/f");
	out.len -= 5;
	send_out(0);
	lose(0, 5);
	write_data(1, HTTP2_END_STREAM, "abc");
	request(3, HTTP2_END_HEADERS, "PUT", "/g");
	write_data(3, HTTP2_END_STREAM, "def");
	send_out(0);
	response(1, HEADERS_END, "200");
	send_out(1);
	assert_string_equal(record_text(0), " \"abc\" complete < "
	    "200 complete; complete");
	assert_string_equal(record_text(1), " \"def\" complete < ; open");
	assert_non_null(record.messages[0]->limit);
	assert_non_null(record.messages[1]->limit);
	over();
}

static void
a_gap_over_frames_ends_where_frames_begin(void **state)
{
	say_hello();
	request(1, HTTP2_END_HEADERS, "PUT", "/f");
	h2_frame(&out, HTTP2_DATA, 0, 1, "0123456789", 10);
	out.len -= 6;
	send_out(0);
	lose(0, 100);
	buf_str(&out, "middle of a frame");
	send_out(0);
	write_data(1, HTTP2_END_STREAM, "abc");
	write_data(3, HTTP2_END_STREAM, "def");
	send_out(0);
	over();
	assert_string_equal(record_text(0),
	    "PUT " URL "/f 2.0 \"0123[6]abc\" complete < ; cut");
	assert_string_equal(record_text(1),
	    " \"middle of a frame\" cut < ; broken");
	assert_string_equal(record_text(2), " \"def\" complete < ; cut");
}

static void
a_start_in_mid_stream_keeps_bodies(void **state)
{
	record.conn.port[0] = 50000;
	record.conn.port[1] = 443;
	write_data(7, 0, "tail of it");
	write_data(7, HTTP2_END_STREAM, "!");
	send_out(0);
	over();
	assert_string_equal(record_text(0),
	    " \"tail of it!\" complete < ; cut");
}

static void
a_broken_block_leaves_bodies_without_heads(void **state)
{
	say_hello();
	h2_frame(&out, HTTP2_HEADERS, HTTP2_END_HEADERS, 1, "\377\377\377", 3);
	write_data(1, HTTP2_END_STREAM, "abc");
	send_out(0);
	over();
	assert_string_equal(record_text(0), " \"abc\" complete < ; cut");
	assert_non_null(record.messages[0]->limit);
}

static void
open_streams_have_a_ceiling(void **state)
{
	say_hello();
	for (uint32_t i = 0; i < HTTP2_STREAMS_MAX; i++)
		request(2 * i + 1, HTTP2_END_HEADERS, "PUT", "/");
	write_data(1, 0, "busy");
	send_out(0);
	assert_int_equal(record.ended, 0);
	request(2 * HTTP2_STREAMS_MAX + 1, HTTP2_END_HEADERS, "PUT", "/");
	send_out(0);
	assert_int_equal(record.ended, 1);
	assert_int_equal(record.messages[0]->end, -1);
	assert_int_equal(record.messages[1]->end, MESSAGE_CUT);
	assert_non_null(record.messages[1]->limit);
	over();
}

static void
after_an_upgrade_stream_one_is_the_request(void **state)
{
	struct message *m = record_begin(&record.conn, MESSAGE_HTTP, &now);

	layer->ops->free(layer);
	layer = http2_layer_upgrade(&record.conn, 0, m);
	assert_non_null(layer);
	h2_frame(&out, HTTP2_SETTINGS, 0, 0, "", 0);
	response(1, HTTP2_END_HEADERS, "200");
	write_data(1, HTTP2_END_STREAM, "up");
	send_out(1);
	buf_str(&out, H2_PREFACE);
	send_out(0);
	assert_string_equal(record_text(0),
	    " < 200 \"up\" complete; complete");
	over();
}

static void
grpc(const char *type)
{
	write_head(0, HTTP2_END_HEADERS, 1, (const char *[]){ ":method", "POST",
	    ":scheme", "https", ":authority", "g", ":path", "/S/M",
	    "content-type", type, NULL });
}

#define CALL "POST https://g/S/M 2.0 "

static void
a_unary_grpc_call_is_one_exchange(void **state)
{
	say_hello();
	grpc("application/grpc+proto");
	h2_frame(&out, HTTP2_DATA, HTTP2_END_STREAM, 1, "\1\1\1\1\4abcd", 9);
	out.data[out.len - 9] = 0;
	memcpy(out.data + out.len - 8, "\0\0\0\4", 4);
	send_in(0, 3);
	response(1, HTTP2_END_HEADERS, "200");
	h2_frame(&out, HTTP2_DATA, 0, 1, "\0\0\0\0\0", 5);
	write_head(1, HEADERS_END, 1, (const char *[]){ "grpc-status", "0",
	    NULL });
	send_out(1);
	assert_int_equal(record.count, 1);
	assert_int_equal(record.messages[0]->body[0].len, 9);
	assert_int_equal(record.messages[0]->body[1].len, 5);
	assert_int_equal(record.messages[0]->end, MESSAGE_COMPLETE);
	over();
}

static void
further_grpc_messages_are_messages(void **state)
{
	say_hello();
	grpc("application/grpc");
	h2_frame(&out, HTTP2_DATA, 0, 1, "\0\0\0\0\1a\0\0\0\0\2b", 12);
	h2_frame(&out, HTTP2_DATA, 0, 1, "b\0\0\0\0\3", 6);
	send_in(0, 4);
	h2_frame(&out, HTTP2_DATA, HTTP2_END_STREAM, 1, "ccc", 3);
	send_out(0);
	response(1, HEADERS_END, "200");
	send_out(1);
	assert_int_equal(record.count, 3);
	assert_memory_equal(record.messages[0]->body[0].data, "\0\0\0\0\1a", 6);
	assert_int_equal(record.messages[1]->body[0].len, 7);
	assert_memory_equal(record.messages[1]->body[0].data + 5, "bb", 2);
	assert_memory_equal(record.messages[2]->body[0].data + 5, "ccc", 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(record.messages[i]->end, MESSAGE_COMPLETE);
		assert_int_equal(record.messages[i]->body_end[0], 1);
		assert_memory_equal(record.messages[i]->head[0].data, CALL, 20);
	}
	over();
}

static void
other_types_are_not_grpc(void **state)
{
	say_hello();
	grpc("application/grpcx");
	h2_frame(&out, HTTP2_DATA, 0, 1, "\0\0\0\0\1a\0\0\0\0\1b", 12);
	send_out(0);
	assert_int_equal(record.count, 1);
	assert_int_equal(record.messages[0]->body[0].len, 12);
	over();
}

static void
first_bytes_are_recognised(void **state)
{
	static const uint8_t settings[] = { 0, 0, 12, 4, 0, 0, 0, 0, 0, 9 };

	assert_int_equal(http2_detect((const uint8_t *)H2_PREFACE, 24), 1);
	assert_int_equal(http2_detect((const uint8_t *)H2_PREFACE, 23), -1);
	assert_int_equal(http2_detect((const uint8_t *)"PRX", 3), 0);
	assert_int_equal(http2_detect((const uint8_t *)"", 0), -1);
	assert_int_equal(http2_detect(settings, 10), 1);
	assert_int_equal(http2_detect(settings, 9), 1);
	assert_int_equal(http2_detect(settings, 8), -1);
	assert_int_equal(http2_detect((const uint8_t *)"\0\0\15\4\0\0\0\0\0", 9),
	    0);
	assert_int_equal(http2_detect((const uint8_t *)"\0\0\14\5", 4), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_gap_in_a_head_leaves_bodies_without_heads),
		TEST(a_gap_over_frames_ends_where_frames_begin),
		TEST(a_start_in_mid_stream_keeps_bodies),
		TEST(a_broken_block_leaves_bodies_without_heads),
		TEST(open_streams_have_a_ceiling),
		TEST(after_an_upgrade_stream_one_is_the_request),
		TEST(a_unary_grpc_call_is_one_exchange),
		TEST(further_grpc_messages_are_messages),
		TEST(other_types_are_not_grpc),
		TEST(first_bytes_are_recognised),
	};

	return cmocka_run_group_tests_name("http2_odd", tests, NULL, NULL);
}
