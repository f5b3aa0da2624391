// SPDX-License-Identifier: Apache-2.0
#include "model_bench.h"

static void
add_at(uint64_t second, enum kind kind)
{
	struct event e = sample_event(EVENT_TRANSFER);
	struct event_transfer t = sample_transfer;

	t.start_ns = SAMPLE_START + second * 1000000000;
	t.end_ns = t.start_ns + 1;
	t.kind = kind;
	e.ts_ns = t.end_ns;
	e.transfer = &t;
	add(e);
}

static void
add_mark_at(uint64_t second, const char *text)
{
	struct event e = sample_event(EVENT_MARK);
	struct event_mark mark = { .text = span_str(text) };

	e.ts_ns = SAMPLE_START + second * 1000000000;
	e.mark = &mark;
	add(e);
}

/* A transfer that is logged after a mark and began before it is of before. */
static void
add_phases(void)
{
	add_at(0, KIND_HASH_LOOKUP);
	add_mark_at(10, "off");
	add_at(9, KIND_HASH_LOOKUP);
	add_at(10, KIND_TELEMETRY);
	add_mark_at(40, "on");
	add_at(41, KIND_TELEMETRY);
	add_mark_at(50, "off");
	add_at(60, KIND_OTHER);
}

static void
marks_cut_the_run_into_phases(void **state)
{
	add_phases();
	assert_int_equal(model->phase_count, 4);
	assert_int_equal(model->phases[0].transfers, 2);
	assert_int_equal(model->phases[0].kinds[KIND_HASH_LOOKUP], 2);
	assert_int_equal(model->phases[1].transfers, 1);
	assert_int_equal(model->phases[2].transfers, 1);
	assert_int_equal(model->phases[3].kinds[KIND_OTHER], 1);
	assert_true(span_eq(model->phases[2].text, span_str("on")));
}

static void
a_phase_can_be_looked_at_alone(void **state)
{
	model->only = "off";
	add_phases();
	assert_int_equal(model->by_kind_grade[KIND_TELEMETRY][GRADE_PROVEN],
	    1);
	assert_int_equal(model->by_kind_grade[KIND_OTHER][GRADE_PROVEN], 1);
	assert_int_equal(model->by_kind_grade[KIND_HASH_LOOKUP][GRADE_PROVEN],
	    0);
	assert_int_equal(model_length_ns(model), 40000000001);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(marks_cut_the_run_into_phases),
		T(a_phase_can_be_looked_at_alone),
	};

	return cmocka_run_group_tests_name("phases", tests, NULL, NULL);
}
