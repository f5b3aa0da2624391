/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_PROTOCOL_TLS_BENCH_H
#define UNIT_PROTOCOL_TLS_BENCH_H

/* Handshakes and records put together and given to a TLS layer, for the tests
 * of its handshakes and of its records. */

#include "layer_bench.h"
#include "protocol/tls/tls.h"
#include "tls_build.h"

static struct buf out;		/* what is to be sent next */

static inline int
start(void **state)
{
	bench_open();
	record.conn.endpoint_by = ENDPOINT_BY_FIRST_PACKET;
	buf_init(&out, 0);
	layer = tls_layer_new(&record.conn);
	return layer ? 0 : -1;
}

static inline int
stop(void **state)
{
	bench_close();
	buf_clear(&out);
	return 0;
}

/* Sends what out holds in pieces of at most piece bytes. */
static inline void
send_pieces(unsigned side, size_t piece)
{
	bench_give(side, out.data, out.len, piece);
	buf_reset(&out);
	now.ts_ns += 1000;
	now.packet++;
}

static inline void
send_all(unsigned side)
{
	send_pieces(side, SIZE_MAX / 2);
}

static inline void
send_record(unsigned side, uint8_t type, size_t len)
{
	put_sealed(&out, type, len);
	send_all(side);
}

/* Does the client's list have another protocol before HTTP/2? */
static bool offers_h2_last;

static inline void
client_hello(bool tls13, bool early)
{
	static const uint16_t ciphers[] = { 0x1301, 0xc02f, 0xc013 };
	struct buf ext = { 0 }, body = { 0 };

	put_server_name(&ext, "files.example.org");
	if (offers_h2_last)
		put_extension(&ext, 16, "\0\x0c\x08http/1.1\2h2", 14);
	else
		put_alpn(&ext, "h2");
	if (tls13)
		put_extension(&ext, 43, "\4\3\4\3\3", 5);
	if (early)
		put_extension(&ext, 42, "", 0);
	put_client_hello(&body, 0x0303, ciphers, 3, &ext);
	put_handshake(&out, 1, &body);
	buf_clear(&ext);
	buf_clear(&body);
}

static inline void
server_hello(uint16_t cipher, bool tls13, uint8_t id)
{
	struct buf ext = { 0 }, body = { 0 };

	if (tls13)
		put_extension(&ext, 43, "\3\4", 2);
	else
		put_alpn(&ext, "h2");
	put_server_hello(&body, cipher, id, &ext);
	put_handshake(&out, 2, &body);
	buf_clear(&ext);
	buf_clear(&body);
}

/* A TLS 1.2 handshake, all of it. */
static inline void
handshake12(uint16_t cipher)
{
	client_hello(false, false);
	send_all(0);
	server_hello(cipher, false, 0x33);
	put_record(&out, 22, "\x0e\0\0\0", 4);
	send_all(1);
	for (unsigned side = 0; side < 2; side++) {
		put_record(&out, 20, "\1", 1);
		put_sealed(&out, 22, 40);
		send_all(side);
	}
}

/* A TLS 1.3 handshake up to the client's Finished. */
static inline void
handshake13(void)
{
	client_hello(true, false);
	send_all(0);
	server_hello(0x1301, true, 0x1d);
	put_record(&out, 20, "\1", 1);
	put_sealed(&out, 23, 900);
	put_sealed(&out, 23, 4 + 32 + 17);
	send_all(1);
	put_record(&out, 20, "\1", 1);
	put_sealed(&out, 23, 4 + 32 + 17);
	send_all(0);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

#endif
