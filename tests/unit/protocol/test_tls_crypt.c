// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "protocol/tls/tls_crypt.h"
#include "protocol/tls/tls_keys.h"
#include "protocol/tls/tls_rc4.h"

/* Records of TLS 1.0, of which each needs those before it. */
#define RC4_SHA		0x0005
#define AES128_SHA	0x002f

static const uint8_t master[48] = { 1 }, randoms[2][32] = { { 2 }, { 3 } };

static struct client {
	struct tls_suite suite;
	uint8_t mac_key[20], key[16], iv[16];
	struct tls_rc4 rc4;
	uint64_t seq;
} client;

static struct tls_crypt *
begin(uint16_t cipher)
{
	struct tls_suite *s = &client.suite;
	struct span secret = { master, sizeof(master) };
	uint8_t block[2 * (20 + 16 + 16)];

	memset(&client, 0, sizeof(client));
	assert_int_equal(tls_suite_find(0x0301, cipher, false, s), 0);
	assert_int_equal(tls_key_block(s, secret, randoms[0], randoms[1], block,
	    2u * (s->mac_len + s->key_len + s->iv_len)), 0);
	memcpy(client.mac_key, block, 20);
	memcpy(client.key, block + 40, 16);
	memcpy(client.iv, block + 72, s->iv_len);
	tls_rc4_init(&client.rc4, client.key, 16);
	return tls_crypt_new12(s, secret, randoms[0], randoms[1], false);
}

static void
encrypt(uint8_t *p, size_t len)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;

	if (client.suite.mode == TLS_MODE_RC4) {
		tls_rc4_run(&client.rc4, p, p, len);
	} else {
		assert_true(EVP_EncryptInit_ex(c, EVP_aes_128_cbc(), NULL,
		    client.key, client.iv));
		EVP_CIPHER_CTX_set_padding(c, 0);
		assert_true(EVP_EncryptUpdate(c, p, &n, p, (int)len));
		memcpy(client.iv, p + len - 16, 16);
	}
	EVP_CIPHER_CTX_free(c);
}

/* The next record: header and body; the body's length. */
static size_t
seal(uint8_t letter, uint8_t header[5], uint8_t *body)
{
	uint8_t text[40], pseudo[13 + sizeof(text)] = { 0 };
	size_t len = sizeof(text), pad;

	memset(text, letter, len);
	pseudo[7] = (uint8_t)client.seq++;
	memcpy(pseudo + 8, (uint8_t[]){ 23, 3, 1, 0, sizeof(text) }, 5);
	memcpy(pseudo + 13, text, len);
	memcpy(body, text, len);
	assert_non_null(HMAC(EVP_sha1(), client.mac_key, 20, pseudo,
	    sizeof(pseudo), body + len, NULL));
	len += 20;
	pad = client.suite.block_len ?
	    client.suite.block_len - len % client.suite.block_len : 0;
	memset(body + len, (int)pad - 1, pad);
	len += pad;
	encrypt(body, len);
	memcpy(header, (uint8_t[]){ 23, 3, 1, 0, (uint8_t)len }, 5);
	return len;
}

static void
goes_on_behind(uint16_t cipher)
{
	struct tls_crypt *c = begin(cipher);
	uint8_t header[5], body[128], text[TLS_PLAIN_MAX];
	size_t len;

	assert_non_null(c);
	assert_false(tls_crypt_can_skip(c));
	for (unsigned i = 0; i < 6; i++) {
		struct span in = { body, seal((uint8_t)('a' + i), header, body) };

		if (i % 3 == 1) {
			body[i] ^= 1;
			assert_true(tls_crypt_open(c, header, in, text, &len));
			tls_crypt_pass(c, in);
			continue;
		}
		assert_int_equal(tls_crypt_open(c, header, in, text, &len), 0);
		assert_int_equal(len, 40);
		assert_int_equal(text[39], 'a' + i);
	}
	tls_crypt_free(c);
}

static void
cbc_goes_on_behind_a_damaged_record(void **state)
{
	goes_on_behind(AES128_SHA);
}

static void
rc4_goes_on_behind_a_damaged_record(void **state)
{
	goes_on_behind(RC4_SHA);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cbc_goes_on_behind_a_damaged_record),
		cmocka_unit_test(rc4_goes_on_behind_a_damaged_record),
	};

	return cmocka_run_group_tests_name("tls_crypt", tests, NULL, NULL);
}
