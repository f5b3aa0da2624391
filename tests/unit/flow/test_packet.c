// SPDX-License-Identifier: Apache-2.0
#include "frames.h"

static void
tcp_in_ethernet_is_decoded_to_the_last_field(void **state)
{
	struct bench *b = *state;

	add(&b->f, ETHER("0800"));
	add_tcp4(&b->f, 10);
	b->flags = TELLTAP_PACKET_OUTBOUND;
	assert_int_equal(decode(b, 1), 0);
	assert_tcp(b, 4, 10);
	assert_int_equal(b->pkt.number, 7);
	assert_int_equal(b->pkt.ts_ns, 1000000000);
	assert_int_equal(b->pkt.interface, 3);
	assert_int_equal(b->pkt.owner, 4);
	assert_int_equal(b->pkt.flags, PACKET_OUTGOING);
	assert_int_equal(stats(b)->decoded, 1);
	assert_int_equal(stats(b)->bytes, 14 + 20 + 20 + 10);
}

static void
every_cut_of_a_complete_frame_is_an_error(void **state)
{
	struct bench *b = *state;
	size_t whole;

	add(&b->f, ETHER("0800"));
	add_tcp4(&b->f, 0);
	whole = b->f.len;
	for (size_t len = 0; len < whole; len++) {
		b->missing = 0;
		assert_int_equal(decode_len(b, 1, len), len >= 34 ?
		    ERR_TRUNCATED : ERR_MALFORMED);
		b->missing = (uint32_t)(whole - len);
		assert_int_equal(decode_len(b, 1, len), ERR_TRUNCATED);
	}
	b->missing = 0;
	assert_int_equal(decode(b, 1), 0);
	assert_tcp(b, 4, 0);
	assert_int_equal(stats(b)->malformed, 34);
	assert_int_equal(stats(b)->truncated, 2 * whole - 34);
}

static void
snaplen_shortens_the_payload_and_is_counted(void **state)
{
	struct bench *b = *state;

	add(&b->f, ETHER("0800"));
	add_tcp4(&b->f, 100);
	b->missing = 60;
	assert_int_equal(decode_len(b, 1, b->f.len - 60), 0);
	assert_int_equal(b->pkt.payload_len, 40);
	assert_int_equal(b->pkt.payload_wire_len, 100);
	assert_int_equal(b->pkt.flags, PACKET_CUT);
	assert_int_equal(stats(b)->cut_by_snaplen, 1);
}

static void
ethernet_padding_is_no_payload(void **state)
{
	struct bench *b = *state;

	add(&b->f, ETHER("0800"));
	add_tcp4(&b->f, 1);
	add_fill(&b->f, 0, 60 - b->f.len);
	assert_int_equal(decode(b, 1), 0);
	assert_tcp(b, 4, 1);
}

static void
total_length_0_means_the_length_of_the_frame(void **state)
{
	struct bench *b = *state;

	add(&b->f, ETHER("0800"));
	add_tcp4(&b->f, 30000);
	b->f.b[16] = b->f.b[17] = 0;
	assert_int_equal(decode(b, 1), 0);
	assert_tcp(b, 4, 30000);
}

static void
ip4_options_are_skipped_and_bounded(void **state)
{
	struct bench *b = *state;

	add(&b->f, ETHER("0800"));
	add(&b->f, "4f00" "0050" "0001" "0000" "4006" "0000" ADDRS4);
	add_fill(&b->f, 1, 40);
	add(&b->f, TCP);
	assert_int_equal(decode_len(b, 1, b->f.len), 0);
	assert_tcp(b, 4, 0);
	b->f.b[17] = 0x3b;		/* ends inside of the options */
	assert_int_equal(decode_len(b, 1, b->f.len), ERR_MALFORMED);
	b->f.b[17] = 0x50;
	b->f.b[14] = 0x44;		/* a header of 16 bytes */
	assert_int_equal(decode(b, 1), ERR_MALFORMED);
}

static void
tcp_header_lengths_out_of_bounds_are_malformed(void **state)
{
	struct bench *b = *state;

	add(&b->f, ETHER("0800"));
	add_tcp4(&b->f, 3);
	b->f.b[46] = 0x40;
	assert_int_equal(decode_len(b, 1, b->f.len), ERR_MALFORMED);
	b->f.b[46] = 0x60;
	assert_int_equal(decode(b, 1), ERR_MALFORMED);
}

static void
udp_length_rules_the_payload(void **state)
{
	struct bench *b = *state;

	add(&b->f, ETHER("0800"));
	add_ip4(&b->f, 17, 8 + 20, 1, 0);
	add_udp(&b->f, 53, 5353, 12);
	add_fill(&b->f, 0x62, 20);
	assert_int_equal(decode_len(b, 1, b->f.len), 0);
	assert_int_equal(b->pkt.proto, 17);
	assert_int_equal(b->pkt.src_port, 53);
	assert_int_equal(b->pkt.dst_port, 5353);
	assert_int_equal(b->pkt.payload_len, 12);
	assert_int_equal(b->pkt.payload_wire_len, 12);
	b->f.b[39] = 29;
	assert_int_equal(decode_len(b, 1, b->f.len), ERR_MALFORMED);
	b->f.b[39] = 28;
	assert_int_equal(decode_len(b, 1, b->f.len), 0);
	b->f.b[39] = 7;
	assert_int_equal(decode_len(b, 1, b->f.len), ERR_MALFORMED);
	b->f.b[39] = 0;
	assert_int_equal(decode(b, 1), 0);
	assert_int_equal(b->pkt.payload_len, 20);
}

/* The frame is shorter than its IP header says: captures made anonymous. */
static void
lengths_beyond_the_frame(void **state)
{
	struct bench *b = *state;

	add(&b->f, ETHER("0800"));
	add_tcp4(&b->f, 100);
	assert_int_equal(decode_len(b, 1, b->f.len - 60), 0);
	assert_tcp(b, 4, 40);
	b->f.len = 14;
	add_ip4(&b->f, 17, 108, 1, 0);
	add_udp(&b->f, 1, 2, 100);
	add_fill(&b->f, 0x62, 40);
	assert_int_equal(decode_len(b, 1, b->f.len), 0);
	assert_int_equal(b->pkt.payload_len, 40);
	assert_int_equal(b->pkt.payload_wire_len, 100);
	assert_int_equal(b->pkt.flags, PACKET_CUT);
	b->f.b[39] = 7;
	assert_int_equal(decode(b, 1), ERR_MALFORMED);
}

static void
udplite_sctp_icmp_and_others(void **state)
{
	struct bench *b = *state;
	static const struct {
		uint8_t proto, header_len, len;
		uint16_t src_port, dst_port;
	} cases[] = {
		{ 136, 8, 16, 0x0801, 0x0203 },
		{ 132, 12, 12, 0x0801, 0x0203 },
		{ 1, 4, 20, 8, 0 },		/* echo: answered by type 0 */
		{ 47, 0, 24, 0, 0 },		/* GRE of an unknown version */
		{ 50, 0, 24, 0, 0 },
		{ 89, 0, 24, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		add(&b->f, ETHER("0800"));
		add_ip4(&b->f, cases[i].proto, 24, 1, 0);
		add(&b->f, "08010203");
		add_fill(&b->f, 0x63, 20);
		assert_int_equal(decode_len(b, 1, 34 + cases[i].header_len), 0);
		assert_int_equal(b->pkt.payload_len, 0);
		if (cases[i].header_len)
			assert_int_equal(decode_len(b, 1, 33 +
			    cases[i].header_len), ERR_TRUNCATED);
		assert_int_equal(decode(b, 1), 0);
		assert_int_equal(b->pkt.proto, cases[i].proto);
		assert_int_equal(b->pkt.payload_len, cases[i].len);
		assert_int_equal(b->pkt.src_port, cases[i].src_port);
		assert_int_equal(b->pkt.dst_port, cases[i].dst_port);
		assert_int_equal(b->pkt.tcp_flags, 0);
	}
}

static void
ip6_extension_headers_are_walked(void **state)
{
	struct bench *b = *state;

	add(&b->f, ETHER("86dd"));
	add_ip6(&b->f, 0, 8 + 16 + 24 + 12 + 8 + 20 + 5);
	add(&b->f, "2b00" "010400000000");			/* hop-by-hop */
	add(&b->f, "3c01" "0401000000000000000000000000");	/* routing */
	add(&b->f, "3302" "010400000000");			/* destination */
	add_fill(&b->f, 0, 16);
	add(&b->f, "8701" "00000000000100000002");		/* AH */
	add(&b->f, "0600" "000000000000");			/* mobility */
	add(&b->f, TCP);
	add_fill(&b->f, 0x61, 5);
	assert_int_equal(decode(b, 1), 0);
	assert_tcp(b, 6, 5);
}

static void
ip6_chain_ends(void **state)
{
	struct bench *b = *state;

	/* No next header; a lone mobility header; ESP. */
	add(&b->f, ETHER("86dd"));
	add_ip6(&b->f, 59, 4);
	add_fill(&b->f, 0, 4);
	assert_int_equal(decode(b, 1), 0);
	assert_int_equal(b->pkt.proto, 59);
	assert_int_equal(b->pkt.payload_len, 4);
	add(&b->f, ETHER("86dd"));
	add_ip6(&b->f, 135, 8);
	add(&b->f, "3b00" "000000000000");
	assert_int_equal(decode(b, 1), 0);
	assert_int_equal(b->pkt.proto, 135);
	assert_int_equal(b->pkt.payload_len, 8);
	add(&b->f, ETHER("86dd"));
	add_ip6(&b->f, 60, 24);
	add(&b->f, "3200" "000000000000");
	add_fill(&b->f, 1, 16);
	assert_int_equal(decode(b, 1), 0);
	assert_int_equal(b->pkt.proto, 50);
	assert_int_equal(b->pkt.payload_len, 16);
}

static void
ip6_chain_has_a_limit(void **state)
{
	struct bench *b = *state;

	for (unsigned n = 64; n <= 65; n++) {
		add(&b->f, ETHER("86dd"));
		add_ip6(&b->f, 60, n * 8 + 20);
		for (unsigned i = 1; i <= n; i++)
			add(&b->f, i < n ? "3c00000000000000" :
			    "0600000000000000");
		add(&b->f, TCP);
		assert_int_equal(decode(b, 1), n == 64 ? 0 : ERR_MALFORMED);
	}
}

static void
jumbograms_have_their_length_in_an_option(void **state)
{
	struct bench *b = *state;

	add(&b->f, ETHER("86dd"));
	add_ip6(&b->f, 0, 0);
	add(&b->f, "0600" "c204" "0001005e");	/* 65536 + 94 */
	add(&b->f, TCP);
	add_fill(&b->f, 0x61, 65536 + 94 - 28);
	add_fill(&b->f, 0, 6);
	assert_int_equal(decode_len(b, 1, b->f.len), 0);
	assert_tcp(b, 6, 65536 + 94 - 28);
	b->f.b[58] = 0x10;			/* longer than the frame */
	assert_int_equal(decode(b, 1), ERR_MALFORMED);
}

static void
assert_same(const struct packet *a, const struct packet *b)
{
	assert_memory_equal(&a->src, &b->src, 16);
	assert_memory_equal(&a->dst, &b->dst, 16);
	assert_int_equal(a->ip_version, b->ip_version);
	assert_int_equal(a->proto, b->proto);
	assert_int_equal(a->src_port, b->src_port);
	assert_int_equal(a->dst_port, b->dst_port);
	assert_int_equal(a->tcp_flags, b->tcp_flags);
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->ack, b->ack);
	assert_int_equal(a->payload_wire_len, b->payload_wire_len);
	assert_int_equal(a->payload_len, b->payload_len);
	assert_memory_equal(a->payload, b->payload, a->payload_len);
}

/*
 * TCP over IPv4 and Ethernet has a way of its own; behind a switch's tag (link
 * type 282) the same frame takes the long way. Every byte of the headers is
 * changed in turn, and frames are cut and padded.
 */
static void
the_short_way_and_the_long_way_agree(void **state)
{
	static const uint8_t changes[] = { 0, 1, 2, 4, 8, 16, 32, 64, 128, 255 };
	struct bench *b = *state, *long_way;
	unsigned decoded = 0;

	assert_int_equal(setup((void **)&long_way), 0);
	for (unsigned i = 0; i < 66 * 10 * 4; i++) {
		static const int pads[] = { 0, 6, -5, -11 };
		unsigned at = i / 40, pad = i % 4;
		int r;

		add(&b->f, ETHER("0800"));
		add_tcp4(&b->f, 12);
		b->f.b[46] = 0x60;		/* four bytes of options */
		b->f.b[at] ^= changes[i / 4 % 10];
		b->f.len = (size_t)((int)b->f.len + pads[pad]);
		b->missing = pad == 3 ? 11 : 0;
		long_way->missing = b->missing;
		add(&long_way->f, "00000000");
		memcpy(long_way->f.b + 4, b->f.b, b->f.len);
		long_way->f.len += b->f.len;
		r = decode(b, 1);
		assert_int_equal(decode(long_way, 282), r);
		if (r == 0)
			assert_same(&b->pkt, &long_way->pkt);
		decoded += r == 0;
	}
	assert_in_range(decoded, 1500, 66 * 10 * 4 - 100);
	teardown((void **)&long_way);
}

static void
what_is_not_ip_is_counted_apart(void **state)
{
	struct bench *b = *state;

	add(&b->f, ETHER("0806"));
	add_fill(&b->f, 0, 28);
	assert_int_equal(decode(b, 1), 1);
	assert_int_equal(stats(b)->not_ip, 1);
	add_fill(&b->f, 0, 40);
	assert_int_equal(decode(b, 271), ERR_UNSUPPORTED);
	assert_int_equal(stats(b)->unsupported, 1);
	assert_int_equal(stats(b)->frames, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(tcp_in_ethernet_is_decoded_to_the_last_field),
		CASE(every_cut_of_a_complete_frame_is_an_error),
		CASE(snaplen_shortens_the_payload_and_is_counted),
		CASE(ethernet_padding_is_no_payload),
		CASE(total_length_0_means_the_length_of_the_frame),
		CASE(ip4_options_are_skipped_and_bounded),
		CASE(tcp_header_lengths_out_of_bounds_are_malformed),
		CASE(udp_length_rules_the_payload),
		CASE(lengths_beyond_the_frame),
		CASE(udplite_sctp_icmp_and_others),
		CASE(ip6_extension_headers_are_walked),
		CASE(ip6_chain_ends),
		CASE(ip6_chain_has_a_limit),
		CASE(jumbograms_have_their_length_in_an_option),
		CASE(the_short_way_and_the_long_way_agree),
		CASE(what_is_not_ip_is_counted_apart),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
