/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_QUIC_SESSION_BENCH_H
#define TESTS_QUIC_SESSION_BENCH_H

/* A QUIC connection whose keys are known, and packets that are sent on it; what it
 * tells is in record. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "protocol/tls/keylog.h"
#include "protocol/quic/quic_detect.h"
#include "protocol/quic/quic_paths.h"
#include "protocol/quic/quic_session.h"
#include "protocol/quic/quic_streams.h"
#include "quic_build.h"
#include "record.h"
#include "tls_build.h"

#define CLIENT_RANDOM \
	"c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"

static struct layer *layer;
static struct keylog *keys;
static struct quic_paths paths;
static struct buf out, frames;
static struct quic_keys app[2];		/* [side] */
static uint8_t secret[2][32];
static uint32_t pn[2];
static uint64_t sent[2];
static const struct when now = { 1000, 1 };

static inline void
send_out(unsigned side)
{
	layer->ops->data(layer, side, out.data, out.len, &now);
	sent[side] += out.len;
	buf_reset(&out);
}

static inline void
put_message(struct buf *b, uint8_t type, const struct buf *body)
{
	buf_u8(b, type);
	put24(b, body->len);
	buf_append(b, body->data, body->len);
}

/* HEADERS: GET / of https://h, and :status 200 */
static const uint8_t request[] = { 1, 8, 0, 0, 0xd1, 0xd7, 0xc1, 0x50, 1, 'h' };
static const uint8_t response[] = { 1, 3, 0, 0, 0xd9, 0, 2, 'o', 'k' };

static inline void
client_hello(const char *alpn)
{
	static const uint16_t ciphers[] = { 0x1301 };
	struct buf extensions = { 0 }, body = { 0 }, hello = { 0 };

	put_alpn(&extensions, alpn);
	put_client_hello(&body, 0x0303, ciphers, 1, &extensions);
	put_message(&hello, 1, &body);
	quic_put_crypto(&frames, 0, hello.data, hello.len);
	quic_put_initial(&out, QUIC_V1, "destinat", true, "destinat", 0,
	    frames.data, frames.len);
	send_out(0);
	buf_reset(&frames);
	buf_clear(&extensions);
	buf_clear(&body);
	buf_clear(&hello);
}

/* The server is to be sent to by that ID. */
static inline void
server_hello(const char *id)
{
	struct buf extensions = { 0 }, body = { 0 }, hello = { 0 };

	put_server_hello(&body, 0x1301, 0, &extensions);
	put_message(&hello, 2, &body);
	quic_put_crypto(&frames, 0, hello.data, hello.len);
	quic_source_id = id;
	quic_put_initial(&out, QUIC_V1, "destinat", false, "", 0, frames.data,
	    frames.len);
	quic_source_id = "";
	send_out(1);
	buf_reset(&frames);
	buf_clear(&body);
	buf_clear(&hello);
}

/* Both hellos, in Initial packets. The client is sent to by no ID. */
static inline void
shake_hands_with(const char *server_id, const char *alpn)
{
	client_hello(alpn);
	server_hello(server_id);
}

static inline void
shake_hands(const char *alpn)
{
	shake_hands_with("", alpn);
}

static inline int
start(void **state)
{
	char log[400] = "";

	record_clear();
	record.conn.endpoint_by = ENDPOINT_BY_FIRST_PACKET;
	keys = keylog_new();
	for (int side = 0; side < 2; side++) {
		char *at = log + strlen(log);

		sent[side] = pn[side] = 0;
		memset(secret[side], 0xa0 + side, 32);
		at += sprintf(at, "%s_TRAFFIC_SECRET_0 " CLIENT_RANDOM " ",
		    side ? "SERVER" : "CLIENT");
		for (int i = 0; i < 32; i++)
			at += sprintf(at, "%02x", secret[side][i]);
		strcpy(at, "\n");
		if (quic_keys_derive(QUIC_AES_128_GCM, QUIC_V1, secret[side],
		    &app[side]))
			return -1;
	}
	if (!keys || keylog_add(keys, (uint8_t *)log, strlen(log)))
		return -1;
	record.env.keys = keys;
	record.env.paths = &paths;
	layer = quic_layer_new(&record.conn);
	return layer ? 0 : -1;
}

static inline int
stop(void **state)
{
	layer->ops->free(layer);
	assert_int_equal(paths.count, 0);
	quic_paths_clear(&paths);
	record_clear();
	keylog_free(keys);
	buf_clear(&out);
	buf_clear(&frames);
	return 0;
}

static inline void
put_stream(uint8_t fin, uint64_t id, uint64_t offset, const void *data,
    size_t len)
{
	buf_u8(&frames, 0x0e | fin);
	quic_put_varint(&frames, id);
	quic_put_varint(&frames, offset);
	quic_put_varint(&frames, len);
	buf_append(&frames, data, len);
}

static inline void
put32(struct buf *b, uint32_t v)
{
	for (int i = 24; i >= 0; i -= 8)
		buf_u8(b, (uint8_t)(v >> i));
}

/* A handshake packet that nobody opens, with a source ID of len bytes. */
static inline void
server_says(uint8_t len, const char *id)
{
	buf_u8(&out, 0xe0);
	put32(&out, QUIC_V1);
	buf_u8(&out, 0);
	buf_u8(&out, len);
	buf_str(&out, id);
	quic_put_varint(&out, 30);
	put_fill(&out, 0, 30);
	send_out(1);
}

/* The frames, in a packet with a short header, behind what out has. */
static inline void
put_short(unsigned side, bool phase, const char *id)
{
	struct buf packet = { 0 };

	buf_u8(&packet, phase ? 0x47 : 0x43);
	buf_str(&packet, id);
	put32(&packet, pn[side]);
	quic_seal(&packet, &app[side], pn[side]++, frames.data, frames.len);
	buf_append(&out, packet.data, packet.len);
	buf_clear(&packet);
	buf_reset(&frames);
}

static inline void
send_short(unsigned side, bool phase)
{
	put_short(side, phase, "");
	send_out(side);
}

/* The next phase of the side's keys. */
static inline void
update(unsigned side)
{
	struct quic_keys old = app[side];

	assert_int_equal(quic_secret_update(QUIC_AES_128_GCM, QUIC_V1,
	    secret[side], secret[side]), 0);
	assert_int_equal(quic_keys_derive(QUIC_AES_128_GCM, QUIC_V1,
	    secret[side], &app[side]), 0);
	memcpy(app[side].hp, old.hp, sizeof(old.hp));
}

static inline void
over(void)
{
	layer->ops->finish(layer, &now);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

#define GET_OK "GET https://h/ 3.0 complete < 200 \"ok\" complete; complete"

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)

#endif
