/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_PROTOCOL_TLS_SEAL_BENCH_H
#define UNIT_PROTOCOL_TLS_SEAL_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "protocol/tls/keylog.h"
#include "protocol/tls/tls.h"
#include "record.h"
#include "tls_build.h"

/*
 * Both ends of TLS 1.3 connections under TLS_AES_128_GCM_SHA256, made here
 * with libcrypto. What other suites and versions do is compared with another
 * program over captures, in tests/e2e.
 */
enum { EARLY, HANDSHAKE, TRAFFIC, UPDATED };

struct sender {
	uint8_t key[16], iv[12], secret[32];
	uint64_t seq;
};

static struct keylog *keys;
static struct layer *layer;
static struct sender senders[2];
static uint64_t sent[2];
static struct when now;
static struct buf out;

static inline void
expand(const uint8_t *secret, const char *label, uint8_t *ret, size_t len)
{
	char digest[] = "SHA256", prefix[] = "tls13 ";
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("digest", digest, 0),
		OSSL_PARAM_construct_int("mode", &mode),
		OSSL_PARAM_construct_octet_string("key", (void *)secret, 32),
		OSSL_PARAM_construct_octet_string("prefix", prefix, 6),
		OSSL_PARAM_construct_octet_string("label", (void *)label,
		    strlen(label)),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS13-KDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);

	assert_int_equal(EVP_KDF_derive(ctx, ret, len, params), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static inline void
use_secret(struct sender *s, const uint8_t *secret)
{
	uint8_t copy[32];

	memcpy(copy, secret, 32);
	memcpy(s->secret, copy, 32);
	expand(copy, "key", s->key, 16);
	expand(copy, "iv", s->iv, 12);
	s->seq = 0;
}

/* The secret of a side at a stage: bytes of a value of its own. */
static inline void
use_stage(unsigned side, int stage)
{
	uint8_t secret[32];

	memset(secret, 0x10 * (stage + 1) + (int)side, sizeof(secret));
	use_secret(&senders[side], secret);
}

static inline void
know(const char *label, unsigned side, int stage)
{
	char line[256] = "";
	size_t n = 0;

	n += (size_t)sprintf(line, "%s ", label);
	for (int i = 0; i < 32; i++)
		n += (size_t)sprintf(line + n, "c1");
	line[n++] = ' ';
	for (int i = 0; i < 32; i++)
		n += (size_t)sprintf(line + n, "%02x",
		    0x10 * (stage + 1) + (int)side);
	line[n++] = '\n';
	assert_int_equal(keylog_add(keys, (uint8_t *)line, n), 0);
}

static inline void
know_all(void)
{
	know("CLIENT_HANDSHAKE_TRAFFIC_SECRET", 0, HANDSHAKE);
	know("SERVER_HANDSHAKE_TRAFFIC_SECRET", 1, HANDSHAKE);
	know("CLIENT_TRAFFIC_SECRET_0", 0, TRAFFIC);
	know("SERVER_TRAFFIC_SECRET_0", 1, TRAFFIC);
}

static inline int
start(void **state)
{
	record_clear();
	keys = keylog_new();
	record.conn.endpoint_by = ENDPOINT_BY_FIRST_PACKET;
	record.env.keys = keys;
	sent[0] = sent[1] = 0;
	now = (struct when){ 1, 1 };
	buf_init(&out, 0);
	layer = tls_layer_new(&record.conn);
	return keys && layer ? 0 : -1;
}

static inline int
stop(void **state)
{
	layer->ops->free(layer);
	buf_clear(&out);
	record_clear();
	keylog_free(keys);
	return 0;
}

/* A sealed record with pad bytes of padding behind its type. */
static inline void
seal(unsigned side, uint8_t type, const void *data, size_t len, size_t pad)
{
	struct sender *s = &senders[side];
	uint8_t nonce[12], body[4096], tag[16], plain[4096] = { 0 };
	uint8_t header[5] = { 23, 3, 3 };
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	size_t n = len + 1 + pad;
	int m;

	memcpy(plain, data, len);
	plain[len] = type;
	header[3] = (uint8_t)((n + 16) >> 8);
	header[4] = (uint8_t)(n + 16);
	memcpy(nonce, s->iv, 12);
	for (int i = 0; i < 8; i++)
		nonce[4 + i] ^= (uint8_t)(s->seq >> (56 - 8 * i));
	s->seq++;
	assert_true(EVP_EncryptInit_ex2(x, EVP_aes_128_gcm(), s->key, nonce,
	    NULL) && EVP_EncryptUpdate(x, NULL, &m, header, 5) &&
	    EVP_EncryptUpdate(x, body, &m, plain, (int)n) &&
	    EVP_EncryptFinal_ex(x, body + m, &m) &&
	    EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_GET_TAG, 16, tag));
	EVP_CIPHER_CTX_free(x);
	buf_append(&out, header, 5);
	buf_append(&out, body, n);
	buf_append(&out, tag, 16);
}

static inline void
seal_text(unsigned side, const char *text)
{
	seal(side, 23, text, strlen(text), 0);
}

static inline void
send_pieces(unsigned side, size_t piece)
{
	for (size_t i = 0; i < out.len; i += piece)
		layer->ops->data(layer, side, out.data + i,
		    out.len - i < piece ? out.len - i : piece, &now);
	sent[side] += out.len;
	buf_reset(&out);
	now.ts_ns += 1000;
}

/* Leaves from..to of what out holds uncaptured. */
static inline void
send_with_gap(unsigned side, size_t from, size_t to)
{
	if (from)
		layer->ops->data(layer, side, out.data, from, &now);
	layer->ops->gap(layer, side, to - from, &now);
	layer->ops->data(layer, side, out.data + to, out.len - to, &now);
	sent[side] += out.len - (to - from);
	buf_reset(&out);
}

static inline void
hello(bool early)
{
	static const uint16_t ciphers[] = { 0x1301 };
	struct buf ext = { 0 }, body = { 0 };

	put_extension(&ext, 43, "\2\3\4", 3);
	if (early)
		put_extension(&ext, 42, "", 0);
	put_client_hello(&body, 0x0303, ciphers, 1, &ext);
	put_handshake(&out, 1, &body);
	if (early) {
		put_record(&out, 20, "\1", 1);
		use_stage(0, EARLY);
		seal_text(0, "early ");
	}
	send_pieces(0, SIZE_MAX / 2);
	buf_clear(&ext);
	buf_clear(&body);
}

/* It is not sent yet. */
static inline void
server_hello(void)
{
	struct buf ext = { 0 }, body = { 0 };

	put_extension(&ext, 43, "\3\4", 2);
	put_server_hello(&body, 0x1301, 0x1d, &ext);
	put_handshake(&out, 2, &body);
	buf_clear(&ext);
	buf_clear(&body);
}

static inline void
hellos(bool early)
{
	hello(early);
	server_hello();
}

#define ENCRYPTED_EXTENSIONS "\x08\0\0\x0b\0\x09\0\x10\0\5\0\3\2h2"
#define FINISHED "\x14\0\0\x20" "0123456789abcdef0123456789abcdef"
#define KEY_UPDATE "\x18\0\0\1\0"
#define TICKET "\4\0\0\x0e" "1234567\0\0\1t\0\0"

/* What follows the client's hello. */
static inline void
handshake_from_server(size_t piece)
{
	server_hello();
	use_stage(1, HANDSHAKE);
	seal(1, 22, ENCRYPTED_EXTENSIONS FINISHED, 15 + 36, 0);
	send_pieces(1, piece);
	use_stage(1, TRAFFIC);
	put_record(&out, 20, "\1", 1);
	use_stage(0, HANDSHAKE);
	seal(0, 22, FINISHED, 36, 0);
	send_pieces(0, piece);
	use_stage(0, TRAFFIC);
}

static inline void
handshake(size_t piece)
{
	hello(false);
	handshake_from_server(piece);
}

static inline void
over(void)
{
	layer->ops->finish(layer, &now);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

static inline void
assert_plain(unsigned side, const char *text)
{
	assert_int_equal(record.plain[side].len, strlen(text));
	if (*text)
		assert_memory_equal(record.plain[side].data, text,
		    strlen(text));
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

#endif
