// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/quic/quic_handshake.h"
#include "protocol/tls/keylog.h"
#include "quic_build.h"
#include "record.h"
#include "tls_build.h"

#define CLIENT_RANDOM \
	"c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"
#define PN_OFFSET	9	/* behind IDs of no length */

static struct keylog *keys;
static struct quic_handshake *handshake;
static struct quic_keys sealing[2];	/* [side]; the client is 0 */
static struct buf messages[2];
static uint64_t sent[2];
static uint32_t pn[2];

static int
start(void **state)
{
	char log[400] = "";

	record_clear();
	keys = keylog_new();
	for (int side = 0; side < 2; side++) {
		char *at = log + strlen(log);
		uint8_t secret[32];

		sent[side] = pn[side] = 0;
		memset(secret, 0xb0 + side, 32);
		at += sprintf(at, "%s_HANDSHAKE_TRAFFIC_SECRET " CLIENT_RANDOM
		    " ", side ? "SERVER" : "CLIENT");
		for (int i = 0; i < 32; i++)
			at += sprintf(at, "%02x", secret[i]);
		strcpy(at, "\n");
		if (quic_keys_derive(QUIC_AES_128_GCM, QUIC_V1, secret,
		    &sealing[side]))
			return -1;
	}
	if (!keys || keylog_add(keys, (uint8_t *)log, strlen(log)))
		return -1;
	record.env.keys = keys;
	record.conn.tls = tls_info_new(&record.env);
	record.conn.tls->cipher = 0x1301;
	memset(record.conn.tls->client_random, 0xc1, 32);
	handshake = quic_handshake_new(&record.conn, 0, QUIC_V1);
	return handshake ? 0 : -1;
}

static int
stop(void **state)
{
	quic_handshake_free(handshake);
	buf_clear(&messages[0]);
	buf_clear(&messages[1]);
	record_clear();
	keylog_free(keys);
	return 0;
}

static void
put_message(unsigned side, uint8_t type, const struct buf *body)
{
	buf_u8(&messages[side], type);
	put24(&messages[side], body->len);
	buf_append(&messages[side], body->data, body->len);
}

/* len bytes of the side's messages from there on, in a packet. */
static int
send_part(unsigned side, uint64_t from, size_t len)
{
	struct buf packet = { 0 }, frames = { 0 };
	int rc;

	quic_put_crypto(&frames, from, messages[side].data + from, len);
	buf_append(&packet, "\xe3\0\0\0\1\0\0", 7);
	put16(&packet, (unsigned)(0x4000 | (4 + frames.len + 16)));
	put16(&packet, 0);
	put16(&packet, pn[side]);
	quic_seal(&packet, &sealing[side], pn[side]++, frames.data,
	    frames.len);
	rc = quic_handshake_packet(handshake, side,
	    (struct span){ packet.data, packet.len }, PN_OFFSET);
	buf_clear(&packet);
	buf_clear(&frames);
	return rc;
}

/* EncryptedExtensions: ALPN, and transport parameters with an ID of id_len. */
static void
put_extensions(size_t id_len)
{
	struct buf parameters = { 0 }, list = { 0 }, body = { 0 };

	buf_append(&parameters, "\1\2\x40\x10\2\x10", 6);	/* idle time-out */
	put_fill(&parameters, 0x71, 16);
	buf_u8(&parameters, 0x0d);
	buf_u8(&parameters, (uint8_t)(24 + 1 + id_len + 16));
	put_fill(&parameters, 0x7f, 24);
	buf_u8(&parameters, (uint8_t)id_len);
	put_fill(&parameters, 'i', id_len);
	put_fill(&parameters, 0x70, 16);
	put_alpn(&list, "doq");
	put_extension(&list, 0x39, parameters.data, parameters.len);
	put16(&body, (unsigned)list.len);
	buf_append(&body, list.data, list.len);
	put_message(1, 8, &body);
	buf_clear(&parameters);
	buf_clear(&list);
	buf_clear(&body);
}

static void
put_certificate(unsigned side)
{
	struct buf body = { 0 };

	buf_u8(&body, 0);
	put24(&body, 3 + 40 + 2);
	put24(&body, 40);
	put_fill(&body, 0x30, 40);
	put16(&body, 0);
	put_message(side, 11, &body);
	buf_clear(&body);
}

static void
what_the_server_chose_is_read(void **state)
{
	const struct tls_info *tls = record.conn.tls;

	put_extensions(8);
	put_certificate(1);
	assert_int_equal(quic_handshake_told(handshake).preferred.len, 0);
	/* in any order, in pieces that straddle messages */
	assert_int_equal(send_part(1, 30, messages[1].len - 30), 0);
	assert_false(tls_info_has_leaf(tls));
	assert_int_equal(send_part(1, 0, 45), 0);
	assert_true(tls_info_has_leaf(tls));
	assert_true(tls->alpn_selected);
	assert_int_equal(tls_info_alpn(tls).len, 3);
	assert_memory_equal(tls_info_alpn(tls).p, "doq", 3);
	assert_int_equal(quic_handshake_told(handshake).preferred.len, 8);
	assert_memory_equal(quic_handshake_told(handshake).preferred.p,
	    "iiiiiiii", 8);
	assert_int_equal(quic_handshake_told(handshake).token.len, 16);
	assert_memory_equal(quic_handshake_told(handshake).token.p,
	    "qqqqqqqqqqqqqqqq", 16);
	assert_memory_equal(quic_handshake_told(handshake).preferred_token.p,
	    "pppppppppppppppp", 16);
}

static void
ids_that_are_too_long_are_passed_over(void **state)
{
	put_extensions(20);
	put_extensions(21);
	assert_int_equal(send_part(1, 0, messages[1].len), 0);
	assert_int_equal(quic_handshake_told(handshake).preferred.len, 20);
}

static void
the_client_s_certificate_is_not_the_server_s(void **state)
{
	put_certificate(0);
	assert_int_equal(send_part(0, 0, messages[0].len), 0);
	assert_false(tls_info_has_leaf(record.conn.tls));
}

static void
what_does_not_open_tells_nothing(void **state)
{
	put_certificate(1);
	sealing[1].key[0] ^= 1;
	assert_int_equal(send_part(1, 0, messages[1].len), ERR_MALFORMED);
	assert_false(tls_info_has_leaf(record.conn.tls));
	sealing[1].key[0] ^= 1;
	assert_int_equal(send_part(1, 0, messages[1].len - 1), 0);
	assert_false(tls_info_has_leaf(record.conn.tls));
	assert_int_equal(send_part(1, messages[1].len - 1, 1), 0);
	assert_true(tls_info_has_leaf(record.conn.tls));
}

static void
without_secrets_there_is_nothing(void **state)
{
	record.conn.tls->client_random[0] ^= 1;
	assert_null(quic_handshake_new(&record.conn, 0, QUIC_V1));
	record.conn.tls->client_random[0] ^= 1;
	record.conn.tls->cipher = 0xc02f;
	assert_null(quic_handshake_new(&record.conn, 0, QUIC_V1));
	record.env.keys = NULL;
	assert_null(quic_handshake_new(&record.conn, 0, QUIC_V1));
	quic_handshake_free(NULL);
}

/* No certificates are so long. */
static void
above_the_ceiling_no_more_is_learnt(void **state)
{
	struct buf body = { 0 };

	put_fill(&body, 0, 260 * 1024);
	put_message(1, 25, &body);
	buf_clear(&body);
	put_certificate(1);
	for (uint64_t at = 0; at < messages[1].len; at += 1000)
		assert_int_equal(send_part(1, at, messages[1].len - at < 1000 ?
		    messages[1].len - at : 1000), 0);
	assert_false(tls_info_has_leaf(record.conn.tls));
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_the_server_chose_is_read),
		T(ids_that_are_too_long_are_passed_over),
		T(the_client_s_certificate_is_not_the_server_s),
		T(what_does_not_open_tells_nothing),
		T(without_secrets_there_is_nothing),
		T(above_the_ceiling_no_more_is_learnt),
	};

	return cmocka_run_group_tests_name("protocol/quic_handshake", tests,
	    NULL, NULL);
}
