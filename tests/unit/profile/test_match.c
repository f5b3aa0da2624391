// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/profile/sample.h"

static struct profiles *
sealed(const char *endpoints)
{
	struct profiles *set = profiles_new();

	assert_non_null(set);
	assert_int_equal(sample_add(set, "a", endpoints), 0);
	assert_int_equal(profiles_seal(set), 0);
	return set;
}

static const char *
found(const struct profiles *set, const char *host, uint16_t port)
{
	struct profile_match m;

	if (!profile_match_host(set, span_str(host), port, NULL, &m))
		return "";
	assert_int_equal(m.count, 1);
	return m.endpoints[0]->pattern;
}

static void
names_match_whatever_their_case_and_last_dot(void **state)
{
	struct profiles *set = sealed(
	    ENDPOINT("Host.Example.com", "443", "update", ""));

	assert_string_equal(found(set, "host.example.com", 443),
	    "Host.Example.com");
	assert_string_equal(found(set, "HOST.EXAMPLE.COM.", 443),
	    "Host.Example.com");
	assert_string_equal(found(set, "ost.example.com", 443), "");
	assert_string_equal(found(set, "xhost.example.com", 443), "");
	assert_string_equal(found(set, "a.host.example.com", 443), "");
	assert_string_equal(found(set, "host.example.com.x", 443), "");
	assert_string_equal(found(set, "example.com", 443), "");
	assert_string_equal(found(set, "", 443), "");
	assert_string_equal(found(set, ".", 443), "");
	profiles_free(set);
}

static void
a_first_star_takes_one_or_more_labels(void **state)
{
	struct profiles *set = sealed(
	    ENDPOINT("*.example.com", "443", "update", ""));

	assert_string_equal(found(set, "a.example.com", 1), "*.example.com");
	assert_string_equal(found(set, "a.b.c.example.com", 1),
	    "*.example.com");
	assert_string_equal(found(set, "example.com", 1), "");
	assert_string_equal(found(set, "badexample.com", 1), "");
	profiles_free(set);
}

static void
wildcards_inside_stay_in_their_label(void **state)
{
	struct profiles *set = sealed(
	    ENDPOINT("s??.upd.example.com", "443", "update", "")
	    ENDPOINT("up.*.xdr.example.com", "443", "telemetry", "")
	    ENDPOINT("k*.example.net", "443", "telemetry", "")
	    ENDPOINT("*.v*.u.example.net", "443", "telemetry", ""));

	assert_string_equal(found(set, "s07.upd.example.com", 1),
	    "s??.upd.example.com");
	assert_string_equal(found(set, "s7.upd.example.com", 1), "");
	assert_string_equal(found(set, "s.7.upd.example.com", 1), "");
	assert_string_equal(found(set, "s077.upd.example.com", 1), "");
	assert_string_equal(found(set, "up.eu.xdr.example.com", 1),
	    "up.*.xdr.example.com");
	assert_string_equal(found(set, "up.a.b.xdr.example.com", 1), "");
	assert_string_equal(found(set, "k.example.net", 1), "k*.example.net");
	assert_string_equal(found(set, "ka-b.example.net", 1),
	    "k*.example.net");
	assert_string_equal(found(set, "k.a.example.net", 1), "");
	assert_string_equal(found(set, "x.y.v1.u.example.net", 1),
	    "*.v*.u.example.net");
	assert_string_equal(found(set, "v1.u.example.net", 1), "");
	profiles_free(set);
}

static void
the_most_specific_pattern_wins(void **state)
{
	struct profiles *set = sealed(
	    ENDPOINT("*.example.com", "443", "unknown", "")
	    ENDPOINT("*.upd.example.com", "443", "update", "")
	    ENDPOINT("s??.upd.example.com", "443", "update", "")
	    ENDPOINT("s01.upd.example.com", "443", "update", ""));

	assert_string_equal(found(set, "s01.upd.example.com", 1),
	    "s01.upd.example.com");
	assert_string_equal(found(set, "s02.upd.example.com", 1),
	    "s??.upd.example.com");
	assert_string_equal(found(set, "t02.upd.example.com", 1),
	    "*.upd.example.com");
	assert_string_equal(found(set, "upd.example.com", 1),
	    "*.example.com");
	profiles_free(set);
}

static void
of_one_host_the_port_chooses_and_else_all_are_given(void **state)
{
	struct profiles *set = sealed(
	    ENDPOINT("h.example.com", "443", "reputation-lookup",
		", network: Net")
	    ENDPOINT("h.example.com", "443", "url-reputation", "")
	    ENDPOINT("h.example.com", "80", "update", ""));
	struct span host = span_str("h.example.com");
	struct profile_match m;
	struct profile_words w;

	assert_true(profile_match_host(set, host, 80, NULL, &m));
	assert_int_equal(m.count, 1);
	profile_match_words(&m, &w);
	assert_true(w.update);
	assert_true(span_eq(w.key, span_str("Vendor of a")));
	assert_true(span_eq(w.source,
	    span_str("profile a, vendor-doc: s")));
	assert_true(profile_match_host(set, host, 443, NULL, &m));
	assert_int_equal(m.count, 2);
	profile_match_words(&m, &w);
	assert_false(w.update);
	assert_true(span_eq(w.purpose,
	    span_str("reputation-lookup or url-reputation")));
	assert_true(span_eq(w.vendor, span_str("Vendor of a")));
	assert_true(span_eq(w.network, span_str("Net")));
	assert_true(span_eq(w.key,
	    span_str("Vendor of a Net or Vendor of a")));
	assert_true(profile_match_host(set, host, 9, NULL, &m));
	assert_int_equal(m.count, 3);
	profile_match_words(&m, &w);
	assert_false(w.update);
	profiles_free(set);
}

static void
addresses_and_a_bare_star_match_no_name(void **state)
{
	struct profiles *set = sealed(
	    ENDPOINT("8.8.8.8", "53", "unknown", "")
	    ENDPOINT("*", "13111", "reputation-lookup", ""));
	struct profile_match m;

	assert_string_equal(found(set, "8.8.8.8", 53), "");
	assert_string_equal(found(set, "any.example.com", 13111), "");
	assert_false(profile_match_port(NULL, 13111, &m));
	assert_false(profile_match_port(profiles_at(set, 0), 13112, &m));
	assert_true(profile_match_port(profiles_at(set, 0), 13111, &m));
	assert_string_equal(m.endpoints[0]->pattern, "*");
	profiles_free(set);
}

static void
hosts_of_strangers_need_the_process(void **state)
{
	struct profiles *set = sealed(
	    ENDPOINT("*.s3.example.com", "443", "update",
		", with_process: true"));
	struct span host = span_str("bucket.s3.example.com");
	struct profile_match m;
	struct profile other = { .id = NULL };

	assert_false(profile_match_host(set, host, 443, NULL, &m));
	assert_false(profile_match_host(set, host, 443, &other, &m));
	assert_true(profile_match_host(set, host, 443, profiles_at(set, 0),
	    &m));
	profiles_free(set);
}

static void
names_too_long_match_nothing(void **state)
{
	struct profiles *set = sealed(
	    ENDPOINT("*.example.com", "443", "update", ""));
	char host[300];

	memset(host, 'a', sizeof(host));
	for (size_t i = 50; i < 240; i += 50)
		host[i] = '.';
	strcpy(host + 253 - 12, ".example.com");
	assert_int_equal(strlen(host), 253);
	assert_string_equal(found(set, host, 1), "*.example.com");
	strcpy(host + 254 - 12, ".example.com");
	assert_string_equal(found(set, host, 1), "");
	profiles_free(set);
}

static const char *
process(const struct profiles *set, const char *exe, const char *unit,
    const char *name)
{
	const struct profile *p = profile_match_process(set, span_str(exe),
	    span_str(unit), span_str(name));

	return p ? p->id : "";
}

static void
processes_are_known_by_path_unit_and_name(void **state)
{
	struct profiles *set = profiles_new();

	assert_int_equal(sample_add(set, "a",
	    ENDPOINT("a.example.com", "1", "update", "")), 0);
	assert_int_equal(sample_add(set, "b",
	    ENDPOINT("b.example.com", "1", "update", "")), 0);
	assert_int_equal(profiles_seal(set), 0);
	assert_string_equal(process(set, "/opt/b/lib/deep/x", "", ""), "b");
	assert_string_equal(process(set, "/opt/c/x", "", ""), "");
	assert_string_equal(process(set, "/opt/b", "", ""), "");
	assert_string_equal(process(set, "", "b.service", ""), "b");
	assert_string_equal(process(set, "", "xb.service", ""), "");
	assert_string_equal(process(set, "", "", "bd"), "b");
	assert_string_equal(process(set, "C:\\Program Files\\B.EXE", "", ""),
	    "b");
	assert_string_equal(process(set, "", "", "b.exe"), "b");
	assert_string_equal(process(set, "/Applications/b.app", "", ""), "b");
	assert_string_equal(process(set, "/Applications/b.app/x", "", ""),
	    "b");
	assert_string_equal(process(set, "/Applications/b.apple/x", "", ""),
	    "");
	/* a path says more than a unit, and that more than a name */
	assert_string_equal(process(set, "/opt/b/x", "a.service", "ad"), "b");
	assert_string_equal(process(set, "/usr/bin/x", "b.service", "ad"),
	    "b");
	profiles_free(set);
}

static void
globs_end_whatever_the_text(void **state)
{
	char stars[200], as[400];

	for (size_t i = 0; i + 1 < sizeof(stars); i++)
		stars[i] = i % 2 ? 'a' : '*';
	stars[sizeof(stars) - 1] = 0;
	memset(as, 'a', sizeof(as) - 1);
	as[sizeof(as) - 1] = 0;
	assert_true(profile_glob(stars, span_str(as)));
	as[sizeof(as) - 2] = 'b';
	stars[sizeof(stars) - 2] = 'c';
	assert_false(profile_glob(stars, span_str(as)));
	assert_true(profile_glob("", span_str("")));
	assert_true(profile_glob("*", span_str("")));
	assert_false(profile_glob("?", span_str("")));
	assert_false(profile_glob("", span_str("a")));
	assert_true(profile_glob("a*b?d", span_str("aXXbbcd")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_match_whatever_their_case_and_last_dot),
		cmocka_unit_test(a_first_star_takes_one_or_more_labels),
		cmocka_unit_test(wildcards_inside_stay_in_their_label),
		cmocka_unit_test(the_most_specific_pattern_wins),
		cmocka_unit_test(of_one_host_the_port_chooses_and_else_all_are_given),
		cmocka_unit_test(addresses_and_a_bare_star_match_no_name),
		cmocka_unit_test(hosts_of_strangers_need_the_process),
		cmocka_unit_test(names_too_long_match_nothing),
		cmocka_unit_test(processes_are_known_by_path_unit_and_name),
		cmocka_unit_test(globs_end_whatever_the_text),
	};

	return cmocka_run_group_tests_name("profile match", tests, NULL, NULL);
}
