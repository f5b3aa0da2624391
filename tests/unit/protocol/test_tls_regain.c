// SPDX-License-Identifier: Apache-2.0
#include "tls_seal_bench.h"

/* A change of keys that is lost: what follows is opened nevertheless, and what
 * may be missing is said. */

/* A record of TLS 1.3 whose text is three bytes is 25 long. */
#define TEXT_LEN	25
#define UPDATE_LEN	(5 + 5 + 17)
#define FINISHED_LEN	(5 + 36 + 17)

static void
update(unsigned side)
{
	uint8_t secret[32];

	seal(side, 22, KEY_UPDATE, 5, 0);
	expand(senders[side].secret, "traffic upd", secret, sizeof(secret));
	use_secret(&senders[side], secret);
}

static void
a_lost_key_update_is_got_over(void **state)
{
	know_all();
	handshake(4096);
	seal_text(0, "one");
	update(0);
	seal_text(0, "two");
	update(0);
	seal_text(0, "six");
	send_with_gap(0, TEXT_LEN, TEXT_LEN + UPDATE_LEN);
	over();
	assert_plain(0, "onetwosix");
	assert_int_equal(record.plain_gap[0], 0);
}

static void
so_is_one_of_which_some_bytes_are_lost(void **state)
{
	know_all();
	handshake(4096);
	seal_text(0, "one");
	update(0);
	seal_text(0, "two");
	send_with_gap(0, TEXT_LEN + 10, TEXT_LEN + 12);
	over();
	assert_plain(0, "onetwo");
	assert_int_equal(record.plain_gap[0], 0);
}

static void
what_was_lost_beside_it_is_missing(void **state)
{
	know_all();
	handshake(4096);
	seal_text(0, "one");
	update(0);
	seal_text(0, "two");
	seal_text(0, "six");
	send_with_gap(0, TEXT_LEN, 2 * TEXT_LEN + UPDATE_LEN);
	over();
	assert_plain(0, "onesix");
	assert_int_equal(record.plain_gap[0], 3);
}

static void
data_lost_with_finished_are_missing(void **state)
{
	know_all();
	hellos(false);
	send_pieces(1, 4096);
	use_stage(0, HANDSHAKE);
	seal(0, 22, FINISHED, 36, 0);
	use_stage(0, TRAFFIC);
	seal_text(0, "one");
	seal_text(0, "two");
	seal_text(0, "six");
	send_with_gap(0, 0, FINISHED_LEN + 2 * TEXT_LEN);
	over();
	assert_plain(0, "six");
	assert_true(record.plain_gap[0] >= 6);
	assert_false(record.gap_in_clear);
}

static void
what_is_lost_at_the_end_is_missing(void **state)
{
	know_all();
	handshake(4096);
	seal_text(0, "one");
	seal_text(0, "two");
	send_with_gap(0, TEXT_LEN + 7, 2 * TEXT_LEN);
	over();
	assert_plain(0, "one");
	assert_int_equal(record.plain_gap[0], 3);
}

static void
a_damaged_record_costs_no_other(void **state)
{
	know_all();
	handshake(4096);
	seal_text(0, "one");
	for (int i = 0; i < 3; i++) {
		seal_text(0, "two");
		out.data[out.len - 20] ^= 1;
		if (i == 1)
			seal_text(0, "six");
	}
	seal_text(0, "ten");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "onesixten");
	assert_int_equal(record.plain_gap[0], 9);
	assert_int_equal(record.conn.tls->unauthentic, 2);
}

/* The record behind it begins where the damaged length does not say. */
static void
nor_does_one_whose_length_is_damaged(void **state)
{
	know_all();
	handshake(4096);
	seal_text(0, "one");
	seal_text(0, "two");
	out.data[out.len - TEXT_LEN + 4] += 7;
	seal_text(0, "six");
	seal_text(0, "ten");
	seal_text(0, "end");
	send_pieces(0, 4096);
	over();
	assert_plain(0, "onetenend");
	assert_int_equal(record.plain_gap[0], 6);
}

/* Its bytes come again behind it, and are others. */
static void
a_damaged_record_waits_for_others(void **state)
{
	struct buf copy;

	know_all();
	handshake(4096);
	seal_text(0, "one");
	send_pieces(0, 7);
	seal_text(0, "two");
	buf_init(&copy, 0);
	buf_append(&copy, out.data, out.len);
	out.data[9] ^= 1;
	record.comes_again = true;
	send_pieces(0, 7);
	assert_int_equal(record.again, TEXT_LEN);
	assert_int_equal(record.conn.tls->unauthentic, 0);
	buf_append(&out, copy.data, copy.len);
	sent[0] -= out.len;
	seal_text(0, "six");
	send_pieces(0, 7);
	over();
	assert_plain(0, "onetwosix");
	assert_int_equal(record.plain_gap[0], 0);
	buf_clear(&copy);
}

/* They come before the record is whole: some that it has, and others. */
static void
other_bytes_of_a_begun_record_are_tried(void **state)
{
	uint8_t good[TEXT_LEN];

	know_all();
	handshake(4096);
	seal_text(0, "one");
	send_pieces(0, 4096);
	for (unsigned at = 5; at < TEXT_LEN - 1; at++) {
		seal_text(0, "two");
		memcpy(good, out.data, TEXT_LEN);
		out.data[at] ^= 1;
		layer->ops->data(layer, 0, out.data, TEXT_LEN - 1, &now);
		layer->ops->again(layer, 0, TEXT_LEN - 1, good, 3);
		layer->ops->again(layer, 0, TEXT_LEN - 1, good, TEXT_LEN - 1);
		layer->ops->again(layer, 0, 1, good + TEXT_LEN - 2, 1);
		layer->ops->data(layer, 0, good + TEXT_LEN - 1, 1, &now);
		sent[0] += TEXT_LEN;
		buf_reset(&out);
		assert_int_equal(record.plain[0].len, 3 * (at - 3));
	}
	/* what is no better is not passed on, nor kept for the next */
	seal_text(0, "bad");
	out.data[9] ^= 1;
	layer->ops->data(layer, 0, out.data, TEXT_LEN - 1, &now);
	layer->ops->again(layer, 0, 9, good, 9);
	layer->ops->data(layer, 0, out.data + TEXT_LEN - 1, 1, &now);
	sent[0] += TEXT_LEN;
	buf_reset(&out);
	seal_text(0, "six");
	send_pieces(0, 4096);
	over();
	assert_int_equal(record.conn.tls->unauthentic, 1);
	assert_int_equal(record.plain[0].len, 3 * (TEXT_LEN - 6) + 6);
}

/* TLS 1.2 under ECDHE-RSA-AES128-GCM-SHA256. */

static void
use_master(const uint8_t client_random[32])
{
	char digest[] = "SHA256", label[] = "key expansion";
	uint8_t master[48], server_random[32], block[2 * (16 + 4)];
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("digest", digest, 0),
		OSSL_PARAM_construct_octet_string("secret", master, 48),
		OSSL_PARAM_construct_octet_string("seed", label, 13),
		OSSL_PARAM_construct_octet_string("seed", server_random, 32),
		OSSL_PARAM_construct_octet_string("seed",
		    (void *)client_random, 32),
		OSSL_PARAM_construct_end(),
	};
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);

	memset(master, 0x4d, sizeof(master));
	memset(server_random, 0x5e, sizeof(server_random));
	assert_int_equal(EVP_KDF_derive(ctx, block, sizeof(block), params), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	for (int side = 0; side < 2; side++) {
		memcpy(senders[side].key, block + 16 * side, 16);
		memcpy(senders[side].iv, block + 32 + 4 * side, 4);
		senders[side].seq = 0;
	}
}

static void
know_master(const uint8_t client_random[32])
{
	char line[256] = "CLIENT_RANDOM ";
	size_t n = strlen(line);

	for (int i = 0; i < 32; i++)
		n += (size_t)sprintf(line + n, "%02x", client_random[i]);
	line[n++] = ' ';
	for (int i = 0; i < 48; i++)
		n += (size_t)sprintf(line + n, "4d");
	line[n++] = '\n';
	assert_int_equal(keylog_add(keys, (uint8_t *)line, n), 0);
}

static void
seal12(unsigned side, uint8_t type, const char *data, size_t len)
{
	struct sender *s = &senders[side];
	uint8_t nonce[12], aad[13] = { 0 }, body[256], tag[16];
	EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
	struct buf b = { 0 };
	int m;

	aad[7] = (uint8_t)s->seq++;
	memcpy(aad + 8, (uint8_t[]){ type, 3, 3, 0, (uint8_t)len }, 5);
	memcpy(nonce, s->iv, 4);
	memcpy(nonce + 4, aad, 8);
	assert_true(EVP_EncryptInit_ex2(x, EVP_aes_128_gcm(), s->key, nonce,
	    NULL) && EVP_EncryptUpdate(x, NULL, &m, aad, 13) &&
	    EVP_EncryptUpdate(x, body, &m, (const uint8_t *)data, (int)len) &&
	    EVP_EncryptFinal_ex(x, body + m, &m) &&
	    EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_GET_TAG, 16, tag));
	EVP_CIPHER_CTX_free(x);
	buf_append(&b, aad, 8);
	buf_append(&b, body, len);
	buf_append(&b, tag, 16);
	put_record(&out, type, b.data, b.len);
	buf_clear(&b);
}

static void
server_hello12(void)
{
	struct buf ext = { 0 }, body = { 0 };

	put_server_hello(&body, 0xc02f, 0x77, &ext);
	put_handshake(&out, 2, &body);
	buf_clear(&body);
}

#define CIPHER_LEN	(6 + 5 + 16 + 24)	/* and Finished */

static void
finish12(unsigned side)
{
	put_record(&out, 20, "\1", 1);
	seal12(side, 22, "\x14\0\0\x0c" "0123456789ab", 16);
}

static void
hellos12(void)
{
	uint8_t random[32];

	memset(random, 0xc1, sizeof(random));
	know_master(random);
	hello(false);
	server_hello12();
	send_pieces(1, 4096);
	use_master(random);
}

static void
a_lost_change_of_ciphers_is_got_over(void **state)
{
	hellos12();
	finish12(0);
	seal12(0, 23, "one", 3);
	seal12(0, 23, "two", 3);
	send_with_gap(0, 0, CIPHER_LEN);
	over();
	assert_plain(0, "onetwo");
	assert_int_equal(record.plain_gap[0], 0);
	assert_int_equal(record.conn.tls->keys, TLS_KEYS_OPENED);
}

static void
with_data_that_are_missing_then(void **state)
{
	hellos12();
	finish12(0);
	seal12(0, 23, "one", 3);
	seal12(0, 23, "two", 3);
	seal12(0, 23, "six", 3);
	send_with_gap(0, 0, CIPHER_LEN + 32);
	over();
	assert_plain(0, "twosix");
	assert_true(record.plain_gap[0] >= 3);
}

static void
a_wrong_master_secret_opens_nothing_behind_a_gap(void **state)
{
	hellos12();
	senders[0].key[0] ^= 1;
	finish12(0);
	for (int i = 0; i < 20; i++)
		seal12(0, 23, "one", 3);
	send_with_gap(0, 0, CIPHER_LEN);
	over();
	assert_plain(0, "");
	assert_int_equal(record.conn.tls->keys, TLS_KEYS_WRONG);
	assert_int_equal(record.conn.tls->unauthentic, 0);
}

/* Its challenge is the end of the client random. */
static void
keys_open_what_began_with_an_sslv2_hello(void **state)
{
	static const char v2[] = "\x80\x1c\x01\x03\x03\0\3\0\0\0\x10"
	    "\0\xc0\x2f" "0123456789abcdef";
	uint8_t random[32] = { 0 };

	memcpy(random + 16, "0123456789abcdef", 16);
	know_master(random);
	buf_append(&out, v2, sizeof(v2) - 1);
	send_pieces(0, 4096);
	server_hello12();
	send_pieces(1, 4096);
	use_master(random);
	finish12(0);
	seal12(0, 23, "one", 3);
	send_pieces(0, 4096);
	over();
	assert_plain(0, "one");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_lost_key_update_is_got_over),
		T(so_is_one_of_which_some_bytes_are_lost),
		T(what_was_lost_beside_it_is_missing),
		T(data_lost_with_finished_are_missing),
		T(what_is_lost_at_the_end_is_missing),
		T(a_damaged_record_costs_no_other),
		T(nor_does_one_whose_length_is_damaged),
		T(a_damaged_record_waits_for_others),
		T(other_bytes_of_a_begun_record_are_tried),
		T(a_lost_change_of_ciphers_is_got_over),
		T(with_data_that_are_missing_then),
		T(a_wrong_master_secret_opens_nothing_behind_a_gap),
		T(keys_open_what_began_with_an_sslv2_hello),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
