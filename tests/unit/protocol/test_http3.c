// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <nghttp3/nghttp3.h>

#include "protocol/http/http3.h"
#include "base/cursor.h"
#include "record.h"

#define CLIENT_CONTROL	2
#define SERVER_CONTROL	3
#define CLIENT_ENCODER	6
#define SERVER_ENCODER	7

static struct http3 *h3;
static nghttp3_qpack_encoder *encoder;	/* of the client */
static struct buf out, instructions;
static uint64_t sent[2];
static const struct when now = { 1000, 1 };

static int
start(void **state)
{
	record_clear();
	buf_init(&out, 0);
	buf_init(&instructions, 0);
	sent[0] = sent[1] = 0;
	h3 = http3_new(&record.conn, 0);
	return !h3 || nghttp3_qpack_encoder_new(&encoder, 4096,
	    nghttp3_mem_default()) ? -1 : 0;
}

static int
stop(void **state)
{
	http3_free(h3);
	nghttp3_qpack_encoder_del(encoder);
	buf_clear(&out);
	buf_clear(&instructions);
	record_clear();
	return 0;
}

static void
give(unsigned side, uint64_t stream, const void *data, size_t len, size_t step)
{
	struct cursor c = cur_init(data, len);

	sent[side] += len;
	while (cur_left(&c)) {
		size_t n = cur_left(&c) < step ? cur_left(&c) : step;

		http3_data(h3, side, stream, cur_bytes(&c, n), n, &now);
	}
}

static void
send_in(unsigned side, uint64_t stream, size_t step)
{
	give(side, stream, out.data, out.len, step);
	buf_reset(&out);
}

static void
end(unsigned side, uint64_t stream)
{
	http3_end(h3, side, stream, true, &now);
}

static void
put_frame(uint8_t type, const void *data, size_t len)
{
	buf_u8(&out, type);
	buf_u8(&out, (uint8_t)(0x40 | len >> 8));
	buf_u8(&out, (uint8_t)len);
	buf_append(&out, data, len);
}

static void
put_data(const char *text)
{
	put_frame(0, text, strlen(text));
}

/* HEADERS; what goes into the encoder stream is kept in instructions. */
static void
put_head(uint64_t stream, const char *const *fields)
{
	const nghttp3_mem *mem = nghttp3_mem_default();
	nghttp3_buf prefix, block, enc;
	struct buf all = { 0 };
	nghttp3_nv nv[16];
	size_t n = 0;

	for (; fields[2 * n]; n++)
		nv[n] = (nghttp3_nv){ (uint8_t *)fields[2 * n],
		    (uint8_t *)fields[2 * n + 1], strlen(fields[2 * n]),
		    strlen(fields[2 * n + 1]), 0 };
	nghttp3_buf_init(&prefix);
	nghttp3_buf_init(&block);
	nghttp3_buf_init(&enc);
	if (nghttp3_qpack_encoder_encode(encoder, &prefix, &block, &enc,
	    (int64_t)stream, nv, n))
		abort();
	buf_append(&all, prefix.pos, nghttp3_buf_len(&prefix));
	buf_append(&all, block.pos, nghttp3_buf_len(&block));
	buf_append(&instructions, enc.pos, nghttp3_buf_len(&enc));
	put_frame(1, all.data, all.len);
	buf_clear(&all);
	nghttp3_buf_free(&prefix, mem);
	nghttp3_buf_free(&block, mem);
	nghttp3_buf_free(&enc, mem);
}

static void
put_request(uint64_t stream, const char *method, const char *path)
{
	put_head(stream, (const char *[]){ ":method", method, ":scheme",
	    "https", ":authority", "a.example:4433", ":path", path, "x-app",
	    "telltap test", NULL });
}

/* The server allows a table, the client uses it. */
static void
allow_table(void)
{
	give(1, SERVER_CONTROL, "\0\4\3\1\x50\0", 6, 1);
	give(0, CLIENT_ENCODER, "\2", 1, 1);
	nghttp3_qpack_encoder_set_max_dtable_capacity(encoder, 4096);
	nghttp3_qpack_encoder_set_max_blocked_streams(encoder, 100);
}

static void
send_instructions(void)
{
	give(0, CLIENT_ENCODER, instructions.data, instructions.len, 3);
	buf_reset(&instructions);
}

static void
over(void)
{
	http3_finish(h3, &now);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

#define URL "https://a.example"

static void
a_stream_is_one_message(void **state)
{
	put_request(0, "PUT", "/f");
	put_data("hello");
	put_frame(0x21, "grease", 6);
	put_data(" world");
	send_in(0, 0, 100);
	end(0, 0);
	put_frame(1, "\0\0\xd9", 3);		/* :status 200 */
	put_data("ok");
	put_head(0, (const char *[]){ "x-sum", "1", NULL });
	send_in(1, 0, 100);
	end(1, 0);
	assert_string_equal(record_text(0), "PUT " URL "/f 3.0 \"hello world\" "
	    "complete < 200 \"ok\" complete; complete");
	over();
	assert_int_equal(record.count, 1);
}

static void
pieces_of_one_byte_say_the_same(void **state)
{
	put_request(4, "PUT", "/f");
	put_data("hello");
	put_data("");
	send_in(0, 4, 1);
	end(0, 4);
	put_frame(1, "\0\0\xff\x00", 4);	/* :status 103 */
	put_frame(1, "\0\0\xd9", 3);
	send_in(1, 4, 1);
	end(1, 4);
	assert_string_equal(record_text(0), "PUT " URL "/f 3.0 \"hello\" "
	    "complete < 100 200 complete; complete");
	over();
}

static void
heads_out_of_the_table_are_read(void **state)
{
	/* the first head comes before the server's SETTINGS */
	put_request(400, "GET", "/same");
	send_in(0, 400, 7);
	end(0, 400);
	allow_table();
	for (uint64_t id = 0; id < 36; id += 4) {
		put_request(id, "GET", "/same");
		send_instructions();
		send_in(0, id, 7);
		end(0, id);
	}
	assert_int_equal(record.count, 10);
	for (size_t i = 0; i < 10; i++)
		assert_string_equal(record_text(i),
		    "GET " URL "/same 3.0 complete < ; open");
	over();
}

static void
a_head_waits_for_the_encoder_stream(void **state)
{
	allow_table();
	put_request(0, "PUT", "/f");
	put_data("hello");
	assert_true(instructions.len > 0);
	send_in(0, 0, 5);
	end(0, 0);
	assert_string_equal(record_text(0), " < ; open");
	send_instructions();
	assert_string_equal(record_text(0),
	    "PUT " URL "/f 3.0 \"hello\" complete < ; open");
	over();
}

static void
a_gap_in_the_encoder_stream_leaves_bodies_without_heads(void **state)
{
	allow_table();
	put_request(0, "PUT", "/f");
	put_data("hello");
	send_in(0, 0, 5);
	end(0, 0);
	http3_gap(h3, 0, CLIENT_ENCODER, instructions.len, &now);
	assert_string_equal(record_text(0), " \"hello\" complete < ; open");
	assert_non_null(record.messages[0]->limit);
	over();
}

static void
what_waits_behind_a_head_has_a_ceiling(void **state)
{
	static char text[16000];

	memset(text, 'x', sizeof(text) - 1);
	allow_table();
	put_request(0, "PUT", "/f");
	send_in(0, 0, 5);
	for (int i = 0; i < 16; i++) {
		put_data(text);
		send_in(0, 0, 100000);
	}
	assert_int_equal(record.messages[0]->body[0].len, 0);
	put_data(text);
	send_in(0, 0, 100000);
	assert_int_equal(record.messages[0]->body[0].len, 17 * 15999);
	assert_non_null(record.messages[0]->limit);
	over();
}

static void
a_gap_in_data_is_skipped(void **state)
{
	put_request(0, "PUT", "/f");
	put_data("0123456789");
	out.len -= 6;
	send_in(0, 0, 100);
	http3_gap(h3, 0, 0, 4, &now);
	buf_str(&out, "89");
	put_data("!");
	send_in(0, 0, 100);
	end(0, 0);
	over();
	assert_string_equal(record_text(0),
	    "PUT " URL "/f 3.0 \"0123[4]89!\" complete < ; cut");
}

static void
a_gap_over_frames_leaves_the_rest_as_body(void **state)
{
	put_request(0, "PUT", "/f");
	put_data("0123456789");
	out.len -= 6;
	send_in(0, 0, 100);
	http3_gap(h3, 0, 0, 7, &now);
	buf_str(&out, "rest");
	send_in(0, 0, 100);
	end(0, 0);
	over();
	assert_string_equal(record_text(0),
	    "PUT " URL "/f 3.0 \"0123[7]rest\" cut < ; cut");
	assert_non_null(record.messages[0]->limit);
}

static void
a_reset_cuts(void **state)
{
	put_request(0, "PUT", "/f");
	put_data("abc");
	send_in(0, 0, 100);
	http3_end(h3, 0, 0, false, &now);
	http3_end(h3, 1, 0, false, &now);
	assert_string_equal(record_text(0),
	    "PUT " URL "/f 3.0 \"abc\" cut < ; cut");
	over();
}

static void
open_streams_have_a_ceiling(void **state)
{
	for (uint64_t i = 0; i < 1024; i++)
		give(0, 4 * i, "\0", 1, 1);
	assert_int_equal(record.ended, 0);
	give(0, 4 * 1024, "\0", 1, 1);
	assert_int_equal(record.ended, 1);
	assert_int_equal(record.messages[0]->end, MESSAGE_CUT);
	over();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_stream_is_one_message),
		TEST(pieces_of_one_byte_say_the_same),
		TEST(heads_out_of_the_table_are_read),
		TEST(a_head_waits_for_the_encoder_stream),
		TEST(a_gap_in_the_encoder_stream_leaves_bodies_without_heads),
		TEST(what_waits_behind_a_head_has_a_ceiling),
		TEST(a_gap_in_data_is_skipped),
		TEST(a_gap_over_frames_leaves_the_rest_as_body),
		TEST(a_reset_cuts),
		TEST(open_streams_have_a_ceiling),
	};

	return cmocka_run_group_tests_name("http3", tests, NULL, NULL);
}
