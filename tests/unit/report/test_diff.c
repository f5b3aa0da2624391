// SPDX-License-Identifier: Apache-2.0
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <jansson.h>

#include "report/diff.h"
#include "report/poisson.h"
#include "unit/sample_events.h"

/* Values by summing the distribution itself and bisection. */
static void
intervals_are_the_exact_ones(void **state)
{
	static const struct {
		uint64_t n;
		double low, high;
	} known[] = {
		{ 0, 0, 3.6889 },	     { 1, 0.0253, 5.5716 },
		{ 2, 0.2422, 7.2247 },	     { 10, 4.7954, 18.3904 },
		{ 100, 81.3640, 121.6268 },
	};
	double low, high;

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		poisson_interval(known[i].n, &low, &high);
		assert_true(fabs(low - known[i].low) < 1e-4);
		assert_true(fabs(high - known[i].high) < 1e-4);
	}
}

static void
large_counts_end_and_hold_their_count(void **state)
{
	double low, high;

	for (uint64_t n = 1000; n <= 1000000000; n *= 1000) {
		poisson_interval(n, &low, &high);
		assert_true(low < (double)n && high > (double)n);
		assert_true(high - low < 4.2 * sqrt((double)n));
		assert_true(high - low > 3.8 * sqrt((double)n));
	}
}

static struct model *
model_of(struct span domain, unsigned transfers)
{
	struct model *m = model_new();
	struct event_transfer t = sample_transfer;
	struct event_flow f = sample_flow;

	f.domain = domain;
	for (unsigned i = 0; i < transfers; i++) {
		struct event e = sample_event(EVENT_TRANSFER);

		t.number = i + 1;
		t.start_ns = SAMPLE_START + i * SECOND;
		t.end_ns = SAMPLE_START + 3600 * SECOND;
		e.transfer = &t;
		e.flow = &f;
		e.cloud = NULL;
		assert_int_equal(model_add(m, &e), 0);
	}
	model_settle(m);
	return m;
}

static void
what_is_new_and_what_is_gone_is_told(void **state)
{
	struct model *a = model_of(S("a.test"), 2);
	struct model *b = model_of(S("b.test"), 50);
	json_t *root, *list;
	struct buf out;

	buf_init(&out, 0);
	diff_json(a, b, "one", "two", &out);
	root = json_loadb((char *)out.data, out.len, JSON_REJECT_DUPLICATES,
	    NULL);
	assert_non_null(root);
	list = json_object_get(root, "destinations");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(json_string_value(json_object_get(
	    json_array_get(list, 0), "status")), "gone");
	assert_string_equal(json_string_value(json_object_get(
	    json_array_get(list, 1), "status")), "new");
	assert_true(json_is_true(json_object_get(json_array_get(list, 1),
	    "differs")));
	json_decref(root);
	buf_reset(&out);
	diff_text(a, b, "one", "two", &out);
	buf_u8(&out, 0);
	assert_non_null(strstr((char *)out.data, "  gone  a.test: "));
	assert_non_null(strstr((char *)out.data, "  new   b.test: "));
	assert_non_null(strstr((char *)out.data,
	    "50 (50/h, 37.1 to 65.9)  differs"));
	buf_clear(&out);
	model_free(a);
	model_free(b);
}

static void
equal_cases_differ_in_nothing(void **state)
{
	struct model *a = model_of(S("a.test"), 5), *b = model_of(S("a.test"), 6);
	struct buf out;

	buf_init(&out, 0);
	diff_text(a, b, "one", "two", &out);
	buf_u8(&out, 0);
	assert_null(strstr((char *)out.data, "  differs\n"));
	assert_null(strstr((char *)out.data, "  new   "));
	assert_null(strstr((char *)out.data, "  gone  "));
	buf_clear(&out);
	model_free(a);
	model_free(b);
}

static void
a_case_without_length_has_no_rate(void **state)
{
	struct model *m = model_new();
	struct diff_rate r = diff_rate_of(m, 5);

	assert_false(r.known);
	assert_false(diff_rates_differ(&r, &r));
	model_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals_are_the_exact_ones),
		cmocka_unit_test(large_counts_end_and_hold_their_count),
		cmocka_unit_test(what_is_new_and_what_is_gone_is_told),
		cmocka_unit_test(equal_cases_differ_in_nothing),
		cmocka_unit_test(a_case_without_length_has_no_rate),
	};

	return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
