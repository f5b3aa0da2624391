// SPDX-License-Identifier: Apache-2.0
#include "model_bench.h"

/* The sentence that a report begins with. */

/* Two destinations of two clouds: a row each, of one file. */
static void
a_file_to_two_destinations_is_one_file(void **state)
{
	struct event_transfer t;
	struct event_file f;
	struct event e = whole_upload(&t, &f);
	struct event_cloud c = sample_cloud;

	e.cloud = &c;
	add(e);
	c.key = SPAN_LITERAL("another.example");
	t.number++;
	add(e);
	model_settle(model);
	assert_int_equal(model->files.count, 2);
	assert_int_equal(model_whole_rows(model), 2);
	assert_int_equal(model_whole_files(model), 1);
	assert_true(verdict_has("1 whole file left, to 2 destinations. "));
	/* By its size alone it went to a third one. */
	c.key = SPAN_LITERAL("third.example");
	t.number++;
	t.grade = GRADE_INFERRED;
	add(e);
	model_settle(model);
	assert_int_equal(model_whole_rows(model), 3);
	assert_true(verdict_has("1 whole file left, to 2 destinations. "));
}

/* Nobody saw its bytes. */
static void
a_file_by_its_size_was_not_seen_leaving(void **state)
{
	struct event_transfer t;
	struct event_file f;
	struct event e = whole_upload(&t, &f);

	t.grade = GRADE_INFERRED;
	add(e);
	assert_true(verdict_has("No whole file was seen leaving; that 1 file left is "
				"inferred from sizes alone. "));
	assert_string_equal(render_file_label(only_file()), "WHOLE FILE BY SIZE");
	f.sha256[0] ^= 1;
	t.grade = GRADE_PROVEN;
	t.number++;
	add(e);
	assert_true(verdict_has("1 whole file left, and 1 more by inference from "
				"sizes alone. "));
	model->has_totals = true;
	model->totals.encrypted_out = 1000000;
	model->totals.understood_out = 1;
	assert_true(verdict_has(". Under 0.1 % of the outbound payload"));
}

static void
a_filter_is_beside_the_verdict(void **state)
{
	assert_false(verdict_has("filter"));
	model->filter = SPAN_LITERAL("port 1");
	assert_true(verdict_has(" Only packets that fit the filter \"port 1\" "
				"were looked at."));
	model->filter = SPAN_LITERAL("\033[2J");
	assert_false(verdict_has("\033"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_file_to_two_destinations_is_one_file),
		T(a_file_by_its_size_was_not_seen_leaving),
		T(a_filter_is_beside_the_verdict),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
