// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "report/policy.h"
#include "unit/sample_events.h"

/* A case of one readable transfer of telemetry with a user's name in it. */
struct scene {
	struct event_transfer t;
	struct event_flow f;
	struct event_totals totals;
	struct event_category category;
	bool no_summary;
};

static struct scene
scene(void)
{
	struct scene s = {
		.t = { .number = 1, .start_ns = SAMPLE_START,
		       .end_ns = SAMPLE_START + SECOND,
		       .kind = KIND_TELEMETRY, .grade = GRADE_OBSERVED,
		       .payload_out = 1000 },
		.f = { .id = 1, .domain = S("cloud.example.net"),
		       .ip_version = 4, .start_ns = SAMPLE_START,
		       .end_ns = SAMPLE_START + SECOND, .payload_out = 1000,
		       .understood_out = 1000,
		       .remote = { .b = { [10] = 0xff, 0xff, 192, 0, 2, 1 } } },
		.totals = { .packets = 9, .payload_out = 1000,
			    .understood_out = 1000 },
		.category = { .category = "user", .path = S("/user"),
			      .why = "a name" },
	};

	return s;
}

static enum policy_verdict
judge(struct scene *s, const char *rule)
{
	struct model *m = model_new();
	struct policy *p = NULL;
	char path[] = "/tmp/telltap-test-XXXXXX", why[YAMLFILE_ERROR_MAX];
	struct event e = { .action = EVENT_TRANSFER, .flow = &s->f,
			   .transfer = &s->t };
	FILE *f = fdopen(mkstemp(path), "w");
	enum policy_verdict v;
	struct buf b;

	fprintf(f, "rules:\n  - %s\n", rule);
	fclose(f);
	s->t.categories = &s->category;
	s->t.category_count = 1;
	assert_int_equal(model_add(m, &e), 0);
	e = (struct event){ .action = EVENT_FLOW, .flow = &s->f,
			    .sequence = 1 };
	assert_int_equal(model_add(m, &e), 0);
	e = (struct event){ .action = EVENT_SUMMARY, .totals = &s->totals,
			    .sequence = 2 };
	if (!s->no_summary)
		assert_int_equal(model_add(m, &e), 0);
	model_settle(m);
	if (policy_load(path, &p, why))
		fail_msg("%s", why);
	buf_init(&b, 0);
	v = policy_judge(&p->rules[0], m, &b);
	assert_true(b.len > 0);
	buf_clear(&b);
	policy_free(p);
	model_free(m);
	unlink(path);
	return v;
}

static void
seal(struct scene *s)
{
	s->t.kind = KIND_OPAQUE;
	s->t.grade = GRADE_OPAQUE;
	s->f.understood_out = s->totals.understood_out = 0;
	s->f.encrypted_out = s->totals.encrypted_out = 1000;
	s->category.category = "system";
}

static void
a_kind_that_is_there_fails_and_one_that_is_not_passes(void **state)
{
	struct scene s = scene();

	assert_int_equal(judge(&s, "no-kind: telemetry"), POLICY_FAIL);
	assert_int_equal(judge(&s, "no-kind: file-upload"), POLICY_PASS);
	assert_int_equal(judge(&s, "no-kind: opaque"), POLICY_PASS);
}

static void
no_kind_passes_where_traffic_could_not_be_read(void **state)
{
	struct scene s = scene();

	seal(&s);
	assert_int_equal(judge(&s, "no-kind: file-upload"), POLICY_CANT_TELL);
	assert_int_equal(judge(&s, "no-kind: opaque"), POLICY_FAIL);
	s = scene();
	s.totals.dropped_kernel = 1;
	assert_int_equal(judge(&s, "no-kind: file-upload"), POLICY_CANT_TELL);
	assert_int_equal(judge(&s, "no-kind: opaque"), POLICY_CANT_TELL);
	s = scene();
	s.f.ignored_out = 1;
	assert_int_equal(judge(&s, "no-kind: file-upload"), POLICY_CANT_TELL);
	s = scene();
	s.no_summary = true;
	assert_int_equal(judge(&s, "no-kind: file-upload"), POLICY_CANT_TELL);
	s = scene();
	s.t.limit_count = 1;
	assert_int_equal(judge(&s, "no-kind: file-upload"), POLICY_CANT_TELL);
}

static void
an_inferred_finding_neither_fails_nor_passes(void **state)
{
	struct scene s = scene();

	s.t.grade = GRADE_INFERRED;
	assert_int_equal(judge(&s, "no-kind: telemetry"), POLICY_CANT_TELL);
}

static void
a_rule_about_one_destination_leaves_others_alone(void **state)
{
	struct scene s = scene();

	assert_int_equal(judge(&s, "{no-kind: telemetry, to: '*.EXAMPLE.net'}"),
	    POLICY_FAIL);
	assert_int_equal(judge(&s, "{no-kind: telemetry, to: '*.test'}"),
	    POLICY_PASS);
	seal(&s);
	assert_int_equal(judge(&s, "{no-kind: telemetry, to: '*.test'}"),
	    POLICY_PASS);
	s.f.domain = (struct span){ 0 };
	assert_int_equal(judge(&s, "{no-kind: telemetry, to: '*.test'}"),
	    POLICY_CANT_TELL);
	s = scene();
	s.f.domain = (struct span){ 0 };
	assert_int_equal(judge(&s, "{no-kind: telemetry, to: '*.test'}"),
	    POLICY_CANT_TELL);
}

static void
categories_have_all_three_outcomes(void **state)
{
	struct scene s = scene();

	assert_int_equal(judge(&s, "no-category: user"), POLICY_FAIL);
	assert_int_equal(judge(&s, "no-category: file"), POLICY_PASS);
	s.category.category = "undetermined";
	assert_int_equal(judge(&s, "no-category: user"), POLICY_CANT_TELL);
	s = scene();
	s.category.category = "file.name";
	assert_int_equal(judge(&s, "no-category: file"), POLICY_FAIL);
	seal(&s);
	assert_int_equal(judge(&s, "no-category: user"), POLICY_CANT_TELL);
}

static void
hosts_have_all_three_outcomes(void **state)
{
	struct scene s = scene();

	assert_int_equal(judge(&s, "only-hosts: ['*.example.net']"),
	    POLICY_PASS);
	assert_int_equal(judge(&s, "only-hosts: ['example.net', 'x']"),
	    POLICY_FAIL);
	s.f.domain = S("cloud.example.net\0.test");
	assert_int_equal(judge(&s, "only-hosts: ['*.example.net']"),
	    POLICY_FAIL);
	s.f.domain = (struct span){ 0 };
	assert_int_equal(judge(&s, "only-hosts: ['*.example.net']"),
	    POLICY_CANT_TELL);
	assert_int_equal(judge(&s, "only-hosts: ['192.0.2.*']"), POLICY_PASS);
	s = scene();
	s.totals.events_lost = 1;
	assert_int_equal(judge(&s, "only-hosts: ['*.example.net']"),
	    POLICY_CANT_TELL);
}

static void
coverage_has_all_three_outcomes(void **state)
{
	struct scene s = scene();

	assert_int_equal(judge(&s, "coverage-at-least: 100"), POLICY_PASS);
	s.totals.missing_out = 1;
	assert_int_equal(judge(&s, "coverage-at-least: 99.9"), POLICY_PASS);
	assert_int_equal(judge(&s, "coverage-at-least: 100"), POLICY_FAIL);
	s.totals.dropped_ring = 1;
	assert_int_equal(judge(&s, "coverage-at-least: 99.9"),
	    POLICY_CANT_TELL);
	s = scene();
	s.no_summary = true;
	assert_int_equal(judge(&s, "coverage-at-least: 0"), POLICY_CANT_TELL);
}

static void
readable_has_all_three_outcomes(void **state)
{
	struct scene s = scene();

	assert_int_equal(judge(&s, "readable-at-least: 100"), POLICY_PASS);
	s.totals.understood_out = 999;
	s.totals.encrypted_out = 1;
	assert_int_equal(judge(&s, "readable-at-least: 99.9"), POLICY_PASS);
	assert_int_equal(judge(&s, "readable-at-least: 99.95"), POLICY_FAIL);
	s.totals.file_errors = 1;
	assert_int_equal(judge(&s, "readable-at-least: 99.9"),
	    POLICY_CANT_TELL);
}

static int
load(const char *text)
{
	char path[] = "/tmp/telltap-test-XXXXXX", why[YAMLFILE_ERROR_MAX];
	FILE *f = fdopen(mkstemp(path), "w");
	struct policy *p = NULL;
	int err;

	fputs(text, f);
	fclose(f);
	err = policy_load(path, &p, why);
	assert_true(!err || why[0]);
	policy_free(p);
	unlink(path);
	return err;
}

static void
a_rule_that_could_never_fail_is_refused(void **state)
{
	assert_int_equal(load("rules: [{no-kind: telemetry}]\n"), 0);
	assert_int_equal(load("rules: [{no-kind: upload}]\n"), ERR_MALFORMED);
	assert_int_equal(load("rules: [{no-category: usr}]\n"), ERR_MALFORMED);
	assert_int_equal(load("rules: [{no-category: use}]\n"), ERR_MALFORMED);
	assert_int_equal(load("rules: [{name: x}]\n"), ERR_MALFORMED);
	assert_int_equal(load("rules: [{no-kind: opaque, no-category: url}]\n"),
	    ERR_MALFORMED);
	assert_int_equal(load("rules: [{no-kinds: opaque}]\n"), ERR_MALFORMED);
	assert_int_equal(load("rules: [{coverage-at-least: 101}]\n"),
	    ERR_MALFORMED);
	assert_int_equal(load("rules: [{coverage-at-least: nan}]\n"),
	    ERR_MALFORMED);
	assert_int_equal(load("rules: [{only-hosts: [a], to: b}]\n"),
	    ERR_MALFORMED);
	assert_int_equal(load("rules: []\n"), ERR_MALFORMED);
	assert_int_equal(load(""), ERR_MALFORMED);
	assert_int_equal(load("{{{"), ERR_MALFORMED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_kind_that_is_there_fails_and_one_that_is_not_passes),
		cmocka_unit_test(
		    no_kind_passes_where_traffic_could_not_be_read),
		cmocka_unit_test(an_inferred_finding_neither_fails_nor_passes),
		cmocka_unit_test(
		    a_rule_about_one_destination_leaves_others_alone),
		cmocka_unit_test(categories_have_all_three_outcomes),
		cmocka_unit_test(hosts_have_all_three_outcomes),
		cmocka_unit_test(coverage_has_all_three_outcomes),
		cmocka_unit_test(readable_has_all_three_outcomes),
		cmocka_unit_test(a_rule_that_could_never_fail_is_refused),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
