// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "protocol/http/websocket.h"
#include "record.h"

static struct layer *layer;
static struct buf out;
static z_stream deflater;
static uint64_t sent[2];
static const struct when now = { 1000, 1 };

static int
start_with(const char *extensions)
{
	record_clear();
	buf_init(&out, 0);
	sent[0] = sent[1] = 0;
	memset(&deflater, 0, sizeof(deflater));
	layer = websocket_layer_new(&record.conn, 0, span_str(extensions));
	return !layer || deflateInit2(&deflater, 9, Z_DEFLATED, -15, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK ? -1 : 0;
}

static int
start(void **state)
{
	return start_with("");
}

static int
start_deflate(void **state)
{
	return start_with("permessage-deflate; server_max_window_bits=15");
}

static int
start_alone(void **state)
{
	return start_with("permessage-deflate; client_no_context_takeover");
}

static int
stop(void **state)
{
	layer->ops->free(layer);
	deflateEnd(&deflater);
	buf_clear(&out);
	record_clear();
	return 0;
}

/* The client masks what it sends. */
static void
write_frame(unsigned side, uint8_t first, const void *data, size_t len)
{
	static const uint8_t mask[4] = { 0xa5, 0x5a, 0x01, 0xfe };
	uint8_t bit = side ? 0 : 0x80;

	buf_u8(&out, first);
	if (len < 126) {
		buf_u8(&out, (uint8_t)(bit | len));
	} else if (len < 65536) {
		buf_u8(&out, bit | 126);
		buf_u8(&out, (uint8_t)(len >> 8));
		buf_u8(&out, (uint8_t)len);
	} else {
		buf_u8(&out, bit | 127);
		for (int i = 56; i >= 0; i -= 8)
			buf_u8(&out, (uint8_t)((uint64_t)len >> i));
	}
	if (!side)
		buf_append(&out, mask, 4);
	for (size_t i = 0; i < len; i++)
		buf_u8(&out, ((const uint8_t *)data)[i] ^
		    (side ? 0 : mask[i & 3]));
}

static void
send_in(unsigned side, size_t step)
{
	for (size_t at = 0; at < out.len; at += step)
		layer->ops->data(layer, side, out.data + at,
		    out.len - at < step ? out.len - at : step, &now);
	sent[side] += out.len;
	buf_reset(&out);
}

static void
send_deflated(unsigned side, const char *text, size_t cut)
{
	uint8_t packed[500];
	size_t len;

	deflater.next_in = (Bytef *)(uintptr_t)text;
	deflater.avail_in = (uInt)strlen(text);
	deflater.next_out = packed;
	deflater.avail_out = sizeof(packed);
	assert_int_equal(deflate(&deflater, Z_SYNC_FLUSH), Z_OK);
	len = sizeof(packed) - deflater.avail_out - 4;
	assert_true(cut <= len);
	write_frame(side, 0x42, packed, len - cut);
	write_frame(side, 0x80, packed + len - cut, cut);
	send_in(side, 3);
}

static void
over(void)
{
	layer->ops->finish(layer, &now);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

static void
each_message_is_one_run(void **state)
{
	write_frame(0, 0x81, "hello", 5);
	write_frame(0, 0x82, "", 0);
	write_frame(0, 0x82, "bytes", 5);
	send_in(0, 1);
	over();
	assert_int_equal(record.count, 3);
	assert_string_equal(record_text(0), " \"hello\" complete < ; complete");
	assert_string_equal(record_text(1), " complete < ; complete");
	assert_string_equal(record_text(2), " \"bytes\" complete < ; complete");
	assert_int_equal(record.messages[0]->kind, MESSAGE_RUN);
	assert_int_equal(record.messages[0]->wire[0], 11);
}

static void
lengths_of_every_width_are_read(void **state)
{
	static uint8_t data[65536];
	static const size_t len[] = { 125, 126, 65535, 65536 };

	for (int i = 0; i < 4; i++)
		write_frame(1, 0x82, data, len[i]);
	send_in(1, 1000);
	for (int i = 0; i < 4; i++)
		assert_int_equal(record.messages[i]->body[1].len, len[i]);
	over();
}

static void
fragments_are_one_message_and_pings_none(void **state)
{
	write_frame(0, 0x01, "one ", 4);
	write_frame(0, 0x89, "ping", 4);
	write_frame(0, 0x00, "two ", 4);
	write_frame(0, 0x80, "three", 5);
	write_frame(0, 0x88, "\3\350", 2);
	send_in(0, 2);
	over();
	assert_int_equal(record.count, 1);
	assert_string_equal(record_text(0),
	    " \"one two three\" complete < ; complete");
	assert_int_equal(record.conn.overhead[0][CONN_UNDERSTOOD], 10 + 8);
}

static void
a_message_is_cut_when_the_capture_ends(void **state)
{
	write_frame(0, 0x81, "hello", 5);
	out.len -= 2;
	send_in(0, 9);
	over();
	assert_string_equal(record_text(0), " \"hel\" cut < ; cut");
}

static void
a_gap_in_a_frame_is_skipped(void **state)
{
	write_frame(0, 0x81, "hello", 5);
	out.len -= 3;
	send_in(0, 9);
	layer->ops->gap(layer, 0, 2, &now);
	buf_u8(&out, 'o' ^ 0xa5);
	write_frame(0, 0x81, "next", 4);
	send_in(0, 9);
	over();
	assert_string_equal(record_text(0), " \"he[2]o\" complete < ; complete");
	assert_string_equal(record_text(1), " \"next\" complete < ; complete");
}

static void
a_gap_over_a_header_leaves_one_broken_run(void **state)
{
	write_frame(0, 0x81, "hello", 5);
	out.len -= 3;
	send_in(0, 9);
	layer->ops->gap(layer, 0, 9, &now);
	buf_str(&out, "something");
	send_in(0, 9);
	over();
	assert_string_equal(record_text(0), " \"he[3]\" complete < ; complete");
	assert_string_equal(record_text(1), " \"[6]something\" cut < ; broken");
	assert_non_null(record.messages[1]->limit);
}

static void
compressed_messages_are_inflated(void **state)
{
	send_deflated(0, "a text, a text, a text", 4);
	send_deflated(0, "a text, a text, a text", 0);
	over();
	assert_int_equal(record.count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(record_text(i), " \"a text, a text, "
		    "a text\" complete < ; complete");
	/* the second one refers to the first */
	assert_true(record.messages[1]->wire[0] < record.messages[0]->wire[0]);
}

static void
behind_a_gap_nothing_is_inflated(void **state)
{
	send_deflated(0, "a text, a text, a text", 4);
	write_frame(0, 0x82, "raw", 3);
	out.len -= 1;
	send_in(0, 100);
	layer->ops->gap(layer, 0, 1, &now);
	send_deflated(0, "a text, a text, a text", 4);
	over();
	assert_int_equal(record.count, 3);
	assert_null(record.messages[0]->limit);
	assert_non_null(record.messages[2]->limit);
	assert_true(record.messages[2]->body[0].len < 22);
}

static void
messages_compressed_alone_survive_a_gap(void **state)
{
	send_deflated(0, "a text, a text, a text", 4);
	write_frame(0, 0x82, "raw", 3);
	out.len -= 1;
	send_in(0, 100);
	layer->ops->gap(layer, 0, 1, &now);
	deflateReset(&deflater);
	send_deflated(0, "a text, a text, a text", 4);
	over();
	assert_string_equal(record_text(2), " \"a text, a text, a text\" "
	    "complete < ; complete");
}

static void
rubbish_that_says_compressed_is_given_as_it_is(void **state)
{
	write_frame(0, 0xc2, "\7rubbish", 8);
	send_in(0, 100);
	over();
	assert_string_equal(record_text(0),
	    " \"\7rubbish\" complete < ; complete");
	assert_non_null(record.messages[0]->limit);
}

#define TEST(f, s) cmocka_unit_test_setup_teardown(f, s, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_message_is_one_run, start),
		TEST(lengths_of_every_width_are_read, start),
		TEST(fragments_are_one_message_and_pings_none, start),
		TEST(a_message_is_cut_when_the_capture_ends, start),
		TEST(a_gap_in_a_frame_is_skipped, start),
		TEST(a_gap_over_a_header_leaves_one_broken_run, start),
		TEST(compressed_messages_are_inflated, start_deflate),
		TEST(behind_a_gap_nothing_is_inflated, start_deflate),
		TEST(messages_compressed_alone_survive_a_gap, start_alone),
		TEST(rubbish_that_says_compressed_is_given_as_it_is,
		    start_deflate),
	};

	return cmocka_run_group_tests_name("websocket", tests, NULL, NULL);
}
