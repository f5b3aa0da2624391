// SPDX-License-Identifier: Apache-2.0
#include "world.h"

/* A file that goes out as values of a list, some of them too short to be known
 * alone. */

#define LEN	20000

static uint8_t file[LEN];
static char body[4 * LEN];

struct piece {
	size_t start, end;
};

/* {"list":["...", ...]} of these pieces in base64. */
static void
scan_pieces(struct world *w, const struct piece *p, size_t count, bool change)
{
	uint8_t bytes[LEN];
	size_t n = (size_t)sprintf(body, "{\"list\":[");

	for (size_t i = 0; i < count; i++) {
		size_t len = p[i].end - p[i].start;

		memcpy(bytes, file + p[i].start, len);
		bytes[len - 1] ^= change && len < 256;
		n += (size_t)sprintf(body + n, "%s\"", i ? "," : "");
		n += (size_t)EVP_EncodeBlock((uint8_t *)body + n, bytes,
		    (int)len);
		n += (size_t)sprintf(body + n, "\"");
	}
	strcpy(body + n, "]}");
	world_scan_text(w, body);
}

static void
setup(struct world *w)
{
	world_open(w);
	noise(file, LEN, 77);
	world_add(w, "file", file, LEN);
	world_seal(w);
	w->hint.uses = true;
}

/* Bytes of the file that all matches have, and the whole of it in one. */
static uint64_t
sent(const struct world *w, bool *ret_whole)
{
	uint64_t n = 0;

	*ret_whole = false;
	for (size_t i = 0; i < w->f->item_count; i++)
		for (size_t k = 0; k < w->f->items[i].match_count; k++) {
			const struct scan_match *m = &w->f->items[i].matches[k];
			uint64_t own = 0;

			for (size_t r = 0; r < m->range_count; r++)
				own += m->ranges[r].end - m->ranges[r].start;
			assert_int_equal(own, m->sent_bytes);
			n += own;
			*ret_whole |= m->whole;
		}
	return n;
}

static bool
is_used(const struct world *w, uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < w->f->use_count; i++)
		if (w->f->uses[i].start <= start && w->f->uses[i].end >= end &&
		    end)
			return true;
	return false;
}

static void
expect(const struct piece *p, size_t count, uint64_t bytes, bool whole)
{
	struct world w;
	bool all;

	setup(&w);
	scan_pieces(&w, p, count, false);
	assert_int_equal(sent(&w, &all), bytes);
	assert_int_equal(all, whole);
	world_close(&w);
}

static void
a_short_last_value_ends_the_file(void **state)
{
	static const struct piece p[] = { { 0, LEN - 100 },
		{ LEN - 100, LEN } };

	expect(p, 2, LEN, true);
}

static void
a_short_first_value_begins_it(void **state)
{
	static const struct piece p[] = { { 0, 170 }, { 170, LEN } };

	expect(p, 2, LEN, true);
}

static void
short_values_between_longer_ones_close_the_gap(void **state)
{
	static const struct piece p[] = { { 0, 6000 }, { 6000, 6200 },
		{ 6200, 6350 }, { 6350, 6360 }, { 6360, LEN } };

	expect(p, 5, LEN, false);
}

static void
values_out_of_order_close_it_too(void **state)
{
	static const struct piece p[] = { { 6200, 6400 }, { 6400, LEN },
		{ 6000, 6200 }, { 0, 6000 } };

	expect(p, 4, LEN, false);
}

static void
few_bytes_count_only_where_they_are_all_that_lacks(void **state)
{
	static const struct piece last[] = { { 0, LEN - 10 },
		{ LEN - 10, LEN } };
	static const struct piece more[] = { { 0, LEN - 50 },
		{ LEN - 50, LEN - 40 } };

	expect(last, 2, LEN, true);
	expect(more, 2, LEN - 50, false);
}

static void
a_value_that_differs_is_not_of_the_file(void **state)
{
	static const struct piece p[] = { { 0, LEN - 100 },
		{ LEN - 100, LEN } };
	struct world w;
	bool whole;

	setup(&w);
	scan_pieces(&w, p, 2, true);
	assert_int_equal(sent(&w, &whole), LEN - 100);
	assert_false(whole);
	world_close(&w);
}

static void
a_value_from_elsewhere_in_the_file_is_no_part(void **state)
{
	static const struct piece p[] = { { 0, 9000 }, { 15000, 15100 } };

	expect(p, 2, 9000, false);
}

static void
what_was_filled_in_is_used(void **state)
{
	static const struct piece p[] = { { 0, LEN - 100 },
		{ LEN - 100, LEN } };
	struct world w;

	setup(&w);
	scan_pieces(&w, p, 2, false);
	assert_true(is_used(&w, LEN - 100, LEN));
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_short_last_value_ends_the_file),
		cmocka_unit_test(a_short_first_value_begins_it),
		cmocka_unit_test(short_values_between_longer_ones_close_the_gap),
		cmocka_unit_test(values_out_of_order_close_it_too),
		cmocka_unit_test(
		    few_bytes_count_only_where_they_are_all_that_lacks),
		cmocka_unit_test(a_value_that_differs_is_not_of_the_file),
		cmocka_unit_test(a_value_from_elsewhere_in_the_file_is_no_part),
		cmocka_unit_test(what_was_filled_in_is_used),
	};

	return cmocka_run_group_tests_name("content scan fill", tests, NULL,
	    NULL);
}
