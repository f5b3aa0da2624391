// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "protocol/naming.h"

static struct naming *naming;

static int
start(void **state)
{
	naming = naming_new();
	return naming ? 0 : -1;
}

static int
stop(void **state)
{
	naming_free(naming);
	return 0;
}

static struct packet_addr
ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct packet_addr){ .b = { [10] = 0xff, 0xff, a, b, c, d } };
}

static struct naming_tuple
tuple(uint8_t proto, uint16_t port)
{
	return (struct naming_tuple){
		.addr = { ipv4(192, 0, 2, 1), ipv4(192, 0, 2, 2) },
		.port = { 40000, port },
		.proto = proto,
	};
}

static bool
feed(struct naming_flow *f, unsigned side, const char *text,
    struct naming_verdict *v)
{
	return naming_feed(naming, f, side, (const uint8_t *)text,
	    strlen(text), 1000000000, v);
}

static void
ssh_is_known_off_its_port(void **state)
{
	struct naming_tuple t = tuple(6, 4711);
	struct naming_flow *f = naming_flow_new(naming, &t, NULL, NULL);
	struct naming_verdict v = { 0 };
	bool done = feed(f, 1, "SSH-2.0-OpenSSH_9.2\r\n", &v);

	done = done || feed(f, 0, "SSH-2.0-OpenSSH_9.2\r\n", &v);
	assert_true(done);
	assert_string_equal(v.protocol, "ssh");
	naming_flow_free(naming, f);
}

static void
a_flow_of_ipv6_and_a_used_state(void **state)
{
	struct naming_tuple t = tuple(6, 4711);
	struct naming_verdict v = { 0 };

	for (int i = 0; i < 3; i++) {
		struct naming_flow *f;

		memset(t.addr[0].b, i + 1, 16);
		f = naming_flow_new(naming, &t, NULL, NULL);
		assert_true(feed(f, 1, "SSH-2.0-x\r\n", &v) ||
		    feed(f, 0, "SSH-2.0-x\r\n", &v));
		assert_string_equal(v.protocol, "ssh");
		naming_flow_free(naming, f);
	}
}

static void
eight_packets_are_the_most(void **state)
{
	struct naming_tuple t = tuple(6, 4711);
	struct naming_flow *f = naming_flow_new(naming, &t, NULL, NULL);
	struct naming_verdict v = { 0 };
	int n = 0;

	while (!feed(f, n % 2, "\x01zq nothing in particular", &v))
		n++;
	assert_int_equal(n, NAMING_PACKETS_MAX - 1);
	assert_null(v.protocol);
	naming_flow_free(naming, f);
}

struct given_up {
	const char *protocol;
	int times;
};

static void
note_given_up(void *owner, const struct naming_verdict *v)
{
	struct given_up *g = owner;

	g->protocol = v->protocol;
	g->times++;
}

static void
the_flow_longest_silent_is_given_up_for_the_next_one(void **state)
{
	struct naming_tuple t = tuple(6, 4711);
	struct naming_flow *f[NAMING_FLOWS_MAX + 2];
	struct given_up given[NAMING_FLOWS_MAX + 2] = { 0 };
	struct naming_verdict v = { 0 };
	size_t n = 0;

	for (; n < NAMING_FLOWS_MAX; n++)
		f[n] = naming_flow_new(naming, &t, note_given_up, &given[n]);
	/* both speak again: the third is the oldest now */
	assert_false(feed(f[1], 0, "\x01zq nothing in particular", &v));
	assert_false(feed(f[0], 0, "\x01zq nothing in particular", &v));
	for (; n < NAMING_FLOWS_MAX + 2; n++)
		f[n] = naming_flow_new(naming, &t, note_given_up, &given[n]);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(given[i].times, i == 2 || i == 3);
	assert_null(given[3].protocol);
	for (size_t i = 0; i < n; i++)
		if (!given[i].times)
			naming_flow_free(naming, f[i]);
}

static void
ports_are_a_guess(void **state)
{
	struct naming_tuple t = tuple(6, 22);
	struct naming_verdict v = { 0 };

	naming_guess(naming, &t, &v);
	assert_true(v.guessed);
	assert_string_equal(v.protocol, "ssh");
}

static void
types_of_icmp_are_no_ports(void **state)
{
	struct naming_tuple t = tuple(1, 3);
	struct naming_verdict v = { 0 };

	t.port[0] = 3;		/* port unreachable, as its flow has it */
	naming_guess(naming, &t, &v);
	assert_string_equal(v.protocol, "icmp");
	t.proto = 58;
	t.port[0] = 22;
	naming_guess(naming, &t, &v);
	assert_string_equal(v.protocol, "icmpv6");
}

static void
hosts_have_applications(void **state)
{
	const char *name = naming_host(naming, span_str("www.dropbox.com"));

	assert_string_equal(name, "dropbox");
	/* Out of the cache, and in capitals. */
	assert_ptr_equal(naming_host(naming, span_str("www.dropbox.com")),
	    name);
	assert_ptr_equal(naming_host(naming, span_str("WWW.DROPBOX.COM")),
	    name);
	assert_null(naming_host(naming, span_str("files.seed.test")));
	assert_null(naming_host(naming, span_str("")));
}

static void
hosts_that_are_asked_in_a_certain_way_too(void **state)
{
	static const struct {
		const char *host, *application;
	} cases[] = {
		{ "2.DNScrypt-cert.example.org", "dnscrypt" },
		{ "2.dnscrypt-cert.", "dnscrypt" },
		{ "2.dnscrypt-cert", NULL },
		{ "x2.dnscrypt-cert.example.org", NULL },
		{ "2.SeCureDnS.AVASt.Com", "avastsecuredns" },
		{ "www.aimini.net", "aimini" },
		{ "aimini.net", NULL },
		{ "www.aimini.net.seed.test", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *name = naming_host(naming,
		    span_str(cases[i].host));

		if (cases[i].application)
			assert_string_equal(name, cases[i].application);
		else
			assert_null(name);
	}
}

static void
networks_have_applications(void **state)
{
	struct packet_addr google = ipv4(8, 8, 8, 8);
	struct packet_addr nobody = ipv4(192, 0, 2, 1);
	struct packet_addr six = { .b = { 0x20, 0x01 } };

	assert_string_equal(naming_address(naming, &google), "google");
	assert_null(naming_address(naming, &nobody));
	assert_null(naming_address(naming, &six));
}

static void
certificates_have_applications(void **state)
{
	static const struct {
		const char *subject, *application;
	} cases[] = {
		{ "CN=AnyDesk Client", "anydesk" },
		{ "C=US,O=Fortinet,OU=FortiGate,CN=FG", "forticlient" },
		{ "CN=a\\,OU=FortiGate", NULL },
		{ "CN=a\\\\,OU=FortiGate", "forticlient" },
		{ "L=O=Kakao", NULL },
		{ "O=Kaka", NULL },
		{ "O=Kakao Corp.,CN=b", "kakaotalk" },
		{ "CN=a\\", NULL },
		{ ",,", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *name = naming_certificate(naming,
		    span_str(cases[i].subject));

		if (cases[i].application)
			assert_string_equal(name, cases[i].application);
		else
			assert_null(name);
	}
}

static void
ports_tell_what_is_behind_tls(void **state)
{
	static const uint16_t imaps[] = { 40000, 993 }, web[] = { 40000, 443 };
	static const uint16_t smtps[] = { 465, 40000 }, push[] = { 1, 5223 };

	assert_string_equal(naming_tls_port(naming, NULL, imaps), "imaps");
	assert_string_equal(naming_tls_port(naming, NULL, smtps), "smtps");
	assert_string_equal(naming_tls_port(naming, "google", imaps),
	    "google");
	assert_null(naming_tls_port(naming, NULL, web));
	assert_null(naming_tls_port(naming, NULL, push));
	assert_string_equal(naming_tls_port(naming, "apple", push),
	    "applepush");
	assert_string_equal(naming_tls_port(naming, "apple", web), "apple");
}

static void
datagrams_by_their_bytes(void **state)
{
	uint8_t ntp[49] = { 0x23 }, dhcp[240] = { 1 };

	memcpy(dhcp + 236, "\x63\x82\x53\x63", 4);
	assert_string_equal(naming_datagram(ntp, 48, 4000, 123), "ntp");
	assert_null(naming_datagram(ntp, 48, 4000, 124));
	assert_null(naming_datagram(ntp, 47, 4000, 123));
	assert_null(naming_datagram(ntp, 49, 4000, 123));
	assert_string_equal(naming_datagram(dhcp, 240, 68, 67), "dhcp");
	assert_null(naming_datagram(dhcp, 239, 68, 67));
	assert_string_equal(naming_datagram((const uint8_t *)
	    "M-SEARCH * HTTP/1.1\r\n", 21, 4000, 1900), "ssdp");
	assert_null(naming_datagram(ntp, 0, 4000, 123));
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(ssh_is_known_off_its_port), T(a_flow_of_ipv6_and_a_used_state),
		T(eight_packets_are_the_most),
		T(the_flow_longest_silent_is_given_up_for_the_next_one),
		T(ports_are_a_guess), T(types_of_icmp_are_no_ports),
		T(hosts_have_applications),
		T(hosts_that_are_asked_in_a_certain_way_too),
		T(networks_have_applications),
		T(certificates_have_applications),
		T(ports_tell_what_is_behind_tls), T(datagrams_by_their_bytes),
	};

	return cmocka_run_group_tests_name("naming", tests, NULL, NULL);
}
