// SPDX-License-Identifier: Apache-2.0
#include "capture.h"

#include "source/pcapng.h"

static void
sections_of_either_byte_order_follow_each_other(void **state)
{
	struct reading g;
	struct buf b;

	buf_init(&b, 0);
	big = false;
	put_section(&b);
	put_interface(&b, 1, 0, 0, 0);
	put_packet(&b, 0, 5000000, 61, 100, NULL);
	big = true;
	put_section(&b);
	put_interface(&b, 113, 0, 9, 0);
	put_interface(&b, 101, 77, 0, 0);
	put_packet(&b, 1, 6000000, 60, 60, NULL);
	put_packet(&b, 0, 7, 3, 3, NULL);
	big = false;
	put_section(&b);
	put_packet(&b, 0, 8000000, 10, 10, NULL);	/* no interface */
	reading_all(&g, &b, b.len);
	assert_int_equal(g.err, ERR_END);
	assert_int_equal(g.count, 3);
	assert_int_equal(g.file.malformed, 1);
	assert_int_equal(g.packets[0].ts_ns, 5000000000ull);
	assert_int_equal(g.packets[0].cap_len, 61);
	assert_int_equal(g.packets[0].wire_len, 100);
	assert_int_equal(g.bytes[0][60], (uint8_t)(5000000 + 60));
	assert_int_equal(g.packets[1].interface, 2);
	assert_int_equal(g.packets[1].link_type, 101);
	assert_int_equal(g.packets[1].ts_ns, 6000000000ull);
	assert_int_equal(g.packets[2].interface, 1);
	assert_int_equal(g.packets[2].link_type, 113);
	assert_int_equal(g.packets[2].ts_ns, 7);
	assert_int_equal(g.sink.iface_count, 3);
	assert_string_equal(g.sink.ifaces[2].name, "eth7");
	assert_int_equal(g.sink.ifaces[2].snaplen, 77);
	reading_clear(&g);
	buf_clear(&b);
}

static uint64_t
ns(uint8_t resol, int64_t offset_s, uint64_t ticks, bool want_clamped)
{
	struct ng_clock clock;
	bool clamped;
	uint64_t t;

	ng_clock_init(&clock, resol, offset_s);
	t = ng_clock_ns(&clock, ticks, &clamped);
	assert_int_equal(clamped, want_clamped);
	return t;
}

static void
time_stamps_of_every_resolution_become_nanoseconds(void **state)
{
	assert_int_equal(ns(6, 0, 1700000000123456ull, false),
	    1700000000123456000ull);
	assert_int_equal(ns(0, 0, 1700000000, false), 1700000000000000000ull);
	assert_int_equal(ns(3, 0, 1700000000123ull, false),
	    1700000000123000000ull);
	assert_int_equal(ns(9, 0, 1, false), 1);
	assert_int_equal(ns(12, 0, 1999, false), 1);
	assert_int_equal(ns(28, 0, UINT64_MAX, false), 1);
	assert_int_equal(ns(29, 0, UINT64_MAX, false), 0);
	assert_int_equal(ns(127, 0, UINT64_MAX, false), 0);
	assert_int_equal(ns(0x80, 0, 3, false), 3000000000ull);
	assert_int_equal(ns(0x80 | 10, 0, 1536, false), 1500000000ull);
	assert_int_equal(ns(0x80 | 63, 0, 1ull << 63, false), 1000000000ull);
	assert_int_equal(ns(0xff, 0, UINT64_MAX, false), 0);
	assert_int_equal(ns(6, 100, 5, false), 100000005000ull);
	assert_int_equal(ns(6, -1, 1000000, false), 0);
}

static void
times_before_1970_and_after_2262_are_clamped(void **state)
{
	assert_int_equal(ns(6, -1, 999999, true), 0);
	assert_int_equal(ns(6, INT64_MIN, 0, true), 0);
	assert_int_equal(ns(6, INT64_MAX, UINT64_MAX, true), TIME_MAX_NS);
	assert_int_equal(ns(0, 0, UINT64_MAX, true), TIME_MAX_NS);
	assert_int_equal(ns(9, 0, INT64_MAX, false), INT64_MAX);
	assert_int_equal(ns(9, 0, INT64_MAX + 1ull, true), TIME_MAX_NS);
}

static void
resolution_and_offset_come_from_the_interface(void **state)
{
	struct reading g;
	struct buf b;

	for (int i = 0; i < 2; i++) {
		buf_init(&b, 0);
		big = i == 1;
		put_section(&b);
		put_interface(&b, 1, 0, 0x80 | 10, -3);
		put_packet(&b, 0, 1024 * 5 + 512, 8, 8, NULL);
		put_packet(&b, 0, 1024 * 2, 8, 8, NULL);
		reading_all(&g, &b, b.len);
		assert_int_equal(g.count, 2);
		assert_int_equal(g.packets[0].ts_ns, 2500000000ull);
		assert_int_equal(g.packets[1].ts_ns, 0);
		assert_int_equal(g.file.bad_times, 1);
		assert_int_equal(g.file.clock_back, 1);
		reading_clear(&g);
		buf_clear(&b);
	}
}

static void
simple_and_obsolete_packets_are_read(void **state)
{
	struct buf b, body;
	struct reading g;

	buf_init(&b, 0);
	buf_init(&body, 0);
	big = false;
	put_section(&b);
	put_interface(&b, 1, 20, 0, 0);
	put(&body, 0, 2);	/* interface */
	put(&body, 7, 2);	/* drops */
	put(&body, 0, 4);
	put(&body, 4000000, 4);
	put(&body, 5, 4);
	put(&body, 6, 4);
	buf_append(&body, "abcde", 5);
	put_block(&b, 2, &body);
	buf_reset(&body);
	put(&body, 300, 4);	/* longer than snaplen */
	buf_append(&body, "ABCDEFGHIJKLMNOPQRST", 20);
	put_block(&b, 3, &body);
	buf_reset(&body);
	put(&body, 3, 4);
	buf_append(&body, "xyz", 3);
	put_block(&b, 3, &body);
	buf_reset(&body);
	put(&body, 9, 4);	/* more than the block holds */
	buf_append(&body, "1234", 4);
	put_block(&b, 3, &body);
	reading_all(&g, &b, b.len);
	assert_int_equal(g.err, ERR_END);
	assert_int_equal(g.count, 3);
	assert_int_equal(g.file.malformed, 1);
	assert_int_equal(g.packets[0].ts_ns, 4000000000ull);
	assert_int_equal(g.packets[0].wire_len, 6);
	assert_memory_equal(g.bytes[0], "abcde", 5);
	assert_int_equal(g.sink.ifaces[0].dropped_noted, 7);
	assert_int_equal(g.packets[1].ts_ns, 4000000000ull);
	assert_int_equal(g.packets[1].cap_len, 20);
	assert_int_equal(g.packets[1].wire_len, 300);
	assert_memory_equal(g.bytes[1], "ABCDEFGHIJKLMNOPQRST", 20);
	assert_int_equal(g.packets[2].cap_len, 3);
	reading_clear(&g);
	buf_clear(&body);
	buf_clear(&b);
}

static void
options_tell_direction_drops_and_comments(void **state)
{
	struct buf b, o, v;
	struct reading g;

	for (int i = 0; i < 2; i++) {
		big = i == 1;
		buf_init(&b, 0);
		buf_init(&o, 0);
		buf_init(&v, 0);
		put_section(&b);
		put_interface(&b, 1, 0, 0, 0);
		put(&v, 2, 4);
		put(&v, 41, 8);
		put_option(&o, 1, "first", 5);
		put_option(&o, 2, v.data, 4);
		put_option(&o, 4, v.data + 4, 8);
		put_option(&o, 1, "second", 6);
		put_option(&o, 0x8001, v.data, 4);
		put_option(&o, 0, NULL, 0);
		put_option(&o, 1, "behind the end", 14);
		put_packet(&b, 0, 1, 5, 5, &o);
		put_packet(&b, 0, 2, 5, 5, NULL);
		buf_reset(&o);
		buf_reset(&v);
		put(&v, 1, 4);
		put_option(&o, 2, v.data, 4);
		put(&o, 1, 2);
		put(&o, 400, 2);	/* longer than the block */
		put_packet(&b, 0, 3, 5, 5, &o);
		reading_all(&g, &b, b.len);
		assert_int_equal(g.err, ERR_END);
		assert_int_equal(g.count, 3);
		assert_int_equal(g.packets[0].flags, TELLTAP_PACKET_OUTBOUND);
		assert_int_equal(g.packets[1].flags, 0);
		assert_int_equal(g.packets[2].flags, TELLTAP_PACKET_INBOUND);
		assert_int_equal(g.sink.ifaces[0].dropped_noted, 41);
		assert_int_equal(g.block_count, 3);
		assert_int_equal(g.blocks[0].kind, TELLTAP_BLOCK_COMMENT);
		assert_int_equal(g.blocks[0].packet, 1);
		assert_string_equal(g.texts[0], "first");
		assert_string_equal(g.texts[1], "second");
		assert_int_equal(g.blocks[2].kind, TELLTAP_BLOCK_OPTION);
		assert_int_equal(g.blocks[2].type, 0x8001);
		assert_int_equal(g.blocks[2].big_endian, big);
		reading_clear(&g);
		buf_clear(&v);
		buf_clear(&o);
		buf_clear(&b);
	}
}

static void
put_name(struct buf *b, uint16_t type, const char *addr, uint16_t addr_len,
    const char *names, uint16_t names_len)
{
	put(b, type, 2);
	put(b, addr_len + names_len, 2);
	buf_append(b, addr, addr_len);
	buf_append(b, names, names_len);
	for (size_t i = addr_len + names_len; i % 4; i++)
		buf_u8(b, 0);
}

static void
names_secrets_and_statistics_are_kept(void **state)
{
	struct buf b, body;
	struct reading g;

	buf_init(&b, 0);
	buf_init(&body, 0);
	big = true;
	put_section(&b);
	put_interface(&b, 1, 0, 0, 0);
	put_packet(&b, 0, 1, 5, 5, NULL);
	put_name(&body, 1, "\x0a\x01\x02\x03", 4, "a.example\0b.example\0", 20);
	put_name(&body, 3, "\1\2\3\4\5\6", 6, "a MAC", 6);
	put_name(&body, 2, "\x20\1\r\xb8\0\0\0\0\0\0\0\0\0\0\0\x2a", 16,
	    "six.example", 11);		/* no zero byte behind it */
	put_name(&body, 1, "\1\2", 2, "", 0);	/* too short to say anything */
	put_name(&body, 0, "", 0, "", 0);
	put_block(&b, 4, &body);
	buf_reset(&body);
	put(&body, 0x544c534b, 4);
	put(&body, 7, 4);
	buf_append(&body, "secrets", 7);
	put_block(&b, 10, &body);
	buf_reset(&body);
	put(&body, 0x544c534b, 4);
	put(&body, 9, 4);	/* more than there is */
	buf_append(&body, "secrets!", 8);
	put_block(&b, 10, &body);
	buf_reset(&body);
	put(&body, 32473, 4);
	buf_append(&body, "custom", 6);
	put_block(&b, 0xbad, &body);
	for (int i = 0; i < 2; i++) {	/* the later one says less */
		struct buf v;

		buf_init(&v, 0);
		put(&v, i ? 3 : 30, 8);
		put(&v, i ? 50 : 5, 8);
		buf_reset(&body);
		put(&body, 0, 4);
		put(&body, 0, 8);
		put_option(&body, 5, v.data, 8);
		put_option(&body, 7, v.data + 8, 8);
		put_block(&b, 5, &body);
		buf_clear(&v);
	}
	reading_all(&g, &b, b.len);
	assert_int_equal(g.err, ERR_END);
	assert_int_equal(g.file.malformed, 1);
	assert_int_equal(g.block_count, 5);
	assert_string_equal(g.texts[0], "a.example");
	assert_string_equal(g.texts[1], "b.example");
	assert_string_equal(g.texts[2], "six.example");
	assert_int_equal(g.blocks[0].ip_version, 4);
	assert_memory_equal(g.blocks[1].addr,
	    "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\1\2\3", 16);
	assert_int_equal(g.blocks[2].ip_version, 6);
	assert_int_equal(g.blocks[2].addr[15], 0x2a);
	assert_int_equal(g.blocks[2].packet, 1);
	assert_int_equal(g.blocks[3].kind, TELLTAP_BLOCK_SECRETS);
	assert_int_equal(g.blocks[3].type, 0x544c534b);
	assert_int_equal(g.blocks[3].len, 7);
	assert_string_equal(g.texts[3], "secrets");
	assert_int_equal(g.blocks[4].kind, TELLTAP_BLOCK_OTHER);
	assert_int_equal(g.blocks[4].type, 0xbad);
	assert_true(g.sink.ifaces[0].has_drops);
	assert_int_equal(g.sink.ifaces[0].dropped_if, 30);
	assert_int_equal(g.sink.ifaces[0].dropped_os, 50);
	reading_clear(&g);
	buf_clear(&body);
	buf_clear(&b);
}

/* A section, an interface and a packet, and a block that the test spoils. */
static void
spoil(size_t at, uint32_t value, int want_err, const char *want_error)
{
	struct reading g;
	struct buf b, w;
	size_t spoilt;

	buf_init(&b, 0);
	buf_init(&w, 0);
	big = false;
	put_section(&b);
	put_interface(&b, 1, 0, 0, 0);
	put_packet(&b, 0, 1, 8, 8, NULL);
	spoilt = b.len;
	put_packet(&b, 0, 2, 8, 8, NULL);
	put_packet(&b, 0, 3, 8, 8, NULL);
	put(&w, value, 4);
	memcpy(b.data + spoilt + at, w.data, 4);
	reading_all(&g, &b, b.len);
	assert_int_equal(g.err, want_err);
	assert_int_equal(g.count, want_err == ERR_END ? 2 : 1);
	if (want_error)
		assert_memory_equal(g.file.error, want_error,
		    strlen(want_error));
	else
		assert_int_equal(g.file.malformed, 1);
	reading_clear(&g);
	buf_clear(&w);
	buf_clear(&b);
}

static void
what_is_wrong_with_a_length_ends_the_file(void **state)
{
	spoil(4, 0, ERR_MALFORMED, "block of impossible length");
	spoil(4, 11, ERR_MALFORMED, "block of impossible length");
	spoil(4, UINT32_MAX, ERR_MALFORMED, "block of impossible length");
	spoil(4, 12, ERR_MALFORMED, "block whose two lengths differ");
	spoil(4, 44, ERR_MALFORMED, "block whose two lengths differ");
	spoil(4, 4000, ERR_TRUNCATED, "cut in mid-block");
	spoil(4, 128u << 20, ERR_MALFORMED, "packet of impossible length");
	spoil(36, 36, ERR_MALFORMED, "block whose two lengths differ");
}

static void
what_is_wrong_inside_a_block_passes_it_over(void **state)
{
	spoil(8, 1, ERR_END, NULL);		/* no such interface */
	spoil(20, 9, ERR_END, NULL);		/* longer than the block */
	spoil(20, UINT32_MAX, ERR_END, NULL);
}

static void
a_length_that_is_no_multiple_of_four_is_bridged(void **state)
{
	struct reading g;
	struct buf b;

	for (int padded = 0; padded < 2; padded++) {
		buf_init(&b, 0);
		big = false;
		put_section(&b);
		put_interface(&b, 1, 0, 0, 0);
		put(&b, 6, 4);
		put(&b, 37, 4);
		put(&b, 0, 4);
		put(&b, 0, 8);
		put(&b, 5, 4);
		put(&b, 5, 4);
		buf_append(&b, "hello\0\0\0", padded ? 8 : 5);
		put(&b, 37, 4);
		put_packet(&b, 0, 9, 6, 6, NULL);
		reading_all(&g, &b, b.len);
		assert_int_equal(g.err, ERR_END);
		assert_int_equal(g.count, 2);
		assert_int_equal(g.file.malformed, 1);
		assert_memory_equal(g.bytes[0], "hello", 5);
		reading_clear(&g);
		buf_clear(&b);
	}
}

static void
a_file_cut_anywhere_gives_the_packets_before_the_cut(void **state)
{
	size_t first, second, want;
	struct reading g;
	struct buf b;

	buf_init(&b, 0);
	big = false;
	put_section(&b);
	put_interface(&b, 1, 0, 0, 0);
	put_packet(&b, 0, 1, 61, 61, NULL);
	first = b.len;
	put_packet(&b, 0, 2, 200, 200, NULL);
	second = b.len;
	for (size_t len = 0; len <= b.len; len++) {
		reading_all(&g, &b, len);
		want = len >= second ? 2 : len >= first ? 1 : 0;
		assert_int_equal(g.count, want);
		assert_true(g.err < 0);
		if (len == first || len == second)
			assert_int_equal(g.err, ERR_END);
		else if (len > 28 + 40 && g.err != ERR_END)
			assert_int_equal(g.err, ERR_TRUNCATED);
		reading_clear(&g);
	}
	buf_clear(&b);
}

static void
a_large_unknown_block_is_passed_over_in_constant_memory(void **state)
{
	struct reading g;
	struct buf b;

	buf_init(&b, 0);
	big = false;
	put_section(&b);
	put_interface(&b, 1, 0, 0, 0);
	put(&b, 0x1234, 4);
	put(&b, 12 + (20u << 20), 4);
	for (size_t i = 0; i < 20; i++) {
		uint8_t *p = buf_reserve(&b, 1 << 20);

		assert_non_null(p);
		memset(p, 0, 1 << 20);
		b.len += 1 << 20;
	}
	put(&b, 12 + (20u << 20), 4);
	put_packet(&b, 0, 9, 6, 6, NULL);
	reading_all(&g, &b, b.len);
	assert_int_equal(g.err, ERR_END);
	assert_int_equal(g.count, 1);
	assert_int_equal(g.sink.blocks_lost, 1);
	assert_int_equal(g.block_count, 0);
	assert_true(g.reader->window.chunk->cap < 1 << 20);
	reading_clear(&g);
	buf_clear(&b);
}

static void
more_interfaces_than_a_section_may_have_end_the_file(void **state)
{
	struct reading g;
	struct buf b;

	buf_init(&b, 0);
	big = false;
	put_section(&b);
	for (size_t i = 0; i < NG_IFACE_MAX; i++)
		put_interface(&b, 1, 0, 0, 0);
	put_packet(&b, NG_IFACE_MAX - 1, 9, 6, 6, NULL);
	reading_all(&g, &b, b.len);
	assert_int_equal(g.err, ERR_END);
	assert_int_equal(g.count, 1);
	reading_clear(&g);
	put_interface(&b, 1, 0, 0, 0);
	reading_all(&g, &b, b.len);
	assert_int_equal(g.err, ERR_LIMIT);
	assert_int_equal(g.count, 1);
	reading_clear(&g);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    sections_of_either_byte_order_follow_each_other),
		cmocka_unit_test(
		    time_stamps_of_every_resolution_become_nanoseconds),
		cmocka_unit_test(times_before_1970_and_after_2262_are_clamped),
		cmocka_unit_test(resolution_and_offset_come_from_the_interface),
		cmocka_unit_test(simple_and_obsolete_packets_are_read),
		cmocka_unit_test(options_tell_direction_drops_and_comments),
		cmocka_unit_test(names_secrets_and_statistics_are_kept),
		cmocka_unit_test(what_is_wrong_with_a_length_ends_the_file),
		cmocka_unit_test(what_is_wrong_inside_a_block_passes_it_over),
		cmocka_unit_test(
		    a_length_that_is_no_multiple_of_four_is_bridged),
		cmocka_unit_test(
		    a_file_cut_anywhere_gives_the_packets_before_the_cut),
		cmocka_unit_test(
		    a_large_unknown_block_is_passed_over_in_constant_memory),
		cmocka_unit_test(
		    more_interfaces_than_a_section_may_have_end_the_file),
	};

	return cmocka_run_group_tests_name("pcapng", tests, NULL, NULL);
}
