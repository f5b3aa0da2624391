// SPDX-License-Identifier: Apache-2.0
/* The profiles that telltap comes with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>

#include <cmocka.h>

#include "profile/profile.h"

#define CATALOGUE	"daemon/profile/profiles"

static struct profiles *set;

static int
load(void **state)
{
	set = profiles_new();
	if (profiles_load(set, CATALOGUE) || profiles_seal(set)) {
		print_error("%s\n", profiles_error(set));
		return -1;
	}
	return 0;
}

static int
drop(void **state)
{
	profiles_free(set);
	return 0;
}

static void
no_profile_and_no_fact_is_missing(void **state)
{
	size_t endpoints = 0, processes = 0, texts = 0, comparable = 0;

	assert_int_equal(profiles_count(set), 28);
	for (size_t i = 0; i < profiles_count(set); i++) {
		const struct profile *p = profiles_at(set, i);

		endpoints += p->endpoints_count;
		for (int os = 0; os < PROFILE_OS_COUNT; os++)
			processes += p->processes[os].list_count;
		texts += p->products_count + p->sends_count +
			 p->quirks_count + p->sources_count;
		comparable += p->mentions_count > 0;
	}
	assert_int_equal(endpoints, 606);
	assert_int_equal(processes, 197 + 142 + 58);
	assert_int_equal(texts, 79 + 63 + 100 + 122);
	/* the others have no text but what is remembered, or none on data */
	assert_int_equal(comparable, 23);
}

/* A name that the pattern fits. */
static void
instantiate(const char *pattern, char *to)
{
	for (; *pattern; pattern++) {
		if (*pattern == '*')
			to += sprintf(to, "qzx");
		else
			*to++ = *pattern == '?' ? '7' : *pattern;
	}
	*to = 0;
}

static bool
holds(const struct profile_match *m, const struct profile_endpoint *e)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->endpoints[i] == e)
			return true;
	return false;
}

static void
every_host_of_every_profile_is_found(void **state)
{
	size_t tried = 0;

	for (size_t i = 0; i < profiles_count(set); i++) {
		const struct profile *p = profiles_at(set, i);

		for (unsigned k = 0; k < p->endpoints_count; k++) {
			const struct profile_endpoint *e = &p->endpoints[k];
			struct profile_match m = { .count = 0 };
			char host[1024];
			uint8_t addr[16];
			bool named = strcmp(e->pattern, "*") &&
				     !inet_pton(AF_INET, e->pattern, addr);

			instantiate(e->pattern, host);
			for (unsigned n = 0; n < e->ports_count; n++) {
				bool found = named ?
				    profile_match_host(set, span_str(host),
					e->ports[n], p, &m) :
				    profile_match_port(p, e->ports[n], &m);

				/* an address alone is not of a cloud */
				if (!named && strcmp(e->pattern, "*"))
					found = !profile_match_host(set,
					    span_str(host), e->ports[n], p,
					    &m) && profile_match_address(set,
					    host, e->ports[n], p, &m);
				if (!found || !holds(&m, e))
					fail_msg("%s: %s is not found as %s",
					    p->id, e->pattern, host);
				tried++;
			}
		}
	}
	assert_true(tried >= 606);
}

static void
says(const char *host, uint16_t port, const char *vendor, const char *network,
    const char *purpose)
{
	struct profile_match m;
	struct profile_words w;

	if (!profile_match_host(set, span_str(host), port, NULL, &m))
		fail_msg("%s is not found", host);
	profile_match_words(&m, &w);
	assert_true(span_eq(w.vendor, span_str(vendor)));
	assert_true(span_eq(w.network, span_str(network)));
	assert_true(span_eq(w.purpose, span_str(purpose)));
}

static void
well_known_hosts_have_their_names(void **state)
{
	says("ksn-file-geo.kaspersky-labs.com", 443, "Kaspersky", "KSN",
	    "reputation-lookup");
	says("wdcp.microsoft.com", 443, "Microsoft", "MAPS",
	    "reputation-lookup");
	says("ussus1eastprod.blob.core.windows.net", 443, "Microsoft", "",
	    "sample-submission");
	says("4z9p5tjmcbnblehp4557z1d136.avqs.mcafee.com", 53,
	    "McAfee / Trellix", "GTI", "reputation-lookup");
	says("ts01-b.cloudsink.net", 443, "CrowdStrike", "", "telemetry");
	says("livegrid.eset.systems", 53535, "ESET", "LiveGrid",
	    "reputation-lookup");
	says("current.cvd.clamav.net", 53, "Cisco Talos (ClamAV)", "",
	    "update");
	says("www.virustotal.com", 443,
	    "Google (VirusTotal) or Wazuh", "",
	    "reputation-lookup or sample-submission");
}

static void
hosts_of_everybody_are_nobodys(void **state)
{
	static const char *const hosts[] = {
		"example.com", "www.google.com", "bucket.s3.amazonaws.com",
		"any.blob.core.windows.net", "hub.devices.azure-devices.net",
		"mykaspersky.com", "8.8.8.8", "avast.com.example.org",
	};
	struct profile_match m;

	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++)
		if (profile_match_host(set, span_str(hosts[i]), 443, NULL, &m))
			fail_msg("%s is taken for %s", hosts[i],
			    m.endpoints[0]->pattern);
}

static void
processes_are_found_by_their_files(void **state)
{
	static const struct {
		const char *exe, *id;
	} known[] = {
		{ "/opt/kaspersky/kesl/libexec/kesl", "kaspersky" },
		{ "/opt/microsoft/mdatp/sbin/wdavdaemon",
		    "microsoft-defender" },
		{ "C:\\Program Files\\Windows Defender\\MsMpEng.exe",
		    "microsoft-defender" },
		{ "/opt/CrowdStrike/falcon-sensor-bpf-17000", "crowdstrike" },
		{ "/opt/Trellix/cma/bin/cmdagent", "mcafee-trellix" },
		{ "C:\\Program Files\\Avast Software\\AvastSvc.exe",
		    "gen-avast-avg-norton" },
		{ "/Library/Sentinel/x", "sentinelone" },
		{ "/usr/bin/curl", NULL },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		const struct profile *p = profile_match_process(set,
		    span_str(known[i].exe), span_str(""), span_str(""));

		if (!known[i].id)
			assert_null(p);
		else if (!p || strcmp(p->id, known[i].id))
			fail_msg("%s is taken for %s", known[i].exe,
			    p ? p->id : "nobody's");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_profile_and_no_fact_is_missing),
		cmocka_unit_test(every_host_of_every_profile_is_found),
		cmocka_unit_test(well_known_hosts_have_their_names),
		cmocka_unit_test(hosts_of_everybody_are_nobodys),
		cmocka_unit_test(processes_are_found_by_their_files),
	};

	return cmocka_run_group_tests_name("profile catalogue", tests, load,
	    drop);
}
