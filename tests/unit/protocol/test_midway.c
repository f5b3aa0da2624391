// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/midway.h"
#include "../noise.h"

#define TAIL_LEN	700	/* of a record that began before */

static const uint16_t any_port[2] = { 40000, 5000 };
static const uint16_t web_port[2] = { 40000, 443 };

/* The rest of a record, count whole ones of len bytes, and their last part. */
static size_t
build(uint8_t *to, unsigned count, unsigned len)
{
	size_t at = TAIL_LEN;

	noise(to, TAIL_LEN + count * (5 + len) + 100, 7);
	/* no header by chance */
	for (size_t i = 0; i < TAIL_LEN + count * (5 + len) + 100; i++)
		to[i] = to[i] == 23 ? 24 : to[i];
	for (unsigned i = 0; i < count; i++) {
		memcpy(to + at, (uint8_t[]){ 23, 3, 3, (uint8_t)(len >> 8),
			(uint8_t)len }, 5);
		at += 5 + len;
	}
	return at;
}

static bool
in_pieces(const uint8_t *data, size_t len, size_t piece)
{
	struct midway m = { 0 };
	bool found = false;

	for (size_t at = 0; at < len && !found; at += piece)
		found = midway_stream_data(&m, 1, data + at,
		    len - at < piece ? len - at : piece);
	return found;
}

static void
records_that_follow_each_other_are_tls(void **state)
{
	uint8_t data[TAIL_LEN + 4 * 1005 + 100];
	size_t len = build(data, 4, 1000);

	assert_true(in_pieces(data, len, len));
	assert_true(in_pieces(data, len, 100));
	/* the first header is whole in a piece, others come in two */
	assert_true(in_pieces(data, len, 503));
	assert_true(in_pieces(data, len, 709));
	/* up to the second header, and one byte short of it */
	assert_true(in_pieces(data, TAIL_LEN + 1005 + 5, 5000));
	assert_false(in_pieces(data, TAIL_LEN + 1005 + 4, 5000));
	data[TAIL_LEN + 1005 + 1] = 4;
	assert_false(in_pieces(data, TAIL_LEN + 1005 + 5, 5000));
	assert_true(in_pieces(data, len, len));
}

static void
a_record_that_is_its_segment_is_tls(void **state)
{
	uint8_t data[TAIL_LEN + 1005 + 100];
	size_t len = build(data, 1, 1000);

	assert_true(in_pieces(data + TAIL_LEN, len - TAIL_LEN, 5000));
	assert_false(in_pieces(data + TAIL_LEN, len - TAIL_LEN - 1, 5000));
	assert_false(in_pieces(data + TAIL_LEN, len - TAIL_LEN + 1, 5000));
	/* a body of 17 bytes, and one that no tag fits in */
	assert_true(in_pieces((const uint8_t[22]){ 23, 3, 3, 0, 17 }, 22, 22));
	assert_false(in_pieces((const uint8_t[21]){ 23, 3, 3, 0, 16 }, 21, 21));
	assert_false(in_pieces(data, 0, 1));
}

static void
what_is_behind_a_gap_or_far_off_is_looked_for_anew(void **state)
{
	static uint8_t data[MIDWAY_LOOK_LEN + TAIL_LEN + 2 * 1005 + 100];
	uint8_t records[TAIL_LEN + 2 * 1005 + 100];
	size_t len = build(records, 2, 1000);
	struct midway m = { 0 };

	assert_false(midway_stream_data(&m, 0, records, TAIL_LEN + 505));
	midway_stream_gap(&m, 0);
	assert_false(midway_stream_data(&m, 0, records + TAIL_LEN + 605, 100));
	assert_true(midway_stream_data(&m, 0, records, len));
	assert_true(m.late);
	/* as far off as a record is long, in one piece and in two */
	for (unsigned off = 0; off < 2; off++) {
		size_t at = MIDWAY_LOOK_LEN - TAIL_LEN + off;

		memset(data, 0, sizeof(data));
		memcpy(data + at, records, len);
		m = (struct midway){ 0 };
		assert_int_equal(midway_stream_data(&m, 0, data, at + len),
		    !off);
		m = (struct midway){ 0 };
		assert_false(midway_stream_data(&m, 0, data, at));
		assert_int_equal(midway_stream_data(&m, 0, records, len), !off);
	}
	/* nor however far off: the count does not begin anew */
	m = (struct midway){ 0 };
	m.stream[0].looked_len = UINT32_MAX - MIDWAY_LOOK_LEN + 1;
	assert_false(midway_stream_data(&m, 0, data, 1));
	assert_false(midway_stream_data(&m, 0, records, len));
}

/* Datagrams to an ID each side; of a connection that never sets the bit, or always.
 * How many come until it is QUIC; 0: none is. */
static unsigned
datagrams(const uint16_t port[2], uint8_t and, uint8_t or, bool same_id)
{
	struct midway m = { 0 };
	uint8_t data[1200];

	for (unsigned i = 0; i < 40; i++) {
		noise(data, sizeof(data), i + 1);
		data[0] = (uint8_t)((data[0] & and) | or);
		if (same_id)
			memcpy(data + 1, i & 1 ? "abcd" : "efgh", 4);
		if (midway_datagram(&m, i & 1, port, data, sizeof(data)))
			return i + 1;
	}
	return 0;
}

static void
datagrams_of_its_form_are_quic(void **state)
{
	assert_int_equal(datagrams(web_port, 0x3f, 0x40, false), 1);
	assert_int_equal(datagrams(any_port, 0x3f, 0x40, false),
	    MIDWAY_DATAGRAMS);
	/* without the bit: by the ID, of which three of a side are sent */
	assert_int_equal(datagrams(any_port, 0x3f, 0, true), 5);
	assert_int_equal(datagrams(web_port, 0x3f, 0, false), 0);
	/* the first byte never varies, or has the bit of a long header */
	assert_int_equal(datagrams(any_port, 0, 0x48, true), 0);
	assert_int_equal(datagrams(any_port, 0xff, 0, true), 0);
}

static void
datagrams_of_another_form_are_not(void **state)
{
	struct midway m = { 0 };
	uint8_t data[1200], text[1200];

	noise(data, sizeof(data), 1);
	data[0] = 0x41;
	memset(text, 'a', sizeof(text));
	assert_false(midway_datagram(&m, 0, web_port, text, sizeof(text)));
	assert_false(midway_datagram(&m, 0, web_port, data, sizeof(data)));
	m = (struct midway){ 0 };
	assert_false(midway_datagram(&m, 0, web_port, data, 20));
	assert_false(midway_datagram(&m, 0, web_port, data, sizeof(data)));
	/* too short to look random, which the next one does */
	m = (struct midway){ 0 };
	assert_false(midway_datagram(&m, 0, web_port, data, 84));
	assert_false(midway_datagram(&m, 0, web_port, data, 85));
	assert_true(midway_datagram(&m, 0, web_port, data, 21));
	m = (struct midway){ 0 };
	assert_false(midway_datagram(&m, 0, web_port, data, 1199));
	assert_true(midway_datagram(&m, 0, web_port, data, 1200));
	/* what was QUIC is so no more behind a datagram that can be none */
	assert_true(midway_datagram(&m, 1, web_port, data, 21));
	assert_false(midway_datagram(&m, 1, web_port, data, 0));
	assert_false(midway_datagram(&m, 1, web_port, data, 85));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_that_follow_each_other_are_tls),
		cmocka_unit_test(a_record_that_is_its_segment_is_tls),
		cmocka_unit_test(
		    what_is_behind_a_gap_or_far_off_is_looked_for_anew),
		cmocka_unit_test(datagrams_of_its_form_are_quic),
		cmocka_unit_test(datagrams_of_another_form_are_not),
	};

	return cmocka_run_group_tests_name("midway", tests, NULL, NULL);
}
