// SPDX-License-Identifier: Apache-2.0
#include "world.h"

/* The bytes of items that may be files, and the ceilings that hold for them. */

#define LEN	5000

static uint8_t a[LEN], body[3 * LEN];
static struct scan_keep keep;

static void
setup(struct world *w, size_t each, size_t all)
{
	world_open_one(w, a, LEN, 77);
	keep = (struct scan_keep){ .each_max = each, .all_max = all };
	w->hint.keep = &keep;
}

static void
a_known_file_is_kept_as_it_went(void **state)
{
	struct world w;

	setup(&w, LEN, LEN);
	for (size_t piece = 1; piece <= LEN; piece = piece * 7 + 1) {
		world_scan_cut(&w, a, LEN, piece);
		assert_non_null(w.f->items[0].bytes);
		assert_memory_equal(w.f->items[0].bytes, a, LEN);
		assert_int_equal(keep.held, LEN);
	}
	world_close(&w);
	assert_int_equal(keep.held, 0);
}

static void
nothing_is_kept_unasked(void **state)
{
	struct world w;

	setup(&w, LEN, LEN);
	w.hint.keep = NULL;
	world_scan_cut(&w, a, LEN, 100);
	assert_true(w.f->items[0].matches[0].exact);
	assert_null(w.f->items[0].bytes);
	world_close(&w);
}

static void
a_byte_too_many_for_one_is_not_kept(void **state)
{
	struct world w;

	setup(&w, LEN - 1, 2 * LEN);
	world_scan_cut(&w, a, LEN, 100);
	assert_null(w.f->items[0].bytes);
	assert_int_equal(keep.held, 0);
	world_close(&w);
}

static void
a_byte_too_many_for_all_is_not_kept(void **state)
{
	struct world w;

	setup(&w, 2 * LEN, LEN - 1);
	world_scan_cut(&w, a, LEN, 100);
	assert_null(w.f->items[0].bytes);
	assert_int_equal(keep.held, 0);
	world_close(&w);
}

static void
a_file_with_a_hole_is_not_kept(void **state)
{
	const struct scan_findings *f;
	struct scan *s;
	struct world w;

	setup(&w, LEN, LEN);
	s = scan_new(w.known, &w.hint);
	scan_data(s, a, 2000);
	scan_gap(s, 10);
	scan_data(s, a + 2010, LEN - 2010);
	scan_finish(s, true, &f);
	assert_null(f->items[0].bytes);
	scan_free(s);
	assert_int_equal(keep.held, 0);
	world_close(&w);
}

static void
a_body_that_is_no_file_is_let_go(void **state)
{
	struct world w;

	setup(&w, sizeof(body), sizeof(body));
	memset(body, 'x', sizeof(body));
	memcpy(body + LEN, a, LEN);
	world_scan_cut(&w, body, sizeof(body), 999);
	assert_int_equal(w.f->items[0].match_count, 1);
	assert_null(w.f->items[0].bytes);
	assert_int_equal(keep.held, 0);
	world_close(&w);
}

static void
a_declared_file_is_kept_out_of_its_form(void **state)
{
	static const char head[] = "--b\r\nContent-Disposition: form-data; "
	    "name=\"f\"; filename=\"x.bin\"\r\n\r\n", foot[] = "\r\n--b--\r\n";
	size_t len = 0, found = 0;
	struct world w;

	setup(&w, LEN, LEN);
	world_type(&w, "multipart/form-data; boundary=b");
	memcpy(body, head, strlen(head));
	len = strlen(head);
	noise(body + len, 3000, 5);
	memcpy(body + len + 3000, foot, strlen(foot));
	world_scan_cut(&w, body, len + 3000 + strlen(foot), 64);
	for (size_t i = 0; i < w.f->item_count; i++) {
		if (!w.f->items[i].bytes)
			continue;
		found++;
		assert_int_equal(w.f->items[i].size, 3000);
		assert_memory_equal(w.f->items[i].bytes, body + len, 3000);
	}
	assert_int_equal(found, 1);
	world_close(&w);
	assert_int_equal(keep.held, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_file_is_kept_as_it_went),
		cmocka_unit_test(nothing_is_kept_unasked),
		cmocka_unit_test(a_byte_too_many_for_one_is_not_kept),
		cmocka_unit_test(a_byte_too_many_for_all_is_not_kept),
		cmocka_unit_test(a_file_with_a_hole_is_not_kept),
		cmocka_unit_test(a_body_that_is_no_file_is_let_go),
		cmocka_unit_test(a_declared_file_is_kept_out_of_its_form),
	};

	return cmocka_run_group_tests_name("scan_keep", tests, NULL, NULL);
}
