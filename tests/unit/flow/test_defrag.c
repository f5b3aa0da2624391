// SPDX-License-Identifier: Apache-2.0
#include "flow/defrag.h"
#include "frames.h"

#define S	1000000000ull

/* Fragments as the decoder meets them: whole frames. */
static int
feed4(struct bench *b, unsigned id, unsigned offset, const char *data,
    bool more)
{
	size_t len = strlen(data);

	add_ip4(&b->f, 253, len, id, (more ? 0x2000 : 0) | offset / 8);
	memcpy(b->f.b + b->f.len, data, len);
	b->f.len += len;
	return decode(b, 101);
}

static int
feed6(struct bench *b, unsigned id, unsigned offset, const char *data,
    bool more)
{
	size_t len = strlen(data);

	add_ip6(&b->f, 44, 8 + len);
	add(&b->f, "fd00");
	add_be16(&b->f, offset | more);
	add(&b->f, "0000");
	add_be16(&b->f, id);
	memcpy(b->f.b + b->f.len, data, len);
	b->f.len += len;
	return decode(b, 101);
}

static void
assert_payload(const struct bench *b, const char *want)
{
	assert_int_equal(b->pkt.proto, 253);
	assert_int_equal(b->pkt.payload_wire_len, strlen(want));
	assert_int_equal(b->pkt.payload_len, strlen(want));
	assert_memory_equal(b->pkt.payload, want, strlen(want));
	assert_true(b->pkt.flags & PACKET_REASSEMBLED);
}

static void
fragments_in_any_order_make_the_datagram(void **state)
{
	static const char *const text[] = { "aaaaaaaa", "bbbbbbbb", "ccc" };
	static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	struct bench *b = *state;

	for (unsigned v = 4; v <= 6; v += 2) {
		for (unsigned o = 0; o < 6; o++) {
			for (int i = 0; i < 3; i++) {
				unsigned k = (unsigned)orders[o][i];
				int r = (v == 4 ? feed4 : feed6)(b, o, k * 8,
				    text[k], k < 2);

				assert_int_equal(r, i < 2);
			}
			assert_payload(b, "aaaaaaaabbbbbbbbccc");
			assert_int_equal(b->pkt.ip_version, v);
			assert_int_equal(b->pkt.flags, PACKET_REASSEMBLED);
		}
	}
	assert_int_equal(stats(b)->fragments, 36);
	assert_int_equal(stats(b)->fragments_held, 24);
	assert_int_equal(stats(b)->fragments_overlapping, 0);
	assert_int_equal(packet_decoder_held(b->d), 0);
}

static void
other_datagrams_do_not_mix(void **state)
{
	struct bench *b = *state;

	assert_int_equal(feed4(b, 1, 0, "aaaaaaaa", true), 1);
	assert_int_equal(feed4(b, 2, 8, "bbbbbbbb", false), 1);
	assert_int_equal(feed6(b, 1, 8, "cccccccc", false), 1);
	/* The same in a VLAN of its own is another one. */
	add(&b->f, ETHER("8100") "00070800");
	add_ip4(&b->f, 253, 8, 1, 1);
	add_fill(&b->f, 'd', 8);
	assert_int_equal(decode(b, 1), 1);
	assert_int_equal(feed4(b, 1, 8, "e", false), 0);
	assert_payload(b, "aaaaaaaae");
	packet_decoder_flush(b->d);
	assert_int_equal(stats(b)->fragments_expired, 3);
	assert_int_equal(stats(b)->datagrams_expired, 3);
	assert_int_equal(packet_decoder_held(b->d), 0);
}

static void
duplicates_are_no_overlaps(void **state)
{
	struct bench *b = *state;

	assert_int_equal(feed4(b, 1, 0, "aaaaaaaabbbbbbbb", true), 1);
	assert_int_equal(feed4(b, 1, 0, "aaaaaaaabbbbbbbb", true), 1);
	assert_int_equal(feed4(b, 1, 24, "dd", false), 1);
	assert_int_equal(feed4(b, 1, 24, "dd", false), 1);
	assert_int_equal(feed4(b, 1, 16, "cccccccc", true), 0);
	assert_payload(b, "aaaaaaaabbbbbbbbccccccccdd");
	assert_int_equal(stats(b)->fragments_overlapping, 0);
}

static void
overlaps_keep_the_first_bytes_and_are_counted(void **state)
{
	struct bench *b = *state;

	/* The same bytes in other ranges: in front, behind, across. */
	assert_int_equal(feed4(b, 1, 0, "aaaaaaaabbbbbbbb", true), 1);
	assert_int_equal(feed4(b, 1, 0, "aaaaaaaa", true), 1);
	assert_int_equal(feed4(b, 1, 8, "bbbbbbbb", true), 1);
	assert_int_equal(feed4(b, 1, 8, "bbbbbbbbcccccccc", true), 1);
	assert_int_equal(stats(b)->fragments_overlapping, 3);
	assert_int_equal(stats(b)->fragments_differing, 0);
	assert_int_equal(feed4(b, 1, 24, "d", false), 0);
	assert_payload(b, "aaaaaaaabbbbbbbbccccccccd");
	assert_int_equal(b->pkt.flags, PACKET_REASSEMBLED);
	/* Other bytes. */
	assert_int_equal(feed6(b, 2, 0, "aaaaaaaa", true), 1);
	assert_int_equal(feed6(b, 2, 0, "aaaaxaaabbbbbbbb", true), 1);
	assert_int_equal(stats(b)->fragments_overlapping, 4);
	assert_int_equal(stats(b)->fragments_differing, 1);
	assert_int_equal(feed6(b, 2, 16, "c", false), 0);
	assert_payload(b, "aaaaaaaabbbbbbbbc");
	assert_true(b->pkt.flags & PACKET_FRAGMENTS_DIFFER);
	/* A duplicate but for one byte. */
	assert_int_equal(feed4(b, 3, 0, "aaaaaaaa", true), 1);
	assert_int_equal(feed4(b, 3, 0, "aaaaaaab", true), 1);
	assert_int_equal(stats(b)->fragments_overlapping, 5);
	assert_int_equal(stats(b)->fragments_differing, 2);
}

static void
impossible_fragments_are_refused(void **state)
{
	struct bench *b = *state;

	assert_int_equal(feed4(b, 1, 8, "", false), ERR_MALFORMED);
	assert_int_equal(feed4(b, 1, 0, "aaaaaaa", true), ERR_MALFORMED);
	/* Past the end that is known; an end before what has come. */
	assert_int_equal(feed4(b, 2, 8, "bbbb", false), 1);
	assert_int_equal(feed4(b, 2, 8, "bbbbbbbb", true), ERR_MALFORMED);
	assert_int_equal(feed4(b, 2, 8, "bbb", false), ERR_MALFORMED);
	assert_int_equal(feed4(b, 2, 16, "b", false), ERR_MALFORMED);
	assert_int_equal(feed4(b, 2, 0, "aaaaaaaa", true), 0);
	assert_payload(b, "aaaaaaaabbbb");
	assert_int_equal(feed4(b, 4, 8, "bbbbbbbb", false), 1);
	assert_int_equal(feed4(b, 4, 8, "bbbbbbbb", true), ERR_MALFORMED);
	/* Teardrop. */
	assert_int_equal(feed4(b, 3, 0, "aaaaaaaabbbbbbbb", true), 1);
	assert_int_equal(feed4(b, 3, 8, "bb", false), ERR_MALFORMED);
	assert_int_equal(stats(b)->malformed, 7);
}

/* The largest datagram has 65,535 bytes with its header. */
static void
ping_of_death_is_refused(void **state)
{
	struct bench *b = *state;

	for (unsigned len = 3; len <= 4; len++) {
		add_ip4(&b->f, 1, len, 6 + len, 65512 / 8);
		add_fill(&b->f, 'x', len);
		assert_int_equal(decode(b, 101), len == 3 ? 1 : ERR_MALFORMED);
	}
	for (unsigned at = 0; at < 65512; at += 1024) {
		unsigned len = at + 1024 < 65512 ? 1024 : 65512 - at;

		add_ip4(&b->f, 1, len, 9, 0x2000 | at / 8);
		add_fill(&b->f, 'x', len);
		assert_int_equal(decode(b, 101), at + len < 65512);
	}
	assert_int_equal(b->pkt.payload_len, 65515 - 4);
}

static void
time_runs_out_by_the_packets_clock(void **state)
{
	static const unsigned limit_s[] = { 30, 60 };
	struct bench *b = *state;

	for (unsigned k = 0; k < 2; k++) {
		int (*feed)(struct bench *, unsigned, unsigned, const char *,
		    bool) = k ? feed6 : feed4;

		b->ts_ns = 100 * S;
		assert_int_equal(feed(b, 1, 0, "aaaaaaaa", true), 1);
		b->ts_ns += limit_s[k] * S;
		assert_int_equal(feed(b, 1, 8, "b", false), 0);
		b->ts_ns = 100 * S;
		assert_int_equal(feed(b, 1, 0, "aaaaaaaa", true), 1);
		b->ts_ns += limit_s[k] * S + 1;
		assert_int_equal(feed(b, 1, 8, "b", false), 1);
		assert_int_equal(stats(b)->fragments_expired, 2 * k + 1);
		/* A clock that jumps back expires nothing. */
		b->ts_ns = 1;
		assert_int_equal(feed(b, 1, 0, "aaaaaaaa", true), 0);
		assert_int_equal(feed(b, 2, 0, "aaaaaaaa", true), 1);
		b->ts_ns = 1000 * S;
		assert_int_equal(feed(b, 3, 0, "aaaaaaaa", true), 1);
		assert_int_equal(stats(b)->fragments_expired, 2 * k + 2);
		assert_int_equal(feed(b, 3, 8, "b", false), 0);
	}
}

static void
the_oldest_goes_when_memory_is_full(void **state)
{
	struct bench *b = *state;
	unsigned n = 0;

	while (!stats(b)->datagrams_expired) {
		assert_int_equal(feed4(b, n++, 0, "aaaaaaaa", true), 1);
		assert_in_range(packet_decoder_held(b->d), 1, 1 << 20);
		assert_in_range(n, 1, 1000);
	}
	assert_in_range(n, 300, 500);
	assert_int_equal(feed4(b, 1, 8, "b", false), 0);
	assert_int_equal(feed4(b, n - 1, 8, "b", false), 0);
	assert_int_equal(feed4(b, 0, 8, "b", false), 1);
}

/* A ceiling below one datagram: nothing is kept, all of it counted. */
static void
a_ceiling_that_fits_nothing_keeps_nothing(void **state)
{
	struct bench *b = *state;

	packet_decoder_free(b->d);
	b->d = packet_decoder_new(1000);
	assert_non_null(b->d);
	assert_int_equal(feed4(b, 1, 0, "aaaaaaaa", true), 1);
	assert_int_equal(packet_decoder_held(b->d), 0);
	assert_int_equal(stats(b)->fragments_expired, 1);
	packet_decoder_free(b->d);
	b->d = packet_decoder_new(4096);
	assert_non_null(b->d);
	assert_int_equal(feed4(b, 1, 0, "aaaaaaaa", true), 1);
	assert_int_equal(feed4(b, 1, 4096, "bbbbbbbb", true), 1);
	assert_int_equal(packet_decoder_held(b->d), 0);
	assert_int_equal(stats(b)->fragments_expired, 2);
}

/* What was captured up to the first byte that was not, and the whole length. */
static void
cut_fragments_end_the_bytes_not_the_length(void **state)
{
	struct bench *b = *state;

	add_ip4(&b->f, 253, 16, 1, 0x2000 | 1);
	add_fill(&b->f, 'b', 16);
	b->missing = 5;
	assert_int_equal(decode_len(b, 101, b->f.len - 5), 1);
	b->f.len = 0;
	b->missing = 0;
	assert_int_equal(feed4(b, 1, 24, "cc", false), 1);
	assert_int_equal(feed4(b, 1, 0, "aaaaaaaa", true), 0);
	assert_int_equal(b->pkt.payload_wire_len, 26);
	assert_int_equal(b->pkt.payload_len, 19);
	assert_memory_equal(b->pkt.payload, "aaaaaaaabbbbbbbbbbb", 19);
	assert_int_equal(b->pkt.flags, PACKET_REASSEMBLED | PACKET_CUT);
}

static void
tiny_fragments_make_a_tcp_segment(void **state)
{
	struct bench *b = *state;
	struct frame whole = { .len = 0 };

	add(&whole, TCP);
	add_fill(&whole, 0x61, 7);
	for (unsigned at = 0; at < whole.len; at += 8) {
		bool more = at + 8 < whole.len;
		size_t len = more ? 8 : whole.len - at;

		add_ip4(&b->f, 6, len, 1, (more ? 0x2000 : 0) | at / 8);
		memcpy(b->f.b + b->f.len, whole.b + at, len);
		b->f.len += len;
		assert_int_equal(decode(b, 101), more);
	}
	assert_tcp(b, 4, 7);
}

static void
an_ip6_fragment_that_is_the_whole_does_not_wait(void **state)
{
	struct bench *b = *state;

	assert_int_equal(feed6(b, 1, 0, "abc", false), 0);
	assert_int_equal(b->pkt.payload_len, 3);
	assert_int_equal(b->pkt.flags, 0);
	assert_int_equal(stats(b)->fragments, 0);
}

static void
fragments_inside_of_a_tunnel(void **state)
{
	struct bench *b = *state;

	for (unsigned at = 0; at <= 8; at += 8) {
		add_ip6(&b->f, 4, 28);
		add_ip4(&b->f, 253, 8, 1, at ? 1 : 0x2000);
		add_fill(&b->f, at ? 'b' : 'a', 8);
		assert_int_equal(decode(b, 101), !at);
	}
	assert_payload(b, "aaaaaaaabbbbbbbb");
	assert_int_equal(b->pkt.flags, PACKET_REASSEMBLED | PACKET_TUNNELLED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(fragments_in_any_order_make_the_datagram),
		CASE(other_datagrams_do_not_mix),
		CASE(duplicates_are_no_overlaps),
		CASE(overlaps_keep_the_first_bytes_and_are_counted),
		CASE(impossible_fragments_are_refused),
		CASE(ping_of_death_is_refused),
		CASE(time_runs_out_by_the_packets_clock),
		CASE(the_oldest_goes_when_memory_is_full),
		CASE(a_ceiling_that_fits_nothing_keeps_nothing),
		CASE(cut_fragments_end_the_bytes_not_the_length),
		CASE(tiny_fragments_make_a_tcp_segment),
		CASE(an_ip6_fragment_that_is_the_whole_does_not_wait),
		CASE(fragments_inside_of_a_tunnel),
	};

	return cmocka_run_group_tests_name("defrag", tests, NULL, NULL);
}
