// SPDX-License-Identifier: Apache-2.0
#include "frames.h"

#define ZEROS8	"0000000000000000"
/* A packet on its way out, of link type Ethernet. */
#define PKTAP	"6c000000" "01000000" "01000000" ZEROS8 ZEROS8 ZEROS8 "02000000"

/* Decodes header, fill bytes, rest and an IP packet of the version. */
static void
check_link(struct bench *b, unsigned link_type, int version, const char *header,
    size_t fill, const char *rest, unsigned want_flags)
{
	size_t before;

	add(&b->f, header);
	add_fill(&b->f, 0, fill);
	add(&b->f, rest);
	before = b->f.len;
	if (version == 4)
		add_tcp4(&b->f, 3);
	else
		add_tcp6(&b->f, 3);
	/* Each byte of the header is needed. */
	for (size_t len = 0; len < before; len++) {
		b->missing = (uint32_t)(b->f.len - len);
		assert_int_equal(decode_len(b, link_type, len), ERR_TRUNCATED);
	}
	b->missing = 0;
	assert_int_equal(decode(b, link_type), 0);
	assert_tcp(b, version, 3);
	assert_int_equal(b->pkt.flags, want_flags);
}

static int
decode_hex(struct bench *b, unsigned link_type, const char *hex, size_t fill)
{
	add(&b->f, hex);
	add_fill(&b->f, 0, fill);
	return decode(b, link_type);
}

static void
tags_before_the_ethertype(void **state)
{
	struct bench *b = *state;

	check_link(b, 1, 4, ETHER("8100"), 0, "0001" "0800", 0);
	check_link(b, 1, 6, ETHER("88a8"), 0, "0001" "8100" "0002" "86dd", 0);
	check_link(b, 1, 4, ETHER("9100"), 0, "0001" "9100" "0002" "8100"
	    "0003" "0800", 0);
	check_link(b, 1, 4, ETHER("8926"), 0, "00010203" "0800", 0);
	check_link(b, 1, 4, ETHER("893f"), 0, "000102030405" "0800", 0);
	check_link(b, 1, 4, ETHER("88e7"), 0, "00000001" ETHER("0800"), 0);
	check_link(b, 1, 4, ETHER("8903"), 0, "0001" ETHER("0800"), 0);
	check_link(b, 1, 4, ETHER("8909"), 0, "0101" "00010064" "0800", 0);
	check_link(b, 1, 4, ETHER("88e5"), 0, "0000" "00000001" "0800", 0);
	check_link(b, 1, 4, ETHER("88e5"), 0, "2000" "00000001"
	    "0102030405060708" "0800", 0);
	check_link(b, 1, 4, ETHER("894f"), 0, "00020101" "00000000", 0);
}

static void
many_tags_are_no_matter_and_secrets_stay_closed(void **state)
{
	struct bench *b = *state;

	add(&b->f, ETHER("8100"));
	for (int i = 0; i < 5000; i++)
		add(&b->f, "00018100");
	add(&b->f, "00010800");
	add_tcp4(&b->f, 1);
	assert_int_equal(decode(b, 1), 0);
	assert_tcp(b, 4, 1);
	assert_int_equal(decode_hex(b, 1, ETHER("88e5") "0c00", 60),
	    ERR_UNSUPPORTED);
}

static void
pppoe_session_and_discovery(void **state)
{
	struct bench *b = *state;

	check_link(b, 1, 4, ETHER("8864"), 0, "11000001" "002d" "0021", 0);
	check_link(b, 51, 6, "11000001" "0041", 0, "0057", 0);
	assert_int_equal(decode_hex(b, 1, ETHER("8864") "11090000", 40), 1);
	assert_int_equal(decode_hex(b, 1, ETHER("8864") "21000000", 40),
	    ERR_MALFORMED);
	assert_int_equal(decode_hex(b, 1, ETHER("8864") "11000001" "0006"
	    "c021", 4), 1);
}

static void
llc_and_snap(void **state)
{
	struct bench *b = *state;

	check_link(b, 1, 4, ETHER("0033"), 0, "aaaa03" "000000" "0800", 0);
	check_link(b, 1, 4, ETHER("002e"), 0, "060603", 0);
	check_link(b, 1, 6, ETHER("0047"), 0, "aaaa03" "0000f8" "86dd", 0);
	assert_int_equal(decode_hex(b, 1, ETHER("0026") "424203", 57), 1);
}

static void
mpls_guesses_are_proved(void **state)
{
	struct bench *b = *state;

	add(&b->f, ETHER("8847") "00001040" "00002140");
	add_tcp4(&b->f, 3);
	assert_int_equal(decode(b, 1), 0);
	assert_tcp(b, 4, 3);
	assert_int_equal(b->pkt.flags, 0);
	/* A pseudo-wire, with and without control word. */
	add(&b->f, ETHER("8848") "00002140" "00000000" ETHER("86dd"));
	add_tcp6(&b->f, 3);
	assert_int_equal(decode(b, 1), 0);
	assert_tcp(b, 6, 3);
	add(&b->f, ETHER("8847") "00002140" "450000000001" "600000000002"
	    "0800");
	add_tcp4(&b->f, 3);
	assert_int_equal(decode(b, 1), 0);
	assert_tcp(b, 4, 3);
	assert_int_equal(decode_hex(b, 1, ETHER("8847") "00002140", 60), 1);
	assert_int_equal(decode_hex(b, 1, ETHER("8847") "00002040", 0),
	    ERR_MALFORMED);
}

static void
linux_cooked(void **state)
{
	struct bench *b = *state;

	check_link(b, 113, 4, "0004" "0001" "0006", 8, "0800",
	    PACKET_OUTGOING);
	check_link(b, 113, 6, "0000" "0001" "0006", 8, "86dd",
	    PACKET_INCOMING);
	check_link(b, 113, 4, "0003" "0001" "0006", 8, "8100" "0001" "0800",
	    0);
	check_link(b, 276, 4, "0800" "0000" "00000001" "0001" "04" "06", 8, "",
	    PACKET_OUTGOING);
	check_link(b, 276, 6, "86dd" "0000" "00000001" "0001" "00" "06", 8, "",
	    PACKET_INCOMING);
	assert_int_equal(decode_hex(b, 113, "0004" "0338" "0006", 10), 1);
}

static void
bsd_null_and_loop_in_either_order(void **state)
{
	struct bench *b = *state;

	check_link(b, 0, 4, "02000000", 0, "", 0);
	check_link(b, 0, 4, "00000002", 0, "", 0);
	check_link(b, 0, 6, "1e000000", 0, "", 0);
	check_link(b, 108, 6, "0000001c", 0, "", 0);
	check_link(b, 108, 6, "00000018", 0, "", 0);
	check_link(b, 0, 4, "0f000800", 0, "", 0);
	assert_int_equal(decode_hex(b, 0, "07000000", 40), 1);
}

static void
raw_ip_by_its_version(void **state)
{
	struct bench *b = *state;
	static const unsigned any[] = { 12, 14, 101 };

	for (size_t i = 0; i < 3; i++) {
		check_link(b, any[i], 4, "", 0, "", 0);
		check_link(b, any[i], 6, "", 0, "", 0);
	}
	check_link(b, 228, 4, "", 0, "", 0);
	check_link(b, 229, 6, "", 0, "", 0);
	assert_int_equal(decode_hex(b, 101, "50", 40), ERR_MALFORMED);
	assert_int_equal(decode_hex(b, 228, "60", 40), ERR_MALFORMED);
	assert_int_equal(decode_hex(b, 229, "40", 40), ERR_MALFORMED);
}

static void
ppp_hdlc_and_frame_relay(void **state)
{
	struct bench *b = *state;

	check_link(b, 9, 4, "ff03" "0021", 0, "", 0);
	check_link(b, 9, 6, "0057", 0, "", 0);
	check_link(b, 50, 4, "ff0321", 0, "", 0);
	check_link(b, 50, 4, "0f00" "0800", 0, "", 0);
	check_link(b, 104, 6, "8f00" "86dd", 0, "", 0);
	check_link(b, 166, 4, "0103" "0021", 0, "", PACKET_OUTGOING);
	check_link(b, 107, 4, "1841" "03cc", 0, "", 0);
	check_link(b, 107, 6, "184041" "03008e", 0, "", 0);
	check_link(b, 107, 4, "1841" "0380" "000000" "0800", 0, "", 0);
	check_link(b, 107, 4, "1841" "0800", 0, "", 0);
	assert_int_equal(decode_hex(b, 9, "ff03" "c021", 40), 1);
	assert_int_equal(decode_hex(b, 9, "ff03" "003d", 40), ERR_UNSUPPORTED);
}

static void
wlan_data_frames(void **state)
{
	struct bench *b = *state;

#define SNAP4	"aaaa03" "000000" "0800"
	check_link(b, 105, 4, "0801", 22, SNAP4, 0);
	check_link(b, 105, 4, "8802", 24, SNAP4, 0);
	check_link(b, 105, 4, "8803", 30, SNAP4, 0);
	check_link(b, 105, 4, "8883", 34, SNAP4, 0);
	check_link(b, 127, 4, "0000" "0800" "00000000" "0801", 22, SNAP4, 0);
	/* Time stamp, flags with padding after a header of 26 bytes. */
	check_link(b, 127, 4, "0000" "1100" "03000000" "0000000000000000" "20"
	    "8801", 24, "0000" SNAP4, 0);
	/* Two words of presence; what they announce is aligned. */
	check_link(b, 127, 4, "0000" "1900" "03000080" "00000000" "00000000"
	    "0000000000000000" "20" "8801", 24, "0000" SNAP4, 0);
	assert_int_equal(decode_hex(b, 105, "8000", 40), 1);
	assert_int_equal(decode_hex(b, 105, "4801", 40), 1);
	assert_int_equal(decode_hex(b, 105, "0841", 40), ERR_UNSUPPORTED);
	assert_int_equal(decode_hex(b, 105, "0805", 40), ERR_UNSUPPORTED);
	assert_int_equal(decode_hex(b, 127, "0000" "0700", 40), ERR_MALFORMED);
	assert_int_equal(decode_hex(b, 127, "0000" "0c00" "ffffffff", 40),
	    ERR_MALFORMED);
}

static void
records_of_the_capturing_host(void **state)
{
	struct bench *b = *state;

	check_link(b, 258, 4, PKTAP, 68, ETHER("0800"), PACKET_OUTGOING);
	check_link(b, 149, 4, PKTAP, 68, ETHER("0800"), PACKET_OUTGOING);
	check_link(b, 239, 4, "02000000" "0800" "0100" "08000100" "0500"
	    "0a00" "6100" "0000" "2f00" "0900", 0, "", PACKET_INCOMING);
	check_link(b, 239, 4, "02000000" "0008" "0001" "08000300" "002f"
	    "0009", 0, "", PACKET_OUTGOING);
	check_link(b, 192, 4, "0000" "0c00" "01000000" "00000000",
	    0, ETHER("0800"), 0);
	check_link(b, 117, 4, "3d020000", 56, "02" "000000", PACKET_OUTGOING);
	check_link(b, 8, 4, "", 16, "", 0);
	check_link(b, 109, 6, "", 12, "", 0);
	check_link(b, 242, 4, "", 40, "0800" "0000", 0);
	check_link(b, 129, 4, "0102" "0000" "d4" "00" "0001", 0, "", 0);
	check_link(b, 281, 4, "", 16, "0800", 0);
	check_link(b, 284, 4, "", 20, "0800", 0);
	assert_int_equal(decode_hex(b, 239, "02000000" "0300" "0900", 40),
	    ERR_MALFORMED);
	assert_int_equal(decode_hex(b, 258, "6b000000" "01000000", 200),
	    ERR_UNSUPPORTED);
}

/* What nests without end has an end, and costs no more stack than that. */
static void
nesting_has_a_limit(void **state)
{
	struct bench *b = *state;
	static const struct {
		unsigned link_type;
		const char *start, *again;
	} cases[] = {
		{ 192, "", "0000" "0800" "c0000000" },
		{ 1, ETHER("6558"), ETHER("6558") },
		{ 1, ETHER("8100"), "0001" "0000" "aaaa03" "000000" "8100" },
		{ 9, "", "0f00" "8864" "11000001" "ffff" },
		{ 1, ETHER("8847"), "00002140" ETHER("8847") },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		add(&b->f, cases[i].start);
		while (b->f.len < 60000)
			add(&b->f, cases[i].again);
		assert_int_not_equal(decode(b, cases[i].link_type), 0);
	}
}

static void
sixteen_ethertypes_are_looked_up_and_no_more(void **state)
{
	struct bench *b = *state;

	for (unsigned n = 16; n <= 17; n++) {
		add(&b->f, ETHER("8100"));
		for (unsigned i = 1; i < n; i++)
			add(&b->f, "0001" "0000" "aaaa03" "000000" "8100");
		for (size_t at = 16; at < b->f.len; at += 12) {
			size_t left = b->f.len - at - 2 + 4 + 43;

			b->f.b[at] = (uint8_t)(left >> 8);
			b->f.b[at + 1] = (uint8_t)left;
		}
		add(&b->f, "0001" "0800");
		add_tcp4(&b->f, 3);
		assert_int_equal(decode(b, 1), n == 16 ? 0 : ERR_UNSUPPORTED);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(tags_before_the_ethertype),
		CASE(many_tags_are_no_matter_and_secrets_stay_closed),
		CASE(pppoe_session_and_discovery),
		CASE(llc_and_snap),
		CASE(mpls_guesses_are_proved),
		CASE(linux_cooked),
		CASE(bsd_null_and_loop_in_either_order),
		CASE(raw_ip_by_its_version),
		CASE(ppp_hdlc_and_frame_relay),
		CASE(wlan_data_frames),
		CASE(records_of_the_capturing_host),
		CASE(nesting_has_a_limit),
		CASE(sixteen_ethertypes_are_looked_up_and_no_more),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
