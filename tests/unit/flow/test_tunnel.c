// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

#include "frames.h"

#define INNER4_LEN	(20 + 20 + 3)
#define INNER6_LEN	(40 + 20 + 3)

/* An outer IPv4 header, header, and an IP packet of the version. */
static void
add_tunnel(struct bench *b, unsigned proto, const char *header, int version)
{
	size_t len = version == 4 ? INNER4_LEN : INNER6_LEN;

	add_ip4(&b->f, proto, strlen(header) / 2 + len, 1, 0);
	/* Other addresses than those inside. */
	b->f.b[b->f.len - 1] = b->f.b[b->f.len - 5] = 0x63;
	add(&b->f, header);
	if (version == 4)
		add_tcp4(&b->f, 3);
	else
		add_tcp6(&b->f, 3);
}

static void
add_udp_tunnel(struct bench *b, unsigned port, const char *header, int version)
{
	char udp[256];
	int n = (int)strlen(header) / 2 + 8 +
	    (version == 4 ? INNER4_LEN : INNER6_LEN);

	n = snprintf(udp, sizeof(udp), "9c40%04x%04x0000%s", port, n, header);
	assert_in_range(n, 16, sizeof(udp) - 1);
	add_tunnel(b, 17, udp, version);
}

static void
assert_opened(struct bench *b, int version)
{
	assert_int_equal(decode_len(b, 101, b->f.len), 0);
	assert_tcp(b, version, 3);
	assert_int_equal(b->pkt.flags, PACKET_TUNNELLED);
}

static void
assert_closed(struct bench *b, unsigned proto)
{
	assert_int_equal(decode_len(b, 101, b->f.len), 0);
	assert_int_equal(b->pkt.proto, proto);
	assert_int_equal(b->pkt.ip_version, 4);
	assert_int_equal(b->pkt.src.b[15], 0x63);
	assert_int_equal(b->pkt.flags, 0);
	assert_int_equal(b->pkt.payload_len, b->f.len - 20 -
	    (proto == 17 ? 8 : 0));
	assert_int_equal(b->pkt.payload_wire_len, b->pkt.payload_len);
}

static void
open_proto(struct bench *b, unsigned proto, const char *header, int version)
{
	add_tunnel(b, proto, header, version);
	assert_opened(b, version);
	b->f.len = 0;
}

static void
open_udp(struct bench *b, unsigned port, const char *header, int version)
{
	add_udp_tunnel(b, port, header, version);
	assert_opened(b, version);
	b->f.len = 0;
}

static void
ip_in_ip(void **state)
{
	struct bench *b = *state;

	open_proto(b, 4, "", 4);
	open_proto(b, 41, "", 6);
	open_proto(b, 137, "00002140", 4);
	add_ip6(&b->f, 4, INNER4_LEN);
	add_tcp4(&b->f, 3);
	assert_opened(b, 4);
}

static void
gre_with_every_field(void **state)
{
	struct bench *b = *state;

	open_proto(b, 47, "00000800", 4);
	open_proto(b, 47, "000086dd", 6);
	open_proto(b, 47, "80000800" "00000000", 4);
	open_proto(b, 47, "b0000800" "00000000" "00000001" "00000002", 4);
	open_proto(b, 47, "20006558" "00000001" ETHER("86dd"), 6);
	open_proto(b, 47, "3081880b" "00000001" "00000002" "00000003"
	    "ff030021", 4);
	open_proto(b, 47, "2001880b" "00000001" "0021", 4);
	open_proto(b, 47, "000088be" ETHER("0800"), 4);
	open_proto(b, 47, "100088be" "00000001" "1000000000000000"
	    ETHER("0800"), 4);
	open_proto(b, 47, "100022eb" "00000001" "200000000000000000000000"
	    ETHER("0800"), 4);
	open_proto(b, 47, "100022eb" "00000001" "200000000000000000000001"
	    "0000000000000000" ETHER("0800"), 4);
}

static void
udp_tunnels(void **state)
{
	struct bench *b = *state;

	open_udp(b, 4789, "0800000000000100" ETHER("0800"), 4);
	open_udp(b, 8472, "0800000000000100" ETHER("8100") "000186dd", 6);
	open_udp(b, 6081, "0000655800000100" ETHER("0800"), 4);
	open_udp(b, 6081, "020086dd00000100" "0000000100000000", 6);
	open_udp(b, 3544, "", 6);
	open_udp(b, 3544, "0000" "1111" "22222222", 6);
	open_udp(b, 3544, "0001" "0102" "aa" "bbbb" "0102030405060708" "00"
	    "0000" "1111" "22222222", 6);
	open_udp(b, 2152, "30ff002b00000001", 4);
	open_udp(b, 2152, "34ff003700000001" "00000085" "01000085" "01000000",
	    4);
	open_udp(b, 6635, "00002140", 4);
}

static void
what_does_not_hold_together_stays_closed(void **state)
{
	struct bench *b = *state;

	/* Another port; a VXLAN header without the bit; control packets. */
	add_udp_tunnel(b, 4788, "0800000000000100" ETHER("0800"), 4);
	assert_closed(b, 17);
	b->f.len = 0;
	add_udp_tunnel(b, 4789, "0000000000000100" ETHER("0800"), 4);
	assert_closed(b, 17);
	b->f.len = 0;
	add_udp_tunnel(b, 4789, "0800000000000100" ETHER("0806"), 4);
	assert_closed(b, 17);
	b->f.len = 0;
	add_udp_tunnel(b, 6081, "0080655800000100" ETHER("0800"), 4);
	assert_closed(b, 17);
	b->f.len = 0;
	add_udp_tunnel(b, 2152, "30fe002b00000001", 4);
	assert_closed(b, 17);
	b->f.len = 0;
	/* An extension header of length 0 would never end. */
	add_udp_tunnel(b, 2152, "34ff003700000001" "00000085" "00000085"
	    "01000000", 4);
	assert_closed(b, 17);
	b->f.len = 0;
	/* GRE of another version, with source routes, or cut in its header. */
	add_tunnel(b, 47, "00020800", 4);
	assert_closed(b, 47);
	b->f.len = 0;
	add_tunnel(b, 47, "40000800", 4);
	assert_closed(b, 47);
}

/* The inner length one too long; in GTP also one too short; a TCP header that
 * is none. */
static void
inner_lengths_are_checked(void **state)
{
	struct bench *b = *state;
	size_t at;

	add_udp_tunnel(b, 4789, "0800000000000100" ETHER("0800"), 4);
	at = 20 + 8 + 8 + 14;
	b->f.b[at + 3]++;
	assert_closed(b, 17);
	b->f.b[at + 3] -= 2;
	assert_int_equal(decode_len(b, 101, b->f.len), 0);
	assert_int_equal(b->pkt.payload_len, 2);
	b->f.b[at + 3]++;
	b->f.b[at + 32] = 0x40;
	assert_closed(b, 17);
	b->f.len = 0;
	add_udp_tunnel(b, 2152, "30ff002b00000001", 4);
	b->f.b[20 + 8 + 8 + 3]--;
	assert_closed(b, 17);
	b->f.len = 0;
	add_tunnel(b, 4, "", 4);
	b->f.b[20 + 3]++;
	assert_closed(b, 4);
}

static void
eight_tunnels_are_opened_and_nine_not(void **state)
{
	struct bench *b = *state;

	for (unsigned n = 8; n <= 9; n++) {
		b->f.len = 0;
		for (unsigned i = 0; i < n; i++)
			add_ip4(&b->f, 4, 20 * (n - 1 - i) + INNER4_LEN, 1, 0);
		add_tcp4(&b->f, 3);
		if (n == 8) {
			assert_opened(b, 4);
			continue;
		}
		assert_int_equal(decode(b, 101), 0);
		assert_int_equal(b->pkt.proto, 4);
		assert_int_equal(b->pkt.payload_len, INNER4_LEN);
	}
}

static void
a_cut_tunnel_shows_what_is_left(void **state)
{
	struct bench *b = *state;
	size_t whole;

	add_udp_tunnel(b, 4789, "0800000000000100" ETHER("0800"), 4);
	whole = b->f.len;
	for (size_t len = 28; len < whole; len++) {
		b->missing = (uint32_t)(whole - len);
		assert_int_equal(decode_len(b, 101, len), 0);
		assert_true(b->pkt.flags & PACKET_CUT);
		assert_int_equal(b->pkt.proto, len < whole - 3 ? 17 : 6);
		assert_int_equal(b->pkt.payload_wire_len,
		    len < whole - 3 ? whole - 28 : 3);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(ip_in_ip),
		CASE(gre_with_every_field),
		CASE(udp_tunnels),
		CASE(what_does_not_hold_together_stays_closed),
		CASE(inner_lengths_are_checked),
		CASE(eight_tunnels_are_opened_and_nine_not),
		CASE(a_cut_tunnel_shows_what_is_left),
	};

	return cmocka_run_group_tests_name("tunnel", tests, NULL, NULL);
}
