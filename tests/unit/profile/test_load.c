// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/profile/sample.h"

#define GOOD	ENDPOINT("a.example.com", "443", "update", "")

static void
fails(const char *id, const char *endpoints, const char *why)
{
	struct profiles *set = profiles_new();
	int r = sample_add(set, id, endpoints);

	if (!r)
		r = profiles_seal(set);
	assert_int_not_equal(r, 0);
	if (!strstr(profiles_error(set), why))
		fail_msg("\"%s\" does not say \"%s\"", profiles_error(set),
		    why);
	profiles_free(set);
}

static void
what_the_schema_does_not_know_is_an_error_with_its_line(void **state)
{
	fails("a", ENDPOINT("a.example.com", "70000", "update", ""),
	    "a.yaml:14: ");
	fails("a", ENDPOINT("a.example.com", "443", "updates", ""),
	    "a.yaml:14: ");
	fails("a", ENDPOINT("a.example.com", "443", "update", ", frob: 1"),
	    "a.yaml:14: ");
	fails("a", ENDPOINT("a.example.com", "", "update", ""),
	    "a.yaml:14: ");
	fails("a", GOOD "- {}\n", "a.yaml:15: ");
	fails("a", ENDPOINT("", "443", "update", ""), "a.yaml:14: ");
	fails("a", "", "a.yaml:13: ");
	fails("a", "- [\n", "a.yaml");
}

static void
patterns_that_are_no_hosts_are_errors(void **state)
{
	static const char *const bad[] = {
		"*.com", "com", "a..example.com", ".example.com",
		"a.example.com.", "a b.example.com", "a/b.example.com",
		"*.*.com", "example.c*m", "ex?mple.com", "a.example.com:443",
	};
	char line[512];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(line, sizeof(line), ENDPOINT("%s", "443", "update",
		    ""), bad[i]);
		fails("a", line, "no host name, or too wide");
	}
	fails("a", ENDPOINT("a.example.com", "0", "update", ""), "port 0");
}

static void
a_file_has_the_name_of_its_id(void **state)
{
	struct profiles *set = profiles_new();
	char text[SAMPLE_MAX];

	sample(text, "b", GOOD);
	assert_int_not_equal(profiles_load_text(set, "a.yaml", text,
	    strlen(text)), 0);
	assert_non_null(strstr(profiles_error(set), "id: b"));
	assert_int_equal(profiles_load_text(set, "b.yaml", text,
	    strlen(text)), 0);
	assert_int_equal(profiles_load_text(set, "b.yaml", text,
	    strlen(text)), -EEXIST);
	assert_int_equal(profiles_count(set), 1);
	profiles_free(set);
	fails("A", GOOD, "only a-z");
}

static void
a_fact_has_a_source_or_is_a_recollection(void **state)
{
	struct profiles *set = profiles_new();

	fails("a", "- {pattern: a.example.com, ports: [1], transport: https, "
		   "purpose: update, source: \"\", confidence: vendor-doc}\n",
	    "no source");
	assert_int_equal(sample_add(set, "a",
	    "- {pattern: a.example.com, ports: [1], transport: https, "
	    "purpose: update, source: \"\", confidence: recollection}\n"), 0);
	profiles_free(set);
}

static void
text_that_plays_tricks_is_an_error(void **state)
{
	fails("a", ENDPOINT("a.example.com", "1", "update",
	    ", note: \"a\\x1bb\""), "can't be shown");
	fails("a", ENDPOINT("a.example.com", "1", "update",
	    ", note: \"a\\u202eb\""), "can't be shown");
}

static void
a_process_is_named_in_one_way(void **state)
{
	static const char two[] =
	    "id: a\nvendor: v\nproducts: [p]\nprocesses:\n"
	    "  linux: [{exe: x, comm: y, source: s, confidence: vendor-doc}]\n"
	    "  windows: []\n  macos: []\n"
	    "endpoints:\n" GOOD "sends: []\nquirks: []\nsources: []\n";
	struct profiles *set = profiles_new();

	assert_int_not_equal(profiles_load_text(set, "a.yaml", two,
	    strlen(two)), 0);
	assert_non_null(strstr(profiles_error(set), "2 are there"));
	profiles_free(set);
}

static void
mentions_are_categories_of_data(void **state)
{
	static const char text[] =
	    "id: a\nvendor: v\nproducts: [p]\nprocesses:\n"
	    "  linux: []\n  windows: []\n  macos: []\n"
	    "endpoints:\n" GOOD "sends: [s]\nmentions: [%s]\n"
	    "quirks: []\nsources: []\n";
	struct profiles *set = profiles_new();
	char buf[sizeof(text) + sizeof(GOOD) + 64];

	snprintf(buf, sizeof(buf), text, "file.hash, file");
	assert_int_not_equal(profiles_load_text(set, "a.yaml", buf,
	    strlen(buf)), 0);
	assert_non_null(strstr(profiles_error(set), "entry 2: no category"));
	snprintf(buf, sizeof(buf), text, "file.hash, crash.dump");
	assert_int_equal(profiles_load_text(set, "a.yaml", buf, strlen(buf)),
	    0);
	assert_int_equal(profiles_at(set, 0)->mentions_count, 2);
	profiles_free(set);
}

static int
claim(const char *a, const char *b, char *ret_why)
{
	struct profiles *set = profiles_new();
	int r;

	assert_int_equal(sample_add(set, "a", a), 0);
	assert_int_equal(sample_add(set, "b", b), 0);
	r = profiles_seal(set);
	strcpy(ret_why, profiles_error(set));
	profiles_free(set);
	return r;
}

static void
two_vendors_claim_one_host_only_if_both_say_so(void **state)
{
	char why[1024];

	assert_int_equal(claim(GOOD, GOOD, why), -EEXIST);
	assert_non_null(strstr(why, "b.yaml: "));
	assert_non_null(strstr(why, "a.example.com: a claims it, too"));
	assert_int_equal(claim(GOOD,
	    ENDPOINT("A.Example.COM", "80", "telemetry", ""), why), -EEXIST);
	assert_int_equal(claim(GOOD,
	    ENDPOINT("a.example.com", "443", "update", ", shared: true"),
	    why), -EEXIST);
	assert_int_equal(claim(
	    ENDPOINT("a.example.com", "443", "update", ", shared: true"),
	    ENDPOINT("a.example.com", "443", "update", ", shared: true"),
	    why), 0);
	assert_int_equal(claim(ENDPOINT("*", "443", "update", ""),
	    ENDPOINT("*", "443", "update", ""), why), 0);
}

static void
a_shared_host_is_reported_for_both(void **state)
{
	static const char shared[] = ENDPOINT("a.example.com", "443",
	    "update", ", shared: true");
	struct profiles *set = profiles_new();
	struct profile_match m;
	struct profile_words w;

	assert_int_equal(sample_add(set, "b", shared), 0);
	assert_int_equal(sample_add(set, "a", shared), 0);
	assert_int_equal(profiles_seal(set), 0);
	assert_true(profile_match_host(set, span_str("a.example.com"), 443,
	    NULL, &m));
	assert_int_equal(m.count, 2);
	profile_match_words(&m, &w);
	assert_true(span_eq(w.vendor,
	    span_str("Vendor of a or Vendor of b")));
	assert_true(w.update);
	profiles_free(set);
}

static void
one_host_twice_for_one_purpose_is_an_error(void **state)
{
	struct profiles *set = profiles_new();

	fails("a", GOOD GOOD, "twice for the same purpose");
	assert_int_equal(sample_add(set, "a",
	    GOOD ENDPOINT("a.example.com", "80", "update", "")), 0);
	assert_int_equal(profiles_seal(set), 0);
	profiles_free(set);
}

static void
bytes_that_are_no_profile_are_errors(void **state)
{
	static const char alias[] = "id: &a x\nvendor: *a\n";
	struct profiles *set = profiles_new();
	char *big = malloc(PROFILE_MAX_FILE_LEN + 1);

	assert_int_not_equal(profiles_load_text(set, "a.yaml", "", 0), 0);
	assert_int_not_equal(profiles_load_text(set, "a.yaml", "# x\n", 4), 0);
	assert_int_not_equal(profiles_load_text(set, "a.yaml", "a\0b", 3), 0);
	assert_int_not_equal(profiles_load_text(set, "a.yaml", "\xff\xfe\x80",
	    3), 0);
	assert_int_not_equal(profiles_load_text(set, "a.yaml", alias,
	    strlen(alias)), 0);
	memset(big, '#', PROFILE_MAX_FILE_LEN + 1);
	assert_int_equal(profiles_load_text(set, "a.yaml", big,
	    PROFILE_MAX_FILE_LEN + 1), ERR_LIMIT);
	assert_int_equal(profiles_load_text(set, "a.yaml", big,
	    PROFILE_MAX_FILE_LEN), ERR_MALFORMED);
	free(big);
	assert_int_not_equal(profiles_load(set, "/nowhere/at/all"), 0);
	assert_non_null(strstr(profiles_error(set), "/nowhere/at/all"));
	assert_int_equal(profiles_count(set), 0);
	profiles_free(set);
}

static void
a_set_can_be_cut_down_to_some_ids(void **state)
{
	static const char *const ids[] = { "c", "a" }, *const none[] = { "x" };
	struct profiles *set = profiles_new();
	uint8_t all[32], some[32];

	assert_int_equal(sample_add(set, "c",
	    ENDPOINT("c.example.com", "1", "update", "")), 0);
	assert_int_equal(sample_add(set, "b",
	    ENDPOINT("b.example.com", "1", "update", "")), 0);
	assert_int_equal(sample_add(set, "a", GOOD), 0);
	profiles_digest(set, all);
	assert_int_equal(profiles_keep(set, none, 1), -ENOENT);
	assert_int_equal(profiles_count(set), 3);
	assert_int_equal(profiles_keep(set, ids, 2), 0);
	assert_int_equal(profiles_count(set), 2);
	assert_string_equal(profiles_at(set, 0)->id, "a");
	assert_string_equal(profiles_at(set, 1)->id, "c");
	assert_null(profiles_at(set, 2));
	profiles_digest(set, some);
	assert_memory_not_equal(all, some, 32);
	assert_int_equal(profiles_seal(set), 0);
	assert_int_equal(sample_add(set, "d", GOOD), -EINVAL);
	profiles_free(set);
	profiles_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_schema_does_not_know_is_an_error_with_its_line),
		cmocka_unit_test(patterns_that_are_no_hosts_are_errors),
		cmocka_unit_test(a_file_has_the_name_of_its_id),
		cmocka_unit_test(a_fact_has_a_source_or_is_a_recollection),
		cmocka_unit_test(text_that_plays_tricks_is_an_error),
		cmocka_unit_test(a_process_is_named_in_one_way),
		cmocka_unit_test(mentions_are_categories_of_data),
		cmocka_unit_test(two_vendors_claim_one_host_only_if_both_say_so),
		cmocka_unit_test(a_shared_host_is_reported_for_both),
		cmocka_unit_test(one_host_twice_for_one_purpose_is_an_error),
		cmocka_unit_test(bytes_that_are_no_profile_are_errors),
		cmocka_unit_test(a_set_can_be_cut_down_to_some_ids),
	};

	return cmocka_run_group_tests_name("profile load", tests, NULL, NULL);
}
