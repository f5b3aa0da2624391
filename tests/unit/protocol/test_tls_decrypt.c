// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "protocol/keylog.h"
#include "protocol/tls.h"
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

static void
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

static void
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
static void
use_stage(unsigned side, int stage)
{
	uint8_t secret[32];

	memset(secret, 0x10 * (stage + 1) + (int)side, sizeof(secret));
	use_secret(&senders[side], secret);
}

static void
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

static void
know_all(void)
{
	know("CLIENT_HANDSHAKE_TRAFFIC_SECRET", 0, HANDSHAKE);
	know("SERVER_HANDSHAKE_TRAFFIC_SECRET", 1, HANDSHAKE);
	know("CLIENT_TRAFFIC_SECRET_0", 0, TRAFFIC);
	know("SERVER_TRAFFIC_SECRET_0", 1, TRAFFIC);
}

static int
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

static int
stop(void **state)
{
	layer->ops->free(layer);
	buf_clear(&out);
	record_clear();
	keylog_free(keys);
	return 0;
}

/* A sealed record with pad bytes of padding behind its type. */
static void
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

static void
seal_text(unsigned side, const char *text)
{
	seal(side, 23, text, strlen(text), 0);
}

static void
send_pieces(unsigned side, size_t piece)
{
	for (size_t i = 0; i < out.len; i += piece)
		layer->ops->data(layer, side, out.data + i,
		    out.len - i < piece ? out.len - i : piece, &now);
	sent[side] += out.len;
	buf_reset(&out);
	now.ts_ns += 1000;
}

static void
hellos(bool early)
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
	buf_reset(&ext);
	buf_reset(&body);
	put_extension(&ext, 43, "\3\4", 2);
	put_server_hello(&body, 0x1301, 0x1d, &ext);
	put_handshake(&out, 2, &body);
	buf_clear(&ext);
	buf_clear(&body);
}

#define ENCRYPTED_EXTENSIONS "\x08\0\0\x0b\0\x09\0\x10\0\5\0\3\2h2"
#define FINISHED "\x14\0\0\x20" "0123456789abcdef0123456789abcdef"
#define KEY_UPDATE "\x18\0\0\1\0"
#define TICKET "\4\0\0\x0e" "1234567\0\0\1t\0\0"

static void
handshake(size_t piece)
{
	hellos(false);
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

static void
over(void)
{
	layer->ops->finish(layer, &now);
	assert_int_equal(record.ended, record.count);
	assert_int_equal(record_bytes(0), sent[0]);
	assert_int_equal(record_bytes(1), sent[1]);
}

static void
assert_plain(unsigned side, const char *text)
{
	assert_int_equal(record.plain[side].len, strlen(text));
	if (*text)
		assert_memory_equal(record.plain[side].data, text,
		    strlen(text));
}

static void
data_comes_out_however_it_is_cut(void **state)
{
	for (size_t piece = 1; piece < 300; piece = piece * 3 + 1) {
		know_all();
		handshake(piece);
		seal_text(0, "a question");
		seal_text(0, ", and more");
		send_pieces(0, piece);
		seal(1, 22, TICKET, 18, 0);
		seal_text(1, "an answer");
		send_pieces(1, piece);
		over();
		assert_plain(0, "a question, and more");
		assert_plain(1, "an answer");
		assert_int_equal(record.count, 0);
		assert_true(record.conn.decrypted);
		assert_int_equal(record.conn.tls->keys, TLS_KEYS_OPENED);
		assert_int_equal(record.conn.tls->opened, 6);
		assert_int_equal(record.conn.tls->records[0], 2);
		assert_int_equal(record.conn.tls->alpn.len, 2);
		assert_true(record.conn.tls->complete[0] &&
		    record.conn.tls->complete[1]);
		stop(NULL);
		start(NULL);
	}
}

static void
padding_is_no_data(void **state)
{
	know_all();
	handshake(4096);
	seal(0, 23, "abc", 3, 200);
	seal(0, 23, "", 0, 100);
	send_pieces(0, 4096);
	over();
	assert_plain(0, "abc");
}

static void
a_record_of_padding_alone_is_none(void **state)
{
	know_all();
	handshake(4096);
	seal(0, 0, "", 0, 100);
	seal_text(0, "abc");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "abc");
}

static void
keys_are_updated(void **state)
{
	uint8_t next[32];

	know_all();
	handshake(4096);
	for (int i = 0; i < 3; i++) {
		seal_text(0, "x");
		seal(0, 22, KEY_UPDATE, 5, 0);
		expand(senders[0].secret, "traffic upd", next, 32);
		use_secret(&senders[0], next);
	}
	seal_text(0, "y");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "xxxy");
}

static void
early_data_is_read(void **state)
{
	know("CLIENT_EARLY_TRAFFIC_SECRET", 0, EARLY);
	know_all();
	hellos(true);
	assert_plain(0, "early ");
	use_stage(1, HANDSHAKE);
	seal(1, 22, FINISHED, 36, 0);
	send_pieces(1, 4096);
	seal_text(0, "bird");
	seal(0, 22, "\5\0\0\0", 4, 0);
	use_stage(0, HANDSHAKE);
	seal(0, 22, FINISHED, 36, 0);
	use_stage(0, TRAFFIC);
	seal_text(0, " late");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "early bird late");
}

static void
early_data_that_is_refused_ends_without_a_word(void **state)
{
	know("CLIENT_EARLY_TRAFFIC_SECRET", 0, EARLY);
	know_all();
	hellos(true);
	send_pieces(1, 4096);
	use_stage(0, HANDSHAKE);
	seal(0, 22, FINISHED, 36, 0);
	use_stage(0, TRAFFIC);
	seal_text(0, "again");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "early again");
}

static void
a_wrong_key_opens_nothing(void **state)
{
	know("CLIENT_HANDSHAKE_TRAFFIC_SECRET", 1, TRAFFIC);
	know("CLIENT_TRAFFIC_SECRET_0", 1, HANDSHAKE);
	handshake(4096);
	for (int i = 0; i < 40; i++)
		seal_text(0, "secret");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "");
	assert_int_equal(record.conn.tls->keys, TLS_KEYS_WRONG);
	assert_int_equal(record.conn.tls->unauthentic, 0);
	assert_false(record.conn.decrypted);
	assert_int_equal(record.messages[0]->kind, MESSAGE_SEALED);
	assert_int_equal(record.messages[0]->wire[0], 40 * (5 + 6 + 17));
}

static void
keys_of_others_are_none(void **state)
{
	char line[256];
	int n = sprintf(line, "CLIENT_TRAFFIC_SECRET_0 %064d %064d\n", 7, 31);

	assert_int_equal(keylog_add(keys, (uint8_t *)line, (size_t)n), 0);
	assert_int_equal(keylog_stats(keys)->secrets, 1);
	handshake(4096);
	seal_text(0, "secret");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "");
	assert_int_equal(record.conn.tls->keys, TLS_KEYS_NONE);
}

static void
traffic_secrets_alone_are_enough(void **state)
{
	know("CLIENT_TRAFFIC_SECRET_0", 0, TRAFFIC);
	know("SERVER_TRAFFIC_SECRET_0", 1, TRAFFIC);
	handshake(4096);
	seal_text(0, "question");
	send_pieces(0, 4096);
	seal_text(1, "answer");
	send_pieces(1, 4096);
	over();
	assert_plain(0, "question");
	assert_plain(1, "answer");
}

static void
what_does_not_authenticate_is_not_passed_on(void **state)
{
	know_all();
	handshake(4096);
	seal_text(0, "one");
	seal_text(0, "two");
	out.data[out.len - 20] ^= 1;
	send_pieces(0, 4096);
	over();
	assert_plain(0, "one");
	assert_int_equal(record.conn.tls->unauthentic, 1);
	assert_int_equal(record.messages[0]->wire[0], 5 + 3 + 17);
}

/* Leaves from..to of what out holds uncaptured. */
static void
send_with_gap(unsigned side, size_t from, size_t to)
{
	if (from)
		layer->ops->data(layer, side, out.data, from, &now);
	layer->ops->gap(layer, side, to - from, &now);
	layer->ops->data(layer, side, out.data + to, out.len - to, &now);
	sent[side] += out.len - (to - from);
	buf_reset(&out);
}

static void
a_gap_inside_a_record_loses_that_record(void **state)
{
	know_all();
	handshake(4096);
	seal_text(0, "one");		/* 25 bytes each */
	seal_text(0, "two");
	seal_text(0, "six");
	send_with_gap(0, 35, 40);
	over();
	assert_plain(0, "onesix");
	assert_int_equal(record.plain_gap[0], 3);
	assert_int_equal(record.conn.tls->unauthentic, 0);
}

static void
a_gap_over_many_records_is_measured(void **state)
{
	know_all();
	handshake(4096);
	for (int i = 0; i < 60; i++)
		seal_text(0, "abc");
	seal_text(0, "end");
	send_with_gap(0, 60, 25 * 40 + 7);
	over();
	/* Two whole ones, 39 lost, the rest. */
	assert_int_equal(record.plain[0].len, 3 * (2 + 19 + 1));
	assert_int_equal(record.plain_gap[0], 3 * 39);
}

static void
a_gap_at_a_boundary_is_measured(void **state)
{
	know_all();
	handshake(4096);
	for (int i = 0; i < 10; i++)
		seal_text(0, "abc");
	send_with_gap(0, 50, 125);
	over();
	assert_int_equal(record.plain[0].len, 3 * 7);
	assert_int_equal(record.plain_gap[0], 9);
}

static void
a_lost_finished_is_got_over(void **state)
{
	know_all();
	hellos(false);
	send_pieces(1, 4096);
	use_stage(0, HANDSHAKE);
	seal(0, 22, FINISHED, 36, 0);
	use_stage(0, TRAFFIC);
	seal_text(0, "data");
	send_with_gap(0, 10, 20);
	over();
	assert_plain(0, "data");
}

static void
a_record_that_never_ends_is_accounted_for(void **state)
{
	know_all();
	handshake(4096);
	seal_text(0, "whole");
	seal_text(0, "not whole");
	out.len -= 3;
	send_pieces(0, 7);
	over();
	assert_plain(0, "whole");
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(data_comes_out_however_it_is_cut), T(padding_is_no_data),
		T(a_record_of_padding_alone_is_none), T(keys_are_updated),
		T(early_data_is_read),
		T(early_data_that_is_refused_ends_without_a_word),
		T(a_wrong_key_opens_nothing), T(keys_of_others_are_none),
		T(traffic_secrets_alone_are_enough),
		T(what_does_not_authenticate_is_not_passed_on),
		T(a_gap_inside_a_record_loses_that_record),
		T(a_gap_over_many_records_is_measured),
		T(a_gap_at_a_boundary_is_measured),
		T(a_lost_finished_is_got_over),
		T(a_record_that_never_ends_is_accounted_for),
	};

	return cmocka_run_group_tests_name("tls decrypt", tests, NULL, NULL);
}
