// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "protocol/quic/quic_detect.h"
#include "record.h"

static struct layer *layer;
static uint64_t sent[2];
static struct when now;
static uint8_t packet[1500];
static size_t packet_len;

static int
start(void **state)
{
	record_clear();
	record.conn.endpoint_by = ENDPOINT_BY_FIRST_PACKET;
	sent[0] = sent[1] = 0;
	now = (struct when){ 1, 1 };
	packet_len = 0;
	layer = quic_layer_new(&record.conn);
	return layer ? 0 : -1;
}

static int
stop(void **state)
{
	layer->ops->free(layer);
	record_clear();
	return 0;
}

static void
put(const void *data, size_t len)
{
	memcpy(packet + packet_len, data, len);
	packet_len += len;
}

/* A long header with IDs of 8 and 5 bytes, and body_len bytes behind it. */
static void
put_long(uint8_t first, const char *version, uint8_t src_len, size_t body_len)
{
	put(&first, 1);
	put(version, 4);
	put("\x08" "destinat", 9);
	put(&src_len, 1);
	put("sourcesourcesourcesource", src_len);
	if ((first & 0x30) == (version[0] ? 0x10 : 0))
		put("\0", 1);		/* no token */
	uint8_t len[2] = { (uint8_t)(0x40 | body_len >> 8), (uint8_t)body_len };
	put(len, 2);
	memset(packet + packet_len, 0x11, body_len);
	packet_len += body_len;
}

static void
put_short(size_t len)
{
	memset(packet + packet_len, 0x40, len);
	packet_len += len;
}

static void
deliver(unsigned side)
{
	layer->ops->data(layer, side, packet, packet_len, &now);
	sent[side] += packet_len;
	packet_len = 0;
	now.ts_ns += 1000;
}

static void
over(void)
{
	layer->ops->finish(layer, &now);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

#define V1 "\0\0\0\1"
#define V2 "\x6b\x33\x43\xcf"

static void
versions_are_known(void **state)
{
	put_long(0xc3, V1, 5, 100);
	assert_int_equal(quic_detect(packet, packet_len), 1);
	assert_int_equal(quic_detect(packet, packet_len - 1), 0);
	packet[4] = 2;
	assert_int_equal(quic_detect(packet, packet_len), 0);
	packet_len = 0;
	put_long(0xd3, V2, 5, 100);
	assert_int_equal(quic_detect(packet, packet_len), 1);
	assert_int_equal(quic_detect((const uint8_t *)
	    "\x80\0\0\0\0\0\0\0\0\0\1", 11), 1);
	assert_int_equal(quic_detect((const uint8_t *)
	    "\x80\0\0\0\0\0\0\0\0\0\2", 11), 0);
	assert_int_equal(quic_detect((const uint8_t *)
	    "\x09" "12345678" "Q043", 13), 1);
	assert_int_equal(quic_detect((const uint8_t *)
	    "\x09" "12345678" "X043", 13), 0);
	assert_int_equal(quic_detect((const uint8_t *)"", 0), 0);
}

#define RESERVED "\x1a\x2a\x3a\xfa"

static void
a_reserved_version_is_known_by_a_full_datagram(void **state)
{
	put_long(0xc3, RESERVED, 5, 1200);
	assert_int_equal(quic_detect(packet, 1200), 1);
	assert_int_equal(quic_detect(packet, 1199), 0);
	packet[4] = 0xfb;
	assert_int_equal(quic_detect(packet, 1200), 0);
	packet[4] = 0xfa;
	packet[0] = 0x83;
	assert_int_equal(quic_detect(packet, 1200), 0);
}

/* The server has none of it, lists what it speaks, and that is spoken. */
static void
a_negotiated_version_is_read(void **state)
{
	put_long(0xc3, RESERVED, 5, 1180);
	deliver(1);
	assert_int_equal(record.conn.endpoint_side, 1);
	put("\x80\0\0\0\0\5sourc\x08" "destinat" V1 "\x0a\x1a\x2a\x3a", 28);
	deliver(0);
	assert_int_equal(record.conn.overhead[1][CONN_ENCRYPTED], sent[1]);
	assert_int_equal(record.conn.overhead[0][CONN_UNDERSTOOD], sent[0]);
	put_long(0xc3, V1, 5, 1000);
	deliver(1);
	put_long(0xe3, V1, 4, 300);
	deliver(0);
	assert_int_equal(record.count, 0);
	put_short(500);			/* to an ID of 4 bytes */
	deliver(1);
	over();
	assert_string_equal(record_text(0), " \"{475-478}\" < ; complete");
}

static void
handshake_is_overhead_and_data_is_sealed(void **state)
{
	put_long(0xc3, V1, 5, 1000);
	deliver(0);
	put_long(0xc3, V1, 4, 100);
	put_long(0xe3, V1, 4, 300);	/* coalesced: Handshake */
	deliver(1);
	assert_int_equal(record.count, 0);
	put_short(500);			/* to an ID of 4 bytes */
	deliver(0);
	put_short(400);			/* to an ID of 5 bytes */
	deliver(1);
	over();
	assert_int_equal(record.count, 1);
	assert_string_equal(record_text(0),
	    " \"{475-478}\" <  \"{374-377}\"; complete");
}

/* Two, which the network card was to cut apart. */
static void
uncut_packets_are_sealed_each(void **state)
{
	put_long(0xc3, V1, 5, 1000);
	deliver(0);
	put_long(0xc3, V1, 4, 100);
	deliver(1);
	for (int i = 0; i < 2; i++) {
		put_short(500);
		packet[packet_len - 500] = 0x51;
		memset(packet + packet_len - 495, 0x22 + i, 495);
	}
	deliver(0);
	over();
	assert_string_equal(record_text(0),
	    " \"{475-478}{475-478}\" < ; complete");
}

static void
early_data_is_sealed(void **state)
{
	put_long(0xc3, V1, 5, 300);
	put_long(0xd3, V1, 5, 220);
	deliver(1);
	over();
	assert_int_equal(record.conn.endpoint_side, 1);
	assert_string_equal(record_text(0), " \"{200-203}\" < ; complete");
}

static void
an_acknowledgement_is_no_answer(void **state)
{
	put_long(0xc3, V1, 5, 300);
	deliver(0);
	put_short(500);
	deliver(0);
	put_short(1 + 5 + 1 + 16 + 24);
	deliver(1);
	put_short(500);
	deliver(0);
	assert_int_equal(record.count, 1);
	put_short(1 + 5 + 1 + 16 + 25);
	deliver(1);
	put_short(500);
	deliver(0);
	over();
	assert_int_equal(record.count, 2);
}

/* Packet after packet as long as they get: what comes in between, a probe of the
 * path, is no answer. Behind a shorter one it is. */
static void
who_fills_packets_has_not_been_answered(void **state)
{
	static const struct {
		unsigned out[3];
		size_t runs;
	} rows[] = {
		{ { 1252, 1252, 1252 }, 1 },
		{ { 1252, 1252, 1251 }, 2 },
		{ { 1252, 1252, 1300 }, 1 },
		{ { 1199, 1199, 1199 }, 2 },
		{ { 1252, 1200, 1200 }, 2 },
		{ { 1200, 1200, 1200 }, 1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		stop(state);
		start(state);
		put_long(0xc3, V1, 5, 300);
		deliver(0);
		for (int k = 0; k < 3; k++) {
			put_short(rows[i].out[k]);
			deliver(0);
		}
		put_short(1360);
		deliver(1);
		put_short(500);
		deliver(0);
		put_short(600);
		deliver(1);
		over();
		assert_int_equal(record.count, rows[i].runs);
	}
}

/* A packet longer than full ones before is a probe, whatever follows; one longer than
 * short ones alone where full and shorter ones follow, and data where nothing does, or
 * a packet of its length. */
static void
a_probe_of_the_path_holds_nothing(void **state)
{
	static const struct {
		unsigned out[4];
		const char *text;
	} rows[] = {
		{ { 1300, 1400, 1300, 1300 }, " \"{1275-1278}{0-1378}"
		  "{1275-1278}{1275-1278}\" < ; complete" },
		{ { 1300, 1400, 1400, 1300 }, " \"{1275-1278}{0-1378}"
		  "{1375-1378}{1275-1278}\" < ; complete" },
		{ { 1200, 1200, 1201, 700 }, " \"{1175-1178}{1175-1178}"
		  "{0-1179}{675-678}\" < ; complete" },
		{ { 1199, 1201, 1201, 1300 }, " \"{1174-1177}{1176-1179}"
		  "{1176-1179}{0-1278}\" < ; complete" },
		{ { 500, 1300, 700, 1200 }, " \"{475-478}{675-678}{0-1278}"
		  "{1175-1178}\" < ; complete" },
		{ { 500, 1300, 700, 1300 }, " \"{475-478}{675-678}{1275-1278}"
		  "{1275-1278}\" < ; complete" },
		{ { 500, 400, 700, 1300 }, " \"{475-478}{375-378}{675-678}"
		  "{1275-1278}\" < ; complete" },
		{ { 500, 1200, 1200, 1200 }, " \"{475-478}{1175-1178}"
		  "{1175-1178}{1175-1178}\" < ; complete" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		stop(state);
		start(state);
		put_long(0xc3, V1, 5, 300);
		deliver(0);
		put_long(0xc3, V1, 4, 300);
		deliver(1);
		for (int k = 0; k < 4; k++) {
			put_short(rows[i].out[k]);
			deliver(0);
		}
		over();
		assert_int_equal(record.count, 1);
		assert_string_equal(record_text(0), rows[i].text);
	}
}

/* The handshake's datagrams were as long: that needs no probe. */
static void
as_long_as_the_handshake_is_no_probe(void **state)
{
	for (unsigned len = 1251; len <= 1253; len++) {
		char text[80];

		stop(state);
		start(state);
		put_long(0xc3, V1, 5, 1252 - 23);
		deliver(0);
		put_long(0xc3, V1, 4, 1400);
		deliver(1);
		put_short(1200);
		deliver(0);
		put_short(len);
		deliver(0);
		over();
		snprintf(text, sizeof(text), " \"{1175-1178}{%u-%u}\" < ; complete",
		    len > 1252 ? 0 : len - 25, len - 22);
		assert_string_equal(record_text(0), text);
	}
}

/* The last of one run, answered, is not a probe for what the next begins with. */
static void
what_was_answered_was_no_probe(void **state)
{
	put_long(0xc3, V1, 5, 300);
	deliver(0);
	put_long(0xc3, V1, 4, 300);
	deliver(1);
	put_short(500);
	deliver(0);
	put_short(1400);
	deliver(0);
	put_short(600);
	deliver(1);
	put_short(1300);
	deliver(0);
	over();
	assert_int_equal(record.count, 2);
	assert_string_equal(record_text(0), " \"{475-478}{1375-1378}\" < "
	    " \"{574-577}\"; complete");
}

/* While a lot goes out: the server's first packet, windows and probes of the path
 * answer nothing, unless what goes out had ended and something short begins, or more
 * comes in. */
static void
what_comes_unasked_is_no_answer(void **state)
{
	static const struct {
		unsigned out[3], in[2], next;
		size_t runs;
	} rows[] = {
		{ { 1300, 1300, 900 }, { 300 }, 1300, 1 },
		{ { 1300, 1300, 900 }, { 300 }, 500, 2 },
		{ { 1300, 1300, 900 }, { 300, 300 }, 1300, 2 },
		{ { 900, 1300, 900 }, { 300 }, 1300, 2 },
		{ { 1300, 1300, 900 }, { 300, 48 }, 1300, 2 },
		{ { 1300, 1300, 900 }, { 1360 }, 1300, 1 },
		{ { 1300, 1300, 900 }, { 1360 }, 500, 2 },
		{ { 1300, 1300, 900 }, { 1360, 1360 }, 1300, 2 },
		{ { 1300, 900, 1300 }, { 1360 }, 500, 1 },
		{ { 1300, 900, 1300 }, { 1360, 1360 }, 500, 2 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		stop(state);
		start(state);
		put_long(0xc3, V1, 5, 300);
		deliver(0);
		for (int k = 0; k < 3; k++) {
			put_short(rows[i].out[k]);
			deliver(0);
		}
		for (int k = 0; k < 2 && rows[i].in[k]; k++) {
			put_short(rows[i].in[k]);
			deliver(1);
		}
		put_short(rows[i].next);
		deliver(0);
		over();
		assert_int_equal(record.count, rows[i].runs);
	}
}

/* Of a connection that had answers, windows alone are none. */
static void
windows_are_no_answer(void **state)
{
	for (unsigned more = 40; more <= 41; more++) {
		stop(state);
		start(state);
		put_long(0xc3, V1, 5, 300);
		deliver(0);
		put_short(500);
		deliver(0);
		put_short(600);
		deliver(1);
		for (int k = 0; k < 3; k++) {
			put_short(k < 2 ? 1300 : 900);
			deliver(0);
		}
		put_short(1 + 5 + 1 + 16 + more);
		deliver(1);
		put_short(1300);
		deliver(0);
		over();
		assert_int_equal(record.count, more > 40 ? 3 : 2);
	}
}

/* Behind the handshake, in a datagram that is filled up, there is more to come:
 * the server's tickets are no answer. */
static void
a_datagram_filled_up_goes_on(void **state)
{
	for (unsigned len = 1199; len <= 1200; len++) {
		stop(state);
		start(state);
		put_long(0xc3, V1, 5, 300);
		deliver(0);
		put_long(0xe3, V1, 5, 78);
		put_short(len - packet_len);
		deliver(0);
		put_short(300);
		deliver(1);
		put_short(1200);
		deliver(0);
		over();
		assert_int_equal(record.count, len == 1200 ? 1 : 2);
	}
}

static void
an_unknown_id_widens_the_interval(void **state)
{
	put_short(500);
	deliver(0);
	over();
	assert_string_equal(record_text(0), " \"{459-482}\" < ; complete");
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(versions_are_known),
		T(a_reserved_version_is_known_by_a_full_datagram),
		T(a_negotiated_version_is_read),
		T(handshake_is_overhead_and_data_is_sealed),
		T(uncut_packets_are_sealed_each),
		T(early_data_is_sealed), T(an_acknowledgement_is_no_answer),
		T(who_fills_packets_has_not_been_answered),
		T(an_unknown_id_widens_the_interval),
		T(a_probe_of_the_path_holds_nothing),
		T(as_long_as_the_handshake_is_no_probe),
		T(what_was_answered_was_no_probe),
		T(what_comes_unasked_is_no_answer),
		T(windows_are_no_answer),
		T(a_datagram_filled_up_goes_on),
	};

	return cmocka_run_group_tests_name("quic detect", tests, NULL, NULL);
}
