// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "h2_frames.h"
#include "protocol/http2.h"
#include "protocol/http2_conn.h"
#include "record.h"

static struct layer *layer;
static nghttp2_hd_deflater *deflater[2];
static struct buf out;
static uint64_t sent[2];
static const struct when now = { 1000, 1 };

#define HEADERS_END (HTTP2_END_HEADERS | HTTP2_END_STREAM)

static int
start(void **state)
{
	record_clear();
	buf_init(&out, 0);
	sent[0] = sent[1] = 0;
	layer = http2_layer_new(&record.conn);
	return nghttp2_hd_deflate_new(&deflater[0], 4096) ||
	    nghttp2_hd_deflate_new(&deflater[1], 4096) || !layer ? -1 : 0;
}

static int
stop(void **state)
{
	layer->ops->free(layer);
	nghttp2_hd_deflate_del(deflater[0]);
	nghttp2_hd_deflate_del(deflater[1]);
	buf_clear(&out);
	record_clear();
	return 0;
}

/* Sends what was written, in pieces of at most step bytes. */
static void
send_in(unsigned side, size_t step)
{
	for (size_t at = 0; at < out.len; at += step) {
		size_t len = out.len - at < step ? out.len - at : step;

		layer->ops->data(layer, side, out.data + at, len, &now);
	}
	sent[side] += out.len;
	buf_reset(&out);
}

static void
send_out(unsigned side)
{
	send_in(side, SIZE_MAX / 2);
}

static void
lose(unsigned side, uint64_t len)
{
	layer->ops->gap(layer, side, len, &now);
}

static void
say_hello(void)
{
	buf_str(&out, H2_PREFACE);
	h2_frame(&out, HTTP2_SETTINGS, 0, 0, "\0\3\0\0\0\144", 6);
	send_out(0);
	h2_frame(&out, HTTP2_SETTINGS, 0, 0, "", 0);
	h2_frame(&out, HTTP2_SETTINGS, HTTP2_ACK, 0, "", 0);
	send_out(1);
}

static void
write_head(unsigned side, unsigned flags, uint32_t id,
    const char *const *fields)
{
	uint8_t block[1024];
	size_t len = h2_block(deflater[side], block, sizeof(block), fields);

	h2_frame(&out, HTTP2_HEADERS, flags, id, block, len);
}

static void
request(uint32_t id, unsigned flags, const char *method, const char *path)
{
	write_head(0, flags, id, (const char *[]){ ":method", method,
	    ":scheme", "https", ":authority", "a.example:8443", ":path", path,
	    "x-app", "telltap test", NULL });
}

static void
response(uint32_t id, unsigned flags, const char *status)
{
	write_head(1, flags, id, (const char *[]){ ":status", status,
	    "server", "s", NULL });
}

static void
write_data(uint32_t id, unsigned flags, const char *text)
{
	h2_frame(&out, HTTP2_DATA, flags, id, text, strlen(text));
}

static void
over(void)
{
	layer->ops->finish(layer, &now);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

#define URL "https://a.example"

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

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

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

	return cmocka_run_group_tests_name("http2", tests, NULL, NULL);
}
