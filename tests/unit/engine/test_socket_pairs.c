// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/socket_pairs.h"
#include "telltap/telltap.h"

/* Sent 100 bytes, 7 more are under way; got 30. */
static struct telltap_socket_count
opener(unsigned n)
{
	return (struct telltap_socket_count){
		.size = sizeof(struct telltap_socket_count), .proto = 6,
		.local = { [10] = 0xff, [11] = 0xff, [12] = 127, [13] = n >> 16,
			[14] = n >> 8, [15] = n },
		.remote = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 },
		.local_port = 40000, .remote_port = 443,
		.payload_out = 100, .pending_out = 7, .payload_in = 30 };
}

static struct telltap_socket_count
peer_of(const struct telltap_socket_count *c)
{
	struct telltap_socket_count peer = *c;

	memcpy(peer.local, c->remote, 16);
	memcpy(peer.remote, c->local, 16);
	peer.local_port = c->remote_port;
	peer.remote_port = c->local_port;
	peer.payload_out = c->payload_in;
	peer.pending_out = 0;
	peer.payload_in = c->payload_out + c->pending_out;
	return peer;
}

static void
sums_are(bool peer_first, bool accepted, bool peer_accepted, uint64_t out,
    uint64_t in)
{
	struct telltap_socket_count c = opener(2), peer = peer_of(&c);
	struct socket_pairs *p = socket_pairs_new();
	struct socket_sums sums = { 1000, 2000 };

	assert_non_null(p);
	if (peer_first)
		socket_pairs_add(p, &peer, peer_accepted, &sums);
	socket_pairs_add(p, &c, accepted, &sums);
	if (!peer_first)
		socket_pairs_add(p, &peer, peer_accepted, &sums);
	assert_int_equal(sums.out, 1000 + out);
	assert_int_equal(sums.in, 2000 + in);
	socket_pairs_free(p);
}

static void
a_pair_counts_as_its_opener_sees_it(void **state)
{
	sums_are(false, false, true, 107, 30);
	sums_are(true, false, true, 107, 30);
	sums_are(false, true, false, 30, 107);
	sums_are(true, true, false, 30, 107);
}

static void
of_two_that_are_alike_the_least_counts(void **state)
{
	sums_are(false, false, false, 30, 30);
	sums_are(true, true, true, 30, 30);
}

static void
what_is_no_pair_adds_up(void **state)
{
	struct telltap_socket_count c = opener(2), peer = peer_of(&c);
	struct socket_pairs *p = socket_pairs_new();
	struct socket_sums sums = { 0 };

	assert_non_null(p);
	socket_pairs_add(p, &c, false, &sums);
	/* the same addresses once more, another port, another protocol */
	socket_pairs_add(p, &c, false, &sums);
	peer.remote_port++;
	socket_pairs_add(p, &peer, true, &sums);
	peer.remote_port--;
	peer.proto = 132;
	socket_pairs_add(p, &peer, true, &sums);
	assert_int_equal(sums.out, 107 + 107 + 30 + 30);
	assert_int_equal(sums.in, 30 + 30 + 107 + 107);
	/* of three the third is of the next connection */
	peer.proto = 6;
	for (int i = 0; i < 3; i++)
		socket_pairs_add(p, &peer, true, &sums);
	assert_int_equal(sums.out, 107 + 107 + 30 + 30 + 30);
	socket_pairs_free(p);
	socket_pairs_free(NULL);
}

/* So many others lie between the two of a pair. */
static uint64_t
out_behind(unsigned others)
{
	struct telltap_socket_count c = opener(2), peer = peer_of(&c);
	struct socket_pairs *p = socket_pairs_new();
	struct socket_sums sums = { 0 };

	assert_non_null(p);
	socket_pairs_add(p, &c, false, &sums);
	for (unsigned i = 0; i < others; i++) {
		struct telltap_socket_count other = opener(3 + i);

		socket_pairs_add(p, &other, false, &sums);
	}
	sums.out = 107;
	socket_pairs_add(p, &peer, true, &sums);
	socket_pairs_free(p);
	return sums.out;
}

static void
the_last_ones_are_remembered(void **state)
{
	assert_int_equal(out_behind(SOCKET_PAIRS_MAX - 1), 107);
	assert_int_equal(out_behind(SOCKET_PAIRS_MAX), 107 + 30);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pair_counts_as_its_opener_sees_it),
		cmocka_unit_test(of_two_that_are_alike_the_least_counts),
		cmocka_unit_test(what_is_no_pair_adds_up),
		cmocka_unit_test(the_last_ones_are_remembered),
	};

	return cmocka_run_group_tests_name("engine/socket_pairs", tests, NULL,
	    NULL);
}
