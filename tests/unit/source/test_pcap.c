// SPDX-License-Identifier: Apache-2.0
#include "capture.h"

static void
each_magic_is_read_in_its_order_and_unit(void **state)
{
	static const struct {
		bool big;
		uint32_t magic;
		uint64_t ts_ns;
		uint8_t resol;
	} kinds[] = {
		{ false, 0xa1b2c3d4, 7000005000ull, 6 },
		{ true, 0xa1b2c3d4, 7000005000ull, 6 },
		{ false, 0xa1b23c4d, 7000000005ull, 9 },
		{ true, 0xa1b23c4d, 7000000005ull, 9 },
	};
	struct reading g;
	struct buf b;

	for (size_t i = 0; i < 4; i++) {
		buf_init(&b, 0);
		big = kinds[i].big;
		put_file_header(&b, kinds[i].magic, 113);
		put_record(&b, 7, 5, 60, 1500);
		put_record(&b, 8, 6, 0, 0);
		reading_all(&g, &b, b.len);
		assert_int_equal(g.err, ERR_END);
		assert_int_equal(g.count, 2);
		assert_int_equal(g.packets[0].ts_ns, kinds[i].ts_ns);
		assert_int_equal(g.packets[0].cap_len, 60);
		assert_int_equal(g.packets[0].wire_len, 1500);
		assert_int_equal(g.packets[0].link_type, 113);
		assert_int_equal(g.packets[0].number, 1);
		assert_int_equal(g.packets[1].number, 2);
		assert_int_equal(g.bytes[0][59], 66);
		assert_int_equal(g.file.cut, 1);
		assert_int_equal(g.file.bytes, 1500);
		assert_string_equal(g.file.format, "pcap");
		assert_int_equal(g.sink.ifaces[0].tsresol, kinds[i].resol);
		reading_clear(&g);
		buf_clear(&b);
	}
}

/* Every length of a file with two packets: what is there is handed out. */
static void
a_file_cut_anywhere_gives_the_packets_before_the_cut(void **state)
{
	struct reading g;
	size_t want;
	struct buf b;

	buf_init(&b, 0);
	big = false;
	put_file_header(&b, 0xa1b2c3d4, 1);
	put_record(&b, 1, 0, 40, 40);
	put_record(&b, 2, 0, 50, 50);
	for (size_t len = 0; len <= b.len; len++) {
		reading_all(&g, &b, len);
		want = len >= b.len ? 2 : len >= 24 + 56 ? 1 : 0;
		assert_int_equal(g.count, want);
		if (len < 4) {
			assert_int_equal(g.err, ERR_UNSUPPORTED);
		} else if (len == 24 || len == 24 + 56 || len == b.len) {
			assert_int_equal(g.err, ERR_END);
			assert_null(g.file.error);
		} else {
			assert_int_equal(g.err, ERR_TRUNCATED);
			assert_int_equal(g.file.status, ERR_TRUNCATED);
			assert_non_null(g.file.error);
		}
		reading_clear(&g);
	}
	buf_clear(&b);
}

static void
a_record_of_impossible_length_ends_the_file(void **state)
{
	struct reading g;
	struct buf b;

	buf_init(&b, 0);
	big = false;
	put_file_header(&b, 0xa1b2c3d4, 1);
	put_record(&b, 1, 0, 4, 4);
	put(&b, 2, 8);
	put(&b, PACKET_LEN_MAX + 1, 4);
	put(&b, 1, 4);
	reading_all(&g, &b, b.len);
	assert_int_equal(g.count, 1);
	assert_int_equal(g.err, ERR_MALFORMED);
	assert_string_equal(g.file.error,
	    "packet of impossible length at byte 44, after packet 1");
	reading_clear(&g);

	/* the longest one allowed is only cut */
	b.len -= 8;
	put(&b, PACKET_LEN_MAX, 4);
	put(&b, 1, 4);
	reading_all(&g, &b, b.len);
	assert_int_equal(g.err, ERR_TRUNCATED);
	assert_string_equal(g.file.error,
	    "cut in mid-packet at byte 44, after packet 1");
	reading_clear(&g);
	buf_clear(&b);
}

static void
a_packet_longer_than_on_the_wire_is_not_shorter_there(void **state)
{
	struct reading g;
	struct buf b;

	buf_init(&b, 0);
	big = false;
	put_file_header(&b, 0xa1b2c3d4, 1);
	put_record(&b, 1, 0, 40, 10);
	reading_all(&g, &b, b.len);
	assert_int_equal(g.packets[0].cap_len, 40);
	assert_int_equal(g.packets[0].wire_len, 40);
	reading_clear(&g);
	buf_clear(&b);
}

static void
a_clock_that_jumps_back_and_absurd_fractions_are_counted(void **state)
{
	struct reading g;
	struct buf b;

	buf_init(&b, 0);
	big = false;
	put_file_header(&b, 0xa1b2c3d4, 1);
	put_record(&b, UINT32_MAX, UINT32_MAX, 4, 4);
	put_record(&b, 5, 0, 4, 4);
	put_record(&b, 5, 0, 4, 4);
	put_record(&b, 4, 0, 4, 4);
	reading_all(&g, &b, b.len);
	assert_int_equal(g.count, 4);
	assert_int_equal(g.packets[0].ts_ns,
	    UINT32_MAX * 1000000000ull + UINT32_MAX * 1000ull);
	assert_int_equal(g.file.clock_back, 2);
	reading_clear(&g);
	buf_clear(&b);
}

static void
reading_stops_before_the_first_packet_that_is_too_late(void **state)
{
	struct reading g;
	struct buf b;

	buf_init(&b, 0);
	big = false;
	put_file_header(&b, 0xa1b2c3d4, 1);
	for (uint32_t i = 1; i <= 9; i++)
		put_record(&b, i, 0, 40, 40);
	reading_open(&g, &b, b.len, 128);
	reading_fill(&g, 3000000000ull);
	assert_int_equal(g.err, 1);
	assert_int_equal(g.count, 3);
	assert_int_equal(g.reader->next_ns, 4000000000ull);
	reading_fill(&g, 3999999999ull);
	assert_int_equal(g.count, 3);
	reading_fill(&g, UINT64_MAX);
	assert_int_equal(g.err, ERR_END);
	assert_int_equal(g.count, 9);
	reading_clear(&g);
	buf_clear(&b);
}

static void
packets_of_a_batch_live_until_the_second_next(void **state)
{
	const struct telltap_packet *p;
	uint8_t sum, last = 0;
	struct reading g;
	size_t checked = 0;
	struct buf b;

	buf_init(&b, 0);
	big = false;
	put_file_header(&b, 0xa1b2c3d4, 1);
	for (uint32_t i = 0; i < 60; i++)
		put_record(&b, i, 0, 100, 100);
	reading_open(&g, &b, b.len, 128);
	p = NULL;
	g.reader->regular = false;	/* small batches, as from a pipe */
	do {
		struct batch *batch = &g.batch;
		struct telltap_packet kept;

		chunk_pool_next_batch(&g.sink.pool);
		batch->count = batch->block_count = 0;
		g.err = reader_fill(g.reader, &g.sink, UINT64_MAX);
		if (p) {	/* of the batch before */
			sum = p->data[0];
			assert_int_equal(sum, last);
			assert_int_equal(p->data[99], (uint8_t)(last + 99));
			checked++;
		}
		if (!batch->count)
			break;
		kept = batch->packets[0];
		g.packets[0] = kept;
		p = &g.packets[0];
		last = p->data[0];
	} while (g.err == 0);
	assert_true(checked > 20);
	reading_clear(&g);
	buf_clear(&b);
}

static void
a_chunk_is_used_again_after_two_batches(void **state)
{
	struct chunk_pool pool;
	struct chunk *a, *b;

	chunk_pool_init(&pool, 100);
	a = chunk_take(&pool, 1);
	assert_int_equal(a->cap, 100);
	a->batch = pool.batch;
	chunk_retire(&pool, a);
	chunk_pool_next_batch(&pool);
	b = chunk_take(&pool, 1);
	assert_ptr_not_equal(a, b);
	chunk_pool_next_batch(&pool);
	assert_ptr_equal(chunk_take(&pool, 1), a);
	chunk_retire(&pool, a);
	chunk_retire(&pool, b);
	chunk_pool_clear(&pool);
}

static void
an_older_version_comes_through_libpcap(void **state)
{
	struct reading g;
	struct buf b;

	for (int i = 0; i < 2; i++) {
		big = i == 1;
		buf_init(&b, 0);
		put_file_header(&b, 0xa1b2c3d4, 101);
		/* 2.3: the two lengths may be swapped, libpcap knows */
		b.data[big ? 7 : 6] = 3;
		put_record(&b, 1, 9, 60, 60);
		put_record(&b, 2, 9, 70, 70);
		reading_all(&g, &b, b.len);
		assert_int_equal(g.err, ERR_END);
		assert_int_equal(g.count, 2);
		assert_int_equal(g.packets[1].ts_ns, 2000009000ull);
		assert_int_equal(g.packets[1].link_type, 101);
		assert_int_equal(g.bytes[1][63], 65);
		reading_clear(&g);
		reading_all(&g, &b, b.len - 1);
		assert_int_equal(g.err, ERR_TRUNCATED);
		assert_int_equal(g.count, 1);
		reading_clear(&g);
		buf_clear(&b);
	}
}

static void
kuznetzovs_pcap_comes_through_libpcap(void **state)
{
	struct reading g;
	struct buf b;

	buf_init(&b, 0);
	big = false;
	put_file_header(&b, 0xa1b2cd34, 1);
	put(&b, 3, 4);
	put(&b, 4, 4);
	put(&b, 8, 4);
	put(&b, 90, 4);
	put(&b, 1, 4);		/* interface */
	put(&b, 0x0008, 2);	/* protocol */
	put(&b, 0, 2);		/* type, padding */
	put(&b, 0x0807060504030201ull, 8);
	reading_all(&g, &b, b.len);
	assert_int_equal(g.err, ERR_END);
	assert_int_equal(g.count, 1);
	assert_int_equal(g.packets[0].ts_ns, 3000004000ull);
	assert_int_equal(g.packets[0].cap_len, 8);
	assert_int_equal(g.packets[0].wire_len, 90);
	assert_int_equal(g.bytes[0][0], 1);
	reading_clear(&g);
	buf_clear(&b);
}

static void
what_is_no_capture_is_refused_in_words(void **state)
{
	struct reading g;
	struct buf b;

	buf_init(&b, 0);
	reading_all(&g, &b, 0);
	assert_int_equal(g.err, ERR_UNSUPPORTED);
	assert_string_equal(g.file.error, "empty file");
	reading_clear(&g);
	buf_str(&b, "{\"not\": \"a capture, by far\"}");
	reading_all(&g, &b, b.len);
	assert_int_equal(g.err, ERR_UNSUPPORTED);
	assert_string_equal(g.file.error, "not a capture");
	reading_clear(&g);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_magic_is_read_in_its_order_and_unit),
		cmocka_unit_test(
		    a_file_cut_anywhere_gives_the_packets_before_the_cut),
		cmocka_unit_test(a_record_of_impossible_length_ends_the_file),
		cmocka_unit_test(
		    a_packet_longer_than_on_the_wire_is_not_shorter_there),
		cmocka_unit_test(
		    a_clock_that_jumps_back_and_absurd_fractions_are_counted),
		cmocka_unit_test(
		    reading_stops_before_the_first_packet_that_is_too_late),
		cmocka_unit_test(packets_of_a_batch_live_until_the_second_next),
		cmocka_unit_test(a_chunk_is_used_again_after_two_batches),
		cmocka_unit_test(an_older_version_comes_through_libpcap),
		cmocka_unit_test(kuznetzovs_pcap_comes_through_libpcap),
		cmocka_unit_test(what_is_no_capture_is_refused_in_words),
	};

	return cmocka_run_group_tests_name("pcap", tests, NULL, NULL);
}
