// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "engine/ends.h"

static struct event_flow
flow(uint8_t local, uint16_t local_port, uint8_t remote, uint16_t remote_port,
    const char *protocol, const char *application)
{
	return (struct event_flow){
		.local.b = { [10] = 0xff, [11] = 0xff, 10, 0, 0, local },
		.remote.b = { [10] = 0xff, [11] = 0xff, 192, 0, 2, remote },
		.local_port = local_port, .remote_port = remote_port,
		.proto = 17, .ip_version = 4,
		.protocol = protocol, .application = application,
	};
}

static int
set_up(void **state)
{
	*state = ends_new();
	return *state ? 0 : -1;
}

static int
tear_down(void **state)
{
	ends_free(*state);
	return 0;
}

static void
what_a_socket_speaks_it_speaks_with_all(void **state)
{
	struct event_flow known = flow(1, 42559, 1, 6881, "bittorrent", NULL);
	struct event_flow mine = flow(1, 42559, 2, 7000, NULL, NULL);
	struct event_flow peer = flow(2, 5, 1, 23754, NULL, NULL);
	struct event_flow other = flow(1, 42560, 2, 7000, NULL, NULL);

	ends_follow(*state, &known, false);
	ends_follow(*state, &mine, true);
	ends_follow(*state, &peer, true);
	ends_follow(*state, &other, true);
	assert_string_equal(mine.protocol, "bittorrent");
	assert_string_equal(peer.protocol, "bittorrent");
	assert_string_equal(mine.protocol_by, "peer");
	assert_null(known.protocol_by);
	assert_null(other.protocol);
	assert_null(other.protocol_by);
}

static void
a_flow_that_goes_on_may_get_names_of_its_own(void **state)
{
	struct event_flow known = flow(1, 42559, 1, 6881, "bittorrent", NULL);
	struct event_flow going = flow(1, 42559, 2, 7000, NULL, NULL);

	ends_follow(*state, &known, true);
	ends_follow(*state, &going, false);
	assert_null(going.protocol);
}

static void
names_of_its_own_stay(void **state)
{
	struct event_flow known = flow(1, 42559, 1, 6881, "bittorrent", NULL);
	struct event_flow dns = flow(1, 42559, 1, 53, "dns", NULL);
	struct event_flow web = flow(1, 42559, 1, 80, NULL, "amazon");

	ends_follow(*state, &known, true);
	ends_follow(*state, &dns, true);
	ends_follow(*state, &web, true);
	assert_string_equal(dns.protocol, "dns");
	assert_null(dns.application);
	assert_null(web.protocol);
}

static void
stun_of_one_socket_is_of_one_application(void **state)
{
	struct event_flow known = flow(1, 60020, 1, 19302, "stun", "duo");
	struct event_flow same = flow(1, 60020, 2, 23130, "stun", NULL);
	struct event_flow server = flow(1, 60021, 1, 19302, "stun", NULL);
	struct event_flow bare = flow(1, 60020, 3, 1, NULL, NULL);

	ends_follow(*state, &known, true);
	ends_follow(*state, &same, true);
	ends_follow(*state, &server, true);
	ends_follow(*state, &bare, true);
	assert_string_equal(same.application, "duo");
	assert_null(server.application);
	assert_string_equal(bare.protocol, "stun");
	assert_string_equal(bare.application, "duo");
}

static void
servers_that_all_ask_name_nobody_who_is_known(void **state)
{
	struct event_flow google = flow(1, 43068, 1, 19302, "stun",
	    "googlehangoutduo");
	struct event_flow signal = flow(1, 43068, 2, 3478, "stun",
	    "signalvoip");
	struct event_flow call = flow(1, 43068, 3, 61156, "stun", NULL);

	ends_follow(*state, &google, false);
	ends_follow(*state, &signal, false);
	ends_follow(*state, &google, true);
	ends_follow(*state, &call, true);
	assert_string_equal(call.application, "signalvoip");
}

static void
a_place_is_promised_for_its_transport(void **state)
{
	struct event_flow data = flow(1, 50695, 7, 25685, NULL, NULL);
	struct event_flow datagram = data;

	data.proto = 6;
	ends_expect(*state, &data.remote, 25685, 6, "ftp_data");
	ends_follow(*state, &data, true);
	ends_follow(*state, &datagram, true);
	assert_string_equal(data.protocol, "ftp_data");
	assert_null(datagram.protocol);
}

static void
what_is_agreed_on_by_tcp_goes_by_udp(void **state)
{
	struct event_flow zoom = flow(1, 50076, 7, 443, "tls", "zoom");
	struct event_flow tinc = flow(1, 49290, 8, 655, "tinc", NULL);
	struct event_flow media = flow(1, 60653, 7, 8801, NULL, NULL);
	struct event_flow other = flow(1, 60653, 7, 8802, NULL, NULL);
	struct event_flow tunnel = flow(1, 655, 8, 655, NULL, NULL);
	struct event_flow elsewhere = flow(1, 655, 9, 655, NULL, NULL);
	struct event_flow stream = media;

	stream.proto = zoom.proto = tinc.proto = 6;
	ends_follow(*state, &zoom, false);
	ends_follow(*state, &tinc, false);
	ends_follow(*state, &media, true);
	ends_follow(*state, &other, true);
	ends_follow(*state, &stream, true);
	ends_follow(*state, &tunnel, true);
	ends_follow(*state, &elsewhere, true);
	assert_string_equal(media.protocol, "zoom");
	assert_string_equal(media.protocol_by, "peer");
	assert_null(other.protocol);
	assert_null(stream.protocol);
	assert_string_equal(tunnel.protocol, "tinc");
	assert_null(elsewhere.protocol);
}

static void
more_ends_than_there_is_room_for_are_forgotten(void **state)
{
	struct event_flow f = flow(1, 0, 0, 0, "bittorrent", NULL), unknown;
	unsigned found = 0;

	for (unsigned i = 0; i < 65536; i++) {
		f.local_port = (uint16_t)i;
		ends_follow(*state, &f, true);
	}
	for (unsigned i = 0; i < 65536; i++) {
		unknown = flow(1, (uint16_t)i, 9, 9, NULL, NULL);
		ends_follow(*state, &unknown, true);
		found += unknown.protocol != NULL;
	}
	assert_in_range(found, 1, 4096);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(what_a_socket_speaks_it_speaks_with_all),
		T(a_flow_that_goes_on_may_get_names_of_its_own),
		T(names_of_its_own_stay),
		T(stun_of_one_socket_is_of_one_application),
		T(servers_that_all_ask_name_nobody_who_is_known),
		T(a_place_is_promised_for_its_transport),
		T(what_is_agreed_on_by_tcp_goes_by_udp),
		T(more_ends_than_there_is_room_for_are_forgotten),
	};

	return cmocka_run_group_tests_name("ends", tests, NULL, NULL);
}
