// SPDX-License-Identifier: Apache-2.0
#include "layer_bench.h"
#include "protocol/dtls.h"

static struct buf out;

static int
start(void **state)
{
	bench_open();
	record.conn.endpoint_by = ENDPOINT_BY_FIRST_PACKET;
	buf_init(&out, 0);
	layer = dtls_layer_new(&record.conn);
	return layer ? 0 : -1;
}

static int
stop(void **state)
{
	bench_close();
	buf_clear(&out);
	return 0;
}

/* A record whose body is len bytes, the first of them given. */
static void
put(uint8_t type, uint16_t epoch, uint8_t first, size_t len)
{
	const uint8_t header[13] = { type, 0xfe, 0xfd, (uint8_t)(epoch >> 8),
		(uint8_t)epoch, 0, 0, 0, 0, 0, 1, (uint8_t)(len >> 8),
		(uint8_t)len };

	buf_append(&out, header, sizeof(header));
	for (size_t i = 0; i < len; i++)
		buf_u8(&out, i ? 0xee : first);
}

static void
send_datagram(unsigned side)
{
	bench_give(side, out.data, out.len, SIZE_MAX / 2);
	buf_reset(&out);
	now.ts_ns += 1000;
	now.packet++;
}

static void
a_record_is_known_by_its_header(void **state)
{
	static const uint8_t lengths[] = { 0, 1, 12, 13, 32 };

	put(22, 0, 1, 20);
	assert_int_equal(dtls_detect(out.data, out.len), 1);
	for (size_t i = 0; i < sizeof(lengths); i++)
		assert_int_equal(dtls_detect(out.data, lengths[i]), 0);
	out.data[13] = 25;	/* no message of a handshake */
	assert_int_equal(dtls_detect(out.data, out.len), 0);
	out.data[4] = 1;	/* but a sealed one shows none */
	assert_int_equal(dtls_detect(out.data, out.len), 1);
	out.data[2] = 0xfc;
	assert_int_equal(dtls_detect(out.data, out.len), 0);
	buf_reset(&out);
	put(25, 0, 1, 20);
	assert_int_equal(dtls_detect(out.data, out.len), 0);
	buf_reset(&out);
	put(22, 0, 1, 0);
	assert_int_equal(dtls_detect(out.data, out.len), 0);
}

static void
what_is_sealed_is_not_called_read(void **state)
{
	put(22, 0, 1, 100);
	send_datagram(1);
	put(22, 0, 2, 80);
	put(22, 0, 11, 900);
	send_datagram(0);
	put(20, 0, 1, 1);
	put(22, 1, 0x55, 40);
	send_datagram(1);
	assert_int_equal(record.count, 0);
	assert_int_equal(record.conn.endpoint_side, 1);
	put(23, 1, 0x55, 60);
	send_datagram(1);
	put(23, 1, 0x55, 30);
	put(21, 1, 0x55, 18);
	send_datagram(0);
	over();
	assert_int_equal(record.count, 1);
	assert_int_equal(record.messages[0]->kind, MESSAGE_SEALED);
	assert_non_null(record.messages[0]->limit);
	assert_string_equal(record_text(0),
	    " \"{0-52}\" <  \"{0-22}\"; complete");
	assert_int_equal(record.conn.overhead[1][CONN_ENCRYPTED], 13 + 40);
	assert_int_equal(record.conn.overhead[0][CONN_ENCRYPTED], 13 + 18);
	assert_int_equal(record.conn.overhead[0][CONN_UNDERSTOOD],
	    13 + 80 + 13 + 900);
}

/* DTLS 1.3, or what is none at all. */
static void
what_has_another_header_is_taken_for_sealed(void **state)
{
	put(22, 0, 1, 100);
	send_datagram(0);
	buf_str(&out, "\x2f 123456789abcdef");
	send_datagram(0);
	put(23, 1, 0x55, 60);
	out.len--;
	send_datagram(0);
	buf_str(&out, "x");
	send_datagram(0);
	over();
	assert_int_equal(record.count, 1);
	assert_string_equal(record_text(0),
	    " \"{0-9}{0-64}{0-0}\" < ; complete");
}

static void
a_version_of_one_vendor_is_known(void **state)
{
	put(22, 0, 1, 100);
	send_datagram(0);
	assert_int_equal(record.conn.use, CONN_USE_NONE);
	put(23, 1, 1, 50);
	out.data[1] = 1;
	out.data[2] = 0;
	send_datagram(0);
	assert_int_equal(record.conn.use, CONN_USE_CISCOVPN);
	over();
}

static void
an_answer_ends_a_message(void **state)
{
	for (int i = 0; i < 3; i++) {
		put(23, 1, 1, 50);
		send_datagram(0);
		put(23, 1, 1, 50);
		send_datagram(1);
	}
	over();
	assert_int_equal(record.count, 3);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_record_is_known_by_its_header),
		T(what_is_sealed_is_not_called_read),
		T(what_has_another_header_is_taken_for_sealed),
		T(a_version_of_one_vendor_is_known),
		T(an_answer_ends_a_message),
	};

	return cmocka_run_group_tests_name("dtls", tests, NULL, NULL);
}
