// SPDX-License-Identifier: Apache-2.0
#include "matching.h"

static uint8_t a[NOISE_LEN], b[NOISE_LEN], s[3 * NOISE_LEN];

static void
a_whole_file_is_whole_however_it_is_cut(void **state)
{
	struct world w;

	world_open(&w);
	noise(a, NOISE_LEN, 1);
	add(&w, "a", a, NOISE_LEN);
	seal(&w);
	for (size_t i = 1; i < PIECES; i++) {
		run(&w, a, NOISE_LEN, pieces[i]);
		assert_one(&w, 0, 0, NOISE_LEN);
		assert_true(w.match[0].whole);
	}
	world_close(&w);
}

static void
any_256_bytes_are_found_and_255_are_not(void **state)
{
	struct world w;

	world_open(&w);
	noise(a, 20000, 2);
	noise(b, 20000, 3);
	add(&w, "a", a, 20000);
	seal(&w);
	for (size_t at = 0; at + 256 <= 20000; at += 61) {
		memcpy(s, b, 3000);
		memcpy(s + 1000, a + at, 256);
		/* the bytes beside it must differ from the file's */
		s[999] = at ? (uint8_t)~a[at - 1] : 0;
		s[1256] = (uint8_t)~a[at + 256];
		run(&w, s, 3000, pieces[at % PIECES]);
		assert_one(&w, 0, at, at + 256);
		assert_false(w.match[0].whole);
		s[1000] ^= 1;
		run(&w, s, 3000, 1460);
		assert_int_equal(w.count, 0);
	}
	world_close(&w);
}

static void
shifted_truncated_and_middle_parts_have_exact_ranges(void **state)
{
	struct world w;

	world_open(&w);
	noise(a, 100000, 4);
	noise(b, 100000, 5);
	add(&w, "a", a, 100000);
	seal(&w);
	/* two bytes in front */
	s[0] = 1;
	s[1] = 2;
	memcpy(s + 2, a, 100000);
	run(&w, s, 100002, 1460);
	assert_one(&w, 0, 0, 100000);
	assert_true(w.match[0].whole);
	/* the first bytes only */
	run(&w, a, 12345, 1460);
	assert_one(&w, 0, 0, 12345);
	/* a middle part */
	run(&w, a + 40001, 30011, 1460);
	assert_one(&w, 0, 40001, 70012);
	/* two bytes in the middle are not the file's */
	memcpy(s, a, 50000);
	memcpy(s + 50000, "\0\0", 2);
	memcpy(s + 50002, a + 50000, 50000);
	run(&w, s, 100002, 1460);
	assert_one(&w, 0, 0, 100000);
	/* one byte changed */
	memcpy(s, a, 100000);
	s[33333] ^= 0x55;
	run(&w, s, 100000, 999);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.match[0].range_count, 2);
	assert_int_equal(w.match[0].ranges[0].end, 33333);
	assert_int_equal(w.match[0].ranges[1].start, 33334);
	assert_false(w.match[0].whole);
	world_close(&w);
}

static void
twice_sent_bytes_count_once(void **state)
{
	struct world w;

	world_open(&w);
	noise(a, 50000, 6);
	add(&w, "a", a, 50000);
	seal(&w);
	memcpy(s, a, 50000);
	memcpy(s + 50000, a + 10000, 20000);
	run(&w, s, 70000, 1460);
	assert_one(&w, 0, 0, 50000);
	world_close(&w);
}

static void
interleaved_files_are_both_found(void **state)
{
	struct world w;
	size_t n = 0;

	world_open(&w);
	noise(a, 30000, 7);
	noise(b, 30000, 8);
	add(&w, "a", a, 30000);
	add(&w, "b", b, 30000);
	seal(&w);
	for (size_t i = 0; i < 30000; i += 1000) {
		memcpy(s + n, a + i, 1000);
		memcpy(s + n + 1000, b + i, 1000);
		n += 2000;
	}
	for (size_t i = 1; i < PIECES; i++) {
		run(&w, s, n, pieces[i]);
		assert_int_equal(w.count, 2);
		for (size_t j = 0; j < 2; j++) {
			assert_true(w.match[j].whole);
			assert_int_equal(w.match[j].sent_bytes, 30000);
			assert_int_equal(w.match[j].also_count, 0);
		}
	}
	world_close(&w);
}

static void
shared_bytes_name_no_file_and_own_bytes_name_one(void **state)
{
	struct world w;

	world_open(&w);
	noise(a, 50000, 9);
	noise(b, 50000, 10);
	memcpy(b, a, 20000);		/* a stub that both begin with */
	add(&w, "a", a, 50000);
	add(&w, "b", b, 50000);
	seal(&w);
	run(&w, a, 15000, 1460);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.match[0].also_count, 1);
	assert_int_equal(w.match[0].file + w.match[0].also[0], 1);
	run(&w, b, 50000, 1460);
	assert_one(&w, 1, 0, 50000);
	assert_true(w.match[0].whole);
	run(&w, a + 19000, 3000, 1460);
	assert_one(&w, 0, 19000, 22000);
	/* all of a, and the stub once more: b is not accused */
	memcpy(s, a, 50000);
	memcpy(s + 50000, b, 20000);
	run(&w, s, 70000, 1460);
	assert_one(&w, 0, 0, 50000);
	world_close(&w);
}

static void
a_stub_of_many_files_leaves_the_right_one_whole(void **state)
{
	struct world w;

	world_open(&w);
	noise(a, 40000, 11);
	for (int i = 0; i < 200; i++) {
		noise(a + 30000, 10000, 100 + (uint64_t)i);
		add(&w, "x", a, 40000);
	}
	seal(&w);
	noise(a + 30000, 10000, 100 + 177);
	for (size_t i = 1; i < PIECES; i++) {
		run(&w, a, 40000, pieces[i]);
		assert_one(&w, 177, 0, 40000);
		assert_true(w.match[0].whole);
	}
	world_close(&w);
}

static void
a_match_goes_on_behind_a_gap(void **state)
{
	struct world w;
	struct matcher *m;

	world_open(&w);
	noise(a, 10000, 14);
	add(&w, "a", a, 10000);
	seal(&w);
	m = matcher_new(w.known);
	matcher_data(m, a, 5000);
	matcher_gap(m, 1460);
	matcher_data(m, a + 6460, 100);
	matcher_gap(m, 1000);
	matcher_data(m, a + 7560, 2440);
	matcher_end(m);
	w.match = match_judge(m, &w.arena, &w.count);
	assert_int_equal(w.count, 1);
	assert_int_equal(w.match[0].range_count, 3);
	assert_int_equal(w.match[0].sent_bytes, 5000 + 100 + 2440);
	assert_int_equal(w.match[0].ranges[1].start, 6460);
	assert_int_equal(w.match[0].ranges[1].end, 6560);
	assert_false(w.match[0].whole);
	matcher_free(m);
	world_close(&w);
}

static void
ranges_add_and_subtract(void **state)
{
	struct scan_range x[] = { { 10, 20 }, { 5, 5 }, { 15, 30 }, { 0, 2 },
		{ 30, 31 } };
	struct scan_range y[] = { { 1, 12 }, { 25, 40 } };
	size_t n = ranges_normalize(x, 5);

	assert_int_equal(n, 2);
	assert_int_equal(x[1].start, 10);
	assert_int_equal(x[1].end, 31);
	assert_int_equal(ranges_bytes(x, n), 23);
	assert_int_equal(ranges_bytes_outside(x, n, y, 2), 1 + 13);
	assert_int_equal(ranges_bytes_outside(y, 2, x, n), 8 + 9);
	assert_int_equal(ranges_bytes_outside(x, n, NULL, 0), 23);
}

/* A header of mostly zeros with some figures in it. */
static void
sparse_header(uint8_t *p, size_t len)
{
	memset(p, 0, len);
	for (size_t i = 0; i < len; i += 9)
		p[i] = (uint8_t)(1 + i % 5);
}

static void
a_sparse_header_shared_with_an_unknown_file_names_none(void **state)
{
	static uint8_t file[8192], other[8192];
	struct world w;

	noise(file, sizeof(file), 70);
	noise(other, sizeof(other), 71);
	sparse_header(file, 300);
	sparse_header(other, 300);
	world_open(&w);
	add(&w, "setup.exe", file, sizeof(file));
	seal(&w);
	run(&w, other, sizeof(other), 1460);
	assert_int_equal(w.count, 0);
	/* it belongs to the file where the rest of it is there */
	run(&w, file, 2000, 1460);
	assert_int_equal(w.count, 1);
	assert_one(&w, 0, 0, 2000);
	run(&w, file, sizeof(file), 1460);
	assert_true(w.match[0].whole);
	world_close(&w);
}

/* Bytes of a known file are kept in blocks; how much a part says does not hang
 * on where in one of them it begins. */
static void
a_part_is_found_wherever_in_a_block_it_begins(void **state)
{
	static uint8_t file[2 * KNOWN_BLOCK + 900];
	struct world w;

	noise(file, sizeof(file), 72);
	world_open(&w);
	add(&w, "random.bin", file, sizeof(file));
	seal(&w);
	for (size_t at = KNOWN_BLOCK - 300; at <= KNOWN_BLOCK + 1; at++) {
		run(&w, file + at, 300, 1460);
		assert_int_equal(w.count, 1);
		assert_one(&w, 0, at, at + 300);
	}
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_part_is_found_wherever_in_a_block_it_begins),
		cmocka_unit_test(
		    a_sparse_header_shared_with_an_unknown_file_names_none),
		cmocka_unit_test(a_whole_file_is_whole_however_it_is_cut),
		cmocka_unit_test(any_256_bytes_are_found_and_255_are_not),
		cmocka_unit_test(
		    shifted_truncated_and_middle_parts_have_exact_ranges),
		cmocka_unit_test(twice_sent_bytes_count_once),
		cmocka_unit_test(interleaved_files_are_both_found),
		cmocka_unit_test(
		    shared_bytes_name_no_file_and_own_bytes_name_one),
		cmocka_unit_test(
		    a_stub_of_many_files_leaves_the_right_one_whole),
		cmocka_unit_test(a_match_goes_on_behind_a_gap),
		cmocka_unit_test(ranges_add_and_subtract),
	};

	return cmocka_run_group_tests_name("content/match", tests, NULL, NULL);
}
