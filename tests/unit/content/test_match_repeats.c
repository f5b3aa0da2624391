// SPDX-License-Identifier: Apache-2.0
#include "matching.h"

/* Files that repeat themselves, and runs of one byte. */

static uint8_t a[NOISE_LEN], s[3 * NOISE_LEN];

static void
zero_runs_are_no_evidence_but_belong_to_the_file(void **state)
{
	struct world w;

	world_open(&w);
	memset(a, 0, 60000);
	noise(a + 20000, 20000, 12);
	add(&w, "a", a, 60000);
	seal(&w);
	memset(s, 0, 60000);
	run(&w, s, 60000, 1460);
	assert_int_equal(w.count, 0);
	for (size_t i = 1; i < PIECES; i++) {
		run(&w, a, 60000, pieces[i]);
		assert_one(&w, 0, 0, 60000);
		assert_true(w.match[0].whole);
	}
	/* behind other bytes */
	noise(s, 5000, 13);
	memcpy(s + 5000, a, 60000);
	run(&w, s, 65000, 1460);
	assert_one(&w, 0, 0, 60000);
	world_close(&w);
}

static void
repeating_text_is_followed_to_its_exact_ends(void **state)
{
	struct world w;
	size_t n = 0;

	world_open(&w);
	for (int i = 0; i < 500; i++)
		n += (size_t)sprintf((char *)a + n,
		    "2026-01-01 12:00:%02d service[%d]: started, all is well "
		    "and nothing happened at all today in this place\n",
		    i % 60, i / 100);
	add(&w, "log", a, n);
	seal(&w);
	run(&w, a, n, 1460);
	assert_one(&w, 0, 0, n);
	assert_true(w.match[0].whole);
	world_close(&w);
}

/* As the heads of entries are in every tar: between what fills them. */
static size_t
entries(uint8_t *p, size_t count, uint64_t seed)
{
	static const char head[] = "0000644\0" "0001750\0" "0001750";

	noise(p, count * 1000, seed);
	for (size_t i = 0; i < count; i++, p += 1000) {
		memset(p + 100, 0, 400);
		memcpy(p + 100, head, sizeof(head));
		memcpy(p + 257, "ustar  ", 7);
		memcpy(p + 300, "users and groups", 16);
	}
	return count * 1000;
}

static void
what_a_file_says_over_and_over_is_said_once(void **state)
{
	struct world w;
	size_t n;

	world_open(&w);
	n = entries(a, 30, 71);
	add(&w, "a", a, n);
	seal(&w);
	run(&w, s, entries(s, 30, 72), 1460);
	assert_int_equal(w.count, 0);
	/* one entry with what is in it */
	memcpy(s + 2000, a + 3000, 1000);
	run(&w, s, 30000, 1460);
	assert_int_equal(w.count, 1);
	world_close(&w);
}

/* What stands in a file twice was sent where the bytes beside it say so. */
static void
a_repeated_part_is_where_its_neighbours_are(void **state)
{
	static uint8_t file[9000];
	struct world w;

	noise(file, sizeof(file), 73);
	memcpy(file + 5000, file + 1000, 700);
	world_open(&w);
	add(&w, "twice.bin", file, sizeof(file));
	seal(&w);
	run(&w, file + 1100, 3000, 1460);
	assert_int_equal(w.count, 1);
	assert_one(&w, 0, 1100, 4100);
	world_close(&w);
}

/* A picture of equal rows behind a header of its own. */
static void
picture(uint8_t *p, size_t len, uint64_t header, const uint8_t *row)
{
	memset(p, 0, 54);
	noise(p, 8, header);
	for (size_t i = 54; i < len; i++)
		p[i] = row[(i - 54) % 336];
}

/* However many places its rows fit, and whichever file has more of them. */
static void
a_file_of_equal_rows_is_whole_and_no_other(void **state)
{
	static uint8_t files[6][54 + 336 * 130];
	uint8_t row[336];
	struct world w;

	noise(row, sizeof(row), 24);
	world_open(&w);
	for (size_t i = 0; i < 6; i++) {
		picture(files[i], 54 + 336 * (125 + i), 92 + i, row);
		add(&w, "picture", files[i], 54 + 336 * (125 + i));
	}
	seal(&w);
	for (uint32_t i = 0; i < 6; i++) {
		size_t len = 54 + 336 * (125 + i);

		for (size_t k = 0; k < PIECES; k++) {
			run(&w, files[i], len, pieces[k]);
			assert_one(&w, i, 0, len);
		}
	}
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    zero_runs_are_no_evidence_but_belong_to_the_file),
		cmocka_unit_test(what_a_file_says_over_and_over_is_said_once),
		cmocka_unit_test(a_repeated_part_is_where_its_neighbours_are),
		cmocka_unit_test(a_file_of_equal_rows_is_whole_and_no_other),
		cmocka_unit_test(repeating_text_is_followed_to_its_exact_ends),
	};

	return cmocka_run_group_tests_name("content/match_repeats", tests, NULL, NULL);
}
