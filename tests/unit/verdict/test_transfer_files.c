// SPDX-License-Identifier: Apache-2.0
#include "transfer_bench.h"

static void
all_bytes_of_a_known_file_are_a_proven_upload(void **state)
{
	static const struct scan_range all = { 0, 1000 };
	static const struct scan_match match = { .file = 0, .whole = true,
		.exact = true, .sent_bytes = 1000, .ranges = &all,
		.range_count = 1 };
	const struct event_transfer *t;
	struct fixture f;

	set_up(&f);
	item(0, (struct scan_item){ .size = 1500, .complete = true,
		.container = true });
	item(1, (struct scan_item){ .size = 1000, .complete = true,
		.encoding = "base64", .declared_file = true,
		.known_bytes = 1000, .matches = &match, .match_count = 1 });
	t = exchange(&f, 1500, 50, 0);
	expect(t, KIND_FILE_UPLOAD, GRADE_PROVEN);
	assert_int_equal(t->file_count, 1);
	assert_true(t->files[0].known);
	assert_true(t->files[0].coverage == 1.0);
	assert_int_equal(t->files[0].encoding_count, 1);
	assert_string_equal(t->files[0].encodings[0], "base64");
	assert_string_equal(t->files[0].origin, "user");
	assert_string_equal(t->categories[0].category, "file.content");
	assert_true(scan_complete);
	assert_int_equal(scanned, 1500);
	tear_down(&f);
}

static void
part_of_a_known_file_is_a_fragment_even_if_declared_a_file(void **state)
{
	static const struct scan_range part = { 0, 400 };
	static const struct scan_match match = { .file = 1,
		.sent_bytes = 400, .ranges = &part, .range_count = 1 };
	const struct event_transfer *t;
	struct fixture f;

	set_up(&f);
	item(0, (struct scan_item){ .size = 400, .complete = true,
		.declared_file = true, .known_bytes = 400, .matches = &match,
		.match_count = 1 });
	t = exchange(&f, 400, 50, 0);
	expect(t, KIND_FILE_FRAGMENT, GRADE_PROVEN);
	assert_int_equal(t->file_count, 1);
	assert_true(t->files[0].coverage == 0.4);
	assert_string_equal(t->files[0].origin, "canary");
	tear_down(&f);
}

static void
parts_of_one_file_in_many_fields_are_told_as_one(void **state)
{
	static const uint32_t also = 1;
	static const struct scan_range part[] = {
		{ 600, 1000 }, { 0, 300 }, { 300, 600 },
	};
	static struct scan_match match[3];
	const struct event_transfer *t;
	struct fixture f;

	for (size_t n = 2; n <= 3; n++) {
		set_up(&f);
		for (size_t i = 0; i < n; i++) {
			match[i] = (struct scan_match){ .file = 0,
				.sent_bytes = part[i].end - part[i].start,
				.ranges = &part[i], .range_count = 1,
				.also = &also, .also_count = i < 2 };
			item(i, (struct scan_item){ .size = 400,
				.complete = true, .matches = &match[i],
				.match_count = 1 });
			items[i].parent = -1;
		}
		t = exchange(&f, 1200, 50, 0);
		assert_int_equal(t->file_count, 1);
		assert_int_equal(t->files[0].range_count, n == 2 ? 2 : 1);
		assert_int_equal(t->files[0].sent_bytes, n == 2 ? 700 : 1000);
		/* shared by another file, but for the third part */
		assert_int_equal(t->files[0].ambiguous, n == 2);
		expect(t, n == 2 ? KIND_FILE_FRAGMENT : KIND_FILE_UPLOAD,
		    GRADE_PROVEN);
		tear_down(&f);
	}
}

static void
an_envelope_of_known_content_is_no_file_of_its_own(void **state)
{
	static const struct scan_range part = { 0, 400 };
	static const struct scan_match match = { .file = 1,
		.sent_bytes = 400, .ranges = &part, .range_count = 1 };
	const struct event_transfer *t;
	struct fixture f;

	for (uint64_t size = 800; size < 900; size += 50) {
		set_up(&f);
		/* a JSON document, declared a file, with a part of one in it */
		item(0, (struct scan_item){ .size = size, .complete = true,
			.declared_file = true, .known_bytes = 400 });
		item(1, (struct scan_item){ .size = 400, .complete = true,
			.encoding = "json", .known_bytes = 400,
			.matches = &match, .match_count = 1 });
		t = exchange(&f, size, 50, 0);
		if (size == 800)
			expect(t, KIND_FILE_FRAGMENT, GRADE_PROVEN);
		else
			expect(t, KIND_FILE_UPLOAD, GRADE_OBSERVED);
		assert_int_equal(t->file_count, size == 800 ? 1 : 2);
		tear_down(&f);
	}
}

static void
a_declared_unknown_file_is_observed(void **state)
{
	const struct event_transfer *t;
	struct fixture f;

	set_up(&f);
	item(0, (struct scan_item){ .size = 700, .complete = true,
		.declared_file = true, .name = SPAN_LITERAL("x.bin") });
	t = exchange(&f, 700, 50, 0);
	expect(t, KIND_FILE_UPLOAD, GRADE_OBSERVED);
	assert_false(t->files[0].known);
	assert_int_equal(t->files[0].size, 700);
	tear_down(&f);
}

static void
a_declared_file_that_is_not_whole_is_a_fragment(void **state)
{
	const struct event_transfer *t;
	struct fixture f;

	set_up(&f);
	item(0, (struct scan_item){ .size = 700, .missing = 300,
		.declared_file = true });
	t = exchange(&f, 700, 50, 300);
	expect(t, KIND_FILE_FRAGMENT, GRADE_OBSERVED);
	assert_int_equal(t->files[0].size, UINT64_MAX);
	assert_int_equal(t->missing_out, 300);
	assert_int_equal(scan_gaps, 300);
	assert_false(scan_complete);
	tear_down(&f);
}

static void
a_file_that_is_cut_is_a_fragment(void **state)
{
	const struct event_transfer *t;
	struct fixture f;

	for (int declared = 0; declared < 2; declared++) {
		set_up(&f);
		item(0, (struct scan_item){ .size = 700, .complete = true,
			.declared_file = declared, .file_format = true,
			.cut = true });
		t = exchange(&f, 700, 50, 0);
		expect(t, KIND_FILE_FRAGMENT, GRADE_OBSERVED);
		assert_int_equal(t->files[0].size, UINT64_MAX);
		assert_true(t->files[0].coverage == 0.0);
		tear_down(&f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    all_bytes_of_a_known_file_are_a_proven_upload),
		cmocka_unit_test(
		    part_of_a_known_file_is_a_fragment_even_if_declared_a_file),
		cmocka_unit_test(
		    parts_of_one_file_in_many_fields_are_told_as_one),
		cmocka_unit_test(
		    an_envelope_of_known_content_is_no_file_of_its_own),
		cmocka_unit_test(a_declared_unknown_file_is_observed),
		cmocka_unit_test(
		    a_declared_file_that_is_not_whole_is_a_fragment),
		cmocka_unit_test(a_file_that_is_cut_is_a_fragment),
	};

	return cmocka_run_group_tests_name("transfer_files", tests, NULL, NULL);
}
