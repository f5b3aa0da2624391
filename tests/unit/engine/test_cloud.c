// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "profile/profile.h"
#include "telltap/telltap.h"
#include "verdict/event.h"

static const char catalogue[] =
    "id: a\nvendor: V\nproducts: [p]\nprocesses:\n"
    "  linux: [{exe: \"/opt/a/*\", source: s, confidence: vendor-doc}, "
    "{exe: \"/opt/a/fetch\", updates: true, source: s, "
    "confidence: vendor-doc}]\n"
    "  windows: []\n  macos: []\nendpoints:\n"
    "- {pattern: up.example.com, ports: [80], transport: http, "
    "purpose: update, source: s, confidence: vendor-doc}\n"
    "- {pattern: both.example.com, ports: [80], transport: http, "
    "purpose: update, network: Net, source: s, confidence: vendor-doc}\n"
    "- {pattern: both.example.com, ports: [80], transport: http, "
    "purpose: telemetry, network: Net, source: s, confidence: vendor-doc}\n"
    "- {pattern: \"*\", ports: [8111], transport: http, "
    "purpose: reputation-lookup, network: Proxy, source: s, "
    "confidence: vendor-doc}\n"
    "- {pattern: \"*.avqs.mcafee.com\", ports: [53], transport: dns, "
    "purpose: reputation-lookup, network: GTI, source: s, "
    "confidence: vendor-doc}\n"
    "sends: []\nquirks: []\nsources: []\n";

struct got {
	struct telltap_engine *engine;
	struct profiles *set;
	uint64_t number;
	uint32_t seq[2];
	uint32_t owner;
	uint16_t port;
	/* of the last transfer and of the flow */
	char key[128], flow_key[128], purpose[64], reasons[1024];
	enum kind kind;
};

static void
copy(char *to, size_t max, struct span s)
{
	snprintf(to, max, "%.*s", (int)s.len, s.len ? (const char *)s.p : "");
}

static int
on_event(void *arg, const struct event *e)
{
	struct got *g = arg;

	if (e->action == EVENT_FLOW)
		copy(g->flow_key, sizeof(g->flow_key), e->cloud->key);
	if (e->action != EVENT_TRANSFER)
		return 0;
	copy(g->key, sizeof(g->key), e->cloud->key);
	copy(g->purpose, sizeof(g->purpose), e->cloud->purpose);
	g->kind = e->transfer->kind;
	g->reasons[0] = 0;
	for (size_t i = 0; i < e->transfer->reason_count; i++) {
		size_t n = strlen(g->reasons);

		copy(g->reasons + n, sizeof(g->reasons) - n,
		    e->transfer->reasons[i]);
	}
	return 0;
}

static struct got *
start(bool with_profiles, uint16_t port)
{
	struct telltap_options o = { .size = sizeof(o), .no_dpi = true };
	struct got *g = calloc(1, sizeof(*g));

	g->set = profiles_new();
	g->port = port;
	assert_int_equal(profiles_load_text(g->set, "a.yaml", catalogue,
	    sizeof(catalogue) - 1), 0);
	assert_int_equal(profiles_seal(g->set), 0);
	if (with_profiles)
		o.profiles = (const struct telltap_profiles *)g->set;
	assert_int_equal(telltap_engine_new(&o, on_event, g, &g->engine), 0);
	return g;
}

static void
stop(struct got *g)
{
	telltap_engine_free(g->engine);
	profiles_free(g->set);
	free(g);
}

/* An IPv4 packet between 10.0.0.1:40000 and 10.0.0.2:port. */
static void
feed(struct got *g, bool back, uint8_t proto, uint8_t flags, const void *data,
    size_t len)
{
	uint8_t b[2048] = { 0x45, [8] = 64, [9] = proto, [12] = 10, [15] = 1,
		[16] = 10, [19] = 2 };
	size_t head = proto == 6 ? 20 : 8, all = 20 + head + len;
	uint16_t from = back ? g->port : 40000, to = back ? 40000 : g->port;
	struct telltap_packet p = { .number = ++g->number,
		.ts_ns = g->number * 1000000, .data = b,
		.cap_len = (uint32_t)all, .wire_len = (uint32_t)all,
		.link_type = 101, .owner = g->owner };
	uint8_t *t = b + 20;

	b[2] = (uint8_t)(all >> 8);
	b[3] = (uint8_t)all;
	b[15] = back ? 2 : 1;
	b[19] = back ? 1 : 2;
	t[0] = (uint8_t)(from >> 8);
	t[1] = (uint8_t)from;
	t[2] = (uint8_t)(to >> 8);
	t[3] = (uint8_t)to;
	if (proto == 6) {
		for (int i = 0; i < 4; i++)
			t[4 + i] = (uint8_t)(g->seq[back] >> (24 - 8 * i));
		t[12] = 0x50;
		t[13] = flags;
		t[14] = 0xff;
		g->seq[back] += (uint32_t)len + (flags & 2 ? 1 : 0);
	} else {
		t[4] = (uint8_t)((8 + len) >> 8);
		t[5] = (uint8_t)(8 + len);
	}
	memcpy(b + 20 + head, data, len);
	assert_int_equal(telltap_engine_feed(g->engine, &p, 1), 0);
}

static void
download(struct got *g, const char *host)
{
	char head[256], answer[1024];
	int n;

	feed(g, false, 6, 2, "", 0);
	feed(g, true, 6, 0x12, "", 0);
	n = snprintf(head, sizeof(head), "GET /x HTTP/1.1\r\n%s%s%s\r\n",
	    *host ? "Host: " : "", host, *host ? "\r\n" : "");
	feed(g, false, 6, 0x18, head, (size_t)n);
	n = snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\n"
	    "Content-Length: 500\r\n\r\n%0500d", 7);
	feed(g, true, 6, 0x18, answer, (size_t)n);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
}

static void
a_download_of_updates_is_an_update_download(void **state)
{
	struct got *g = start(true, 80);

	download(g, "UP.example.com");
	assert_int_equal(g->kind, KIND_UPDATE_DOWNLOAD);
	assert_string_equal(g->key, "V");
	assert_string_equal(g->flow_key, "V");
	assert_string_equal(g->purpose, "update");
	assert_non_null(strstr(g->reasons, "known to give updates"));
	stop(g);
}

static void
without_profiles_it_is_a_download_from_a_host(void **state)
{
	struct got *g = start(false, 80);

	download(g, "Up.eXample.com");
	assert_int_equal(g->kind, KIND_DOWNLOAD);
	assert_string_equal(g->key, "up.example.com");
	assert_string_equal(g->purpose, "");
	stop(g);
}

static void
a_host_of_several_purposes_is_not_called_an_update(void **state)
{
	struct got *g = start(true, 80);

	download(g, "both.example.com");
	assert_int_equal(g->kind, KIND_DOWNLOAD);
	assert_string_equal(g->key, "V Net");
	assert_string_equal(g->purpose, "update or telemetry");
	stop(g);
}

/* A mirror of one's own is in no profile. */
static void
what_fetches_updates_alone_is_known_by_its_program(void **state)
{
	static const struct {
		const char *program, *host;
		enum kind kind;
		const char *key;
	} cases[] = {
		{ "/opt/a/fetch", "", KIND_UPDATE_DOWNLOAD, "10.0.0.2:80" },
		{ "/opt/a/fetch", "mirror.lan", KIND_UPDATE_DOWNLOAD,
		    "mirror.lan" },
		{ "/opt/a/agent", "mirror.lan", KIND_DOWNLOAD, "mirror.lan" },
		{ "/usr/bin/fetch", "mirror.lan", KIND_DOWNLOAD, "mirror.lan" },
		/* The host is known, and for more than updates. */
		{ "/opt/a/fetch", "both.example.com", KIND_DOWNLOAD, "V Net" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct telltap_process p = { .size = sizeof(p),
			.executable = cases[i].program, .user = UINT64_MAX };
		struct got *g = start(true, 80);

		assert_int_equal(telltap_engine_owner(g->engine, 1, &p), 0);
		g->owner = 1;
		download(g, cases[i].host);
		assert_int_equal(g->kind, cases[i].kind);
		assert_string_equal(g->key, cases[i].key);
		assert_int_equal(!!strstr(g->reasons, "the program that asked"),
		    i < 2);
		stop(g);
	}
}

static void
a_port_names_a_cloud_only_with_its_process(void **state)
{
	struct telltap_process ours = { .size = sizeof(ours),
		.executable = "/opt/a/agent", .user = UINT64_MAX };
	struct telltap_process other = { .size = sizeof(other),
		.executable = "/usr/bin/curl", .user = UINT64_MAX };

	for (uint32_t owner = 0; owner < 3; owner++) {
		struct got *g = start(true, 8111);

		assert_int_equal(telltap_engine_owner(g->engine, 1, &ours),
		    0);
		assert_int_equal(telltap_engine_owner(g->engine, 2, &other),
		    0);
		g->owner = owner;
		download(g, "");
		assert_string_equal(g->key,
		    owner == 1 ? "V Proxy" : "10.0.0.2:8111");
		stop(g);
	}
}

static void
a_look_up_by_name_goes_to_whose_zone_it_is(void **state)
{
	static const uint8_t question[] =
	    "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
	    "\x1a" "4z9p5tjmcbnblehp4557z1d136\x04" "avqs\x06" "mcafee\x03"
	    "com\x00\x00\x01\x00\x01";
	static const uint8_t plain[] =
	    "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
	    "\x02" "up\x07" "example\x03" "com\x00\x00\x01\x00\x01";
	struct got *g = start(true, 53);

	feed(g, false, 17, 0, question, sizeof(question) - 1);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	assert_int_equal(g->kind, KIND_HASH_LOOKUP);
	assert_string_equal(g->key, "V GTI");
	assert_string_equal(g->flow_key, "10.0.0.2:53");
	assert_non_null(strstr(g->reasons, "4z9p5tjmcbnblehp4557z1d136"));
	stop(g);
	g = start(true, 53);
	feed(g, false, 17, 0, plain, sizeof(plain) - 1);
	assert_int_equal(telltap_engine_finish(g->engine), 0);
	assert_int_equal(g->kind, KIND_NAME_LOOKUP);
	assert_string_equal(g->key, "10.0.0.2:53");
	stop(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_download_of_updates_is_an_update_download),
		cmocka_unit_test(without_profiles_it_is_a_download_from_a_host),
		cmocka_unit_test(a_host_of_several_purposes_is_not_called_an_update),
		cmocka_unit_test(what_fetches_updates_alone_is_known_by_its_program),
		cmocka_unit_test(a_port_names_a_cloud_only_with_its_process),
		cmocka_unit_test(a_look_up_by_name_goes_to_whose_zone_it_is),
	};

	return cmocka_run_group_tests_name("engine cloud", tests, NULL, NULL);
}
