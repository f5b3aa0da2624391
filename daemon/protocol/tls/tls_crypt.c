// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/tls_crypt.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "protocol/tls/tls_crypt_modes.h"
#include "protocol/tls/tls_hello.h"
#include "protocol/tls/tls_keys.h"

/*
 * Keys, and the count of records under them. How a record is opened is in
 * tls_aead.c and tls_mac.c.
 */
static bool
set_cipher(struct tls_crypt *c, const uint8_t *key)
{
	const struct tls_suite *s = &c->suite;
	bool aead = s->mode != TLS_MODE_CBC;
	EVP_CIPHER *cipher;
	bool ok;

	if (s->mode == TLS_MODE_RC4)
		tls_rc4_init(&c->rc4, key, s->key_len);
	if (!s->cipher)
		return true;
	cipher = EVP_CIPHER_fetch(NULL, s->cipher, NULL);
	c->cipher = cipher ? EVP_CIPHER_CTX_new() : NULL;
	ok = c->cipher &&
	    EVP_DecryptInit_ex2(c->cipher, cipher, NULL, NULL, NULL) &&
	    (!aead || EVP_CIPHER_CTX_ctrl(c->cipher, EVP_CTRL_AEAD_SET_IVLEN,
	    12, NULL)) &&
	    (s->mode != TLS_MODE_CCM || EVP_CIPHER_CTX_ctrl(c->cipher,
	    EVP_CTRL_AEAD_SET_TAG, s->tag_len, NULL)) &&
	    EVP_DecryptInit_ex2(c->cipher, NULL, key, NULL, NULL);
	if (ok && !aead)
		EVP_CIPHER_CTX_set_padding(c->cipher, 0);
	EVP_CIPHER_free(cipher);
	return ok;
}

static bool
set_mac(struct tls_crypt *c, const uint8_t *key)
{
	char *digest = (char *)c->suite.mac;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string("digest", digest, 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac;
	bool ok;

	if (!digest)
		return true;
	if (c->suite.version == 0x0300) {
		memcpy(c->mac_key, key, c->suite.mac_len);
		return true;
	}
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	c->mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
	ok = c->mac && EVP_MAC_init(c->mac, key, c->suite.mac_len, params);
	EVP_MAC_free(hmac);
	return ok;
}

static struct tls_crypt *
crypt_new(const struct tls_suite *s, const uint8_t *key, const uint8_t *iv,
    const uint8_t *mac_key)
{
	struct tls_crypt *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->suite = *s;
	memcpy(c->iv, iv, s->iv_len);
	if (set_cipher(c, key) && set_mac(c, mac_key))
		return c;
	ERR_clear_error();
	tls_crypt_free(c);
	return NULL;
}

struct tls_crypt *
tls_crypt_new12(const struct tls_suite *s, struct span master,
    const uint8_t *client_random, const uint8_t *server_random, bool server)
{
	uint8_t block[2 * (TLS_MAC_MAX + TLS_KEY_MAX + TLS_IV_MAX)];
	const uint8_t *mac = block, *key = block + 2 * s->mac_len;
	const uint8_t *iv = key + 2 * s->key_len;
	size_t len = 2u * (s->mac_len + s->key_len + s->iv_len);
	struct tls_crypt *c = NULL;

	if (tls_key_block(s, master, client_random, server_random, block,
	    len) == 0)
		c = crypt_new(s, server ? key + s->key_len : key,
		    server ? iv + s->iv_len : iv,
		    server ? mac + s->mac_len : mac);
	OPENSSL_cleanse(block, sizeof(block));
	return c;
}

struct tls_crypt *
tls_crypt_new13(const struct tls_suite *suite, struct span secret)
{
	struct tls_suite s = *suite;
	uint8_t key[TLS_KEY_MAX], iv[12];
	struct tls_crypt *c = NULL;

	s.iv_len = sizeof(iv);
	if (s.mac)
		return NULL;
	if (tls_expand_label(&s, secret, "key", key, s.key_len) == 0 &&
	    tls_expand_label(&s, secret, "iv", iv, sizeof(iv)) == 0)
		c = crypt_new(&s, key, iv, NULL);
	OPENSSL_cleanse(key, sizeof(key));
	return c;
}

void
tls_crypt_free(struct tls_crypt *c)
{
	if (!c)
		return;
	EVP_CIPHER_CTX_free(c->cipher);
	EVP_MAC_CTX_free(c->mac);
	OPENSSL_cleanse(c, sizeof(*c));
	free(c);
}

int
tls_crypt_open(struct tls_crypt *c, const uint8_t header[static 5],
    struct span in, uint8_t *out, size_t *ret_len)
{
	int err;

	if (in.len > TLS_PLAIN_MAX)
		return ERR_MALFORMED;
	if (c->suite.mode == TLS_MODE_CBC)
		err = tls_open_cbc(c, header, in, out, ret_len);
	else if (c->suite.mode == TLS_MODE_RC4)
		err = tls_open_rc4(c, header, in, out, ret_len);
	else if (c->suite.mode == TLS_MODE_NULL)
		err = tls_open_null(c, header, in, out, ret_len);
	else
		err = tls_open_aead(c, header, in, out, ret_len);
	if (err)
		ERR_clear_error();
	else
		c->seq++;
	return err;
}

void
tls_crypt_pass(struct tls_crypt *c, struct span in)
{
	c->seq++;
	if (c->suite.mode == TLS_MODE_CBC)
		tls_pass_cbc(c, in);
	else if (c->suite.mode == TLS_MODE_RC4)
		tls_pass_rc4(c, in);
}

uint64_t
tls_crypt_number(const struct tls_crypt *c)
{
	return c->seq;
}

void
tls_crypt_expect(struct tls_crypt *c, uint64_t number)
{
	c->seq = number;
}

bool
tls_crypt_can_skip(const struct tls_crypt *c)
{
	if (c->suite.mode == TLS_MODE_RC4)
		return false;
	return c->suite.mode != TLS_MODE_CBC || c->suite.version >= 0x0302;
}

size_t
tls_crypt_overhead(const struct tls_crypt *c)
{
	const struct tls_suite *s = &c->suite;

	if (tls_is_13(s->version))
		return 1u + s->tag_len;
	if (s->mode == TLS_MODE_GCM || s->mode == TLS_MODE_CCM)
		return 8u + s->tag_len;
	if (s->mode == TLS_MODE_CBC)
		return (s->version >= 0x0302 ? s->block_len : 0u) +
		    s->mac_len + 1u;
	return (size_t)s->tag_len + s->mac_len;
}
