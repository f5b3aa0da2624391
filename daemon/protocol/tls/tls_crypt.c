// SPDX-License-Identifier: Apache-2.0
#include "protocol/tls/tls_crypt.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "protocol/tls/tls_hello.h"
#include "protocol/tls/tls_keys.h"
#include "protocol/tls/tls_rc4.h"
#include "protocol/tls/tls_ssl3.h"

/*
 * Nonces: TLS 1.2 puts eight bytes of it into each GCM and CCM record, all
 * else counts records. Additional data: sequence number, type, version and
 * plaintext length in TLS 1.2, the record's header in 1.3, nothing in its
 * drafts up to 24.
 */
#define KEY_MAX		32
#define IV_MAX		16
#define MAC_MAX		48

struct tls_crypt {
	struct tls_suite suite;
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *mac;
	uint64_t seq;
	struct tls_rc4 rc4;
	uint8_t mac_key[20];	/* of SSL 3 */
	uint8_t iv[IV_MAX];	/* fixed part; of TLS 1.0's CBC the next one */
};

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
	uint8_t block[2 * (MAC_MAX + KEY_MAX + IV_MAX)];
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
	uint8_t key[KEY_MAX], iv[12];
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

static void
put_be64(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (56 - 8 * i));
}

/* Sequence number, type, version, length. */
static void
put_pseudo_header(const struct tls_crypt *c, const uint8_t *header,
    size_t len, uint8_t out[static 13])
{
	put_be64(out, c->seq);
	memcpy(out + 8, header, 3);
	out[11] = (uint8_t)(len >> 8);
	out[12] = (uint8_t)len;
}

static void
put_nonce(const struct tls_crypt *c, uint8_t nonce[static 12])
{
	uint8_t seq[8];

	put_be64(seq, c->seq);
	memcpy(nonce, c->iv, 12);
	for (int i = 0; i < 8; i++)
		nonce[4 + i] ^= seq[i];
}

/* Takes the tag off the end of in. */
static bool
decrypt_aead(struct tls_crypt *c, const uint8_t *nonce, struct span aad,
    struct span in, uint8_t *out)
{
	const uint8_t *tag = in.p + in.len - c->suite.tag_len;
	int n, len = (int)(in.len - c->suite.tag_len);
	bool ccm = c->suite.mode == TLS_MODE_CCM;
	EVP_CIPHER_CTX *x = c->cipher;

	if (ccm && (EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_SET_TAG,
	    c->suite.tag_len, (void *)tag) <= 0))
		return false;
	if (!EVP_DecryptInit_ex2(x, NULL, NULL, nonce, NULL) ||
	    (ccm && !EVP_DecryptUpdate(x, NULL, &n, NULL, len)) ||
	    (aad.len && !EVP_DecryptUpdate(x, NULL, &n, aad.p, (int)aad.len)))
		return false;
	/* CCM checks here, the others at the end. */
	if (EVP_DecryptUpdate(x, out, &n, in.p, len) <= 0)
		return false;
	return ccm || (EVP_CIPHER_CTX_ctrl(x, EVP_CTRL_AEAD_SET_TAG,
	    c->suite.tag_len, (void *)tag) > 0 &&
	    EVP_DecryptFinal_ex(x, out + n, &n) > 0);
}

static int
open_aead(struct tls_crypt *c, const uint8_t *header, struct span in,
    uint8_t *out, size_t *ret_len)
{
	bool is_13 = tls_is_13(c->suite.version);
	size_t explicit_len = !is_13 && c->suite.mode != TLS_MODE_CHACHA ? 8 : 0;
	uint8_t nonce[12], pseudo[13];
	struct span aad = { pseudo, sizeof(pseudo) };
	size_t len;

	if (in.len < explicit_len + c->suite.tag_len)
		return ERR_MALFORMED;
	len = in.len - explicit_len - c->suite.tag_len;
	if (explicit_len) {
		memcpy(nonce, c->iv, 4);
		memcpy(nonce + 4, in.p, 8);
		in.p += 8;
		in.len -= 8;
	} else {
		put_nonce(c, nonce);
	}
	put_pseudo_header(c, header, len, pseudo);
	if (is_13)
		aad = (struct span){ header, 5 };
	if (c->suite.version >> 8 == 0x7f && c->suite.version < 0x7f19)
		aad.len = 0;
	if (!decrypt_aead(c, nonce, aad, in, out))
		return ERR_MALFORMED;
	*ret_len = len;
	return 0;
}

static bool
mac_is(struct tls_crypt *c, const uint8_t *header, struct span data,
    const uint8_t *mac)
{
	uint8_t pseudo[13], got[MAC_MAX];
	size_t n = 0;

	if (c->suite.version == 0x0300)
		return ssl3_mac(c->suite.mac, c->mac_key, c->seq, header[0],
		    data, got) == 0 &&
		    CRYPTO_memcmp(got, mac, c->suite.mac_len) == 0;
	put_pseudo_header(c, header, data.len, pseudo);
	return EVP_MAC_init(c->mac, NULL, 0, NULL) &&
	    EVP_MAC_update(c->mac, pseudo, sizeof(pseudo)) &&
	    EVP_MAC_update(c->mac, data.p, data.len) &&
	    EVP_MAC_final(c->mac, got, &n, sizeof(got)) &&
	    n == c->suite.mac_len && CRYPTO_memcmp(got, mac, n) == 0;
}

/* The length without padding; SIZE_MAX if the padding is wrong. SSL 3 says
 * nothing of what the padding holds. */
static size_t
unpad(const struct tls_suite *s, const uint8_t *p, size_t len)
{
	size_t pad = len ? p[len - 1] : 0;

	if (pad + 1 > len)
		return SIZE_MAX;
	if (s->version == 0x0300)
		return pad < s->block_len ? len - 1 - pad : SIZE_MAX;
	for (size_t i = len - 1 - pad; i < len; i++)
		if (p[i] != pad)
			return SIZE_MAX;
	return len - 1 - pad;
}

static int
open_cbc(struct tls_crypt *c, const uint8_t *header, struct span in,
    uint8_t *out, size_t *ret_len)
{
	const struct tls_suite *s = &c->suite;
	bool own_iv = s->version >= 0x0302;
	const uint8_t *iv = c->iv, *last;
	size_t block = s->block_len, len;
	int n;

	if (s->encrypt_then_mac) {
		if (in.len < s->mac_len)
			return ERR_MALFORMED;
		in.len -= s->mac_len;
		if (!mac_is(c, header, in, in.p + in.len))
			return ERR_MALFORMED;
	}
	if (in.len % block || in.len < block * (1 + own_iv))
		return ERR_MALFORMED;
	last = in.p + in.len - block;
	if (own_iv) {
		iv = in.p;
		in.p += block;
		in.len -= block;
	}
	if (!EVP_DecryptInit_ex2(c->cipher, NULL, NULL, iv, NULL) ||
	    !EVP_DecryptUpdate(c->cipher, out, &n, in.p, (int)in.len))
		return ERR_MALFORMED;
	len = unpad(s, out, in.len);
	if (len == SIZE_MAX)
		return ERR_MALFORMED;
	if (!s->encrypt_then_mac) {
		if (len < s->mac_len)
			return ERR_MALFORMED;
		len -= s->mac_len;
		if (!mac_is(c, header, (struct span){ out, len }, out + len))
			return ERR_MALFORMED;
	}
	if (!own_iv)
		memcpy(c->iv, last, block);
	*ret_len = len;
	return 0;
}

static int
open_null(struct tls_crypt *c, const uint8_t *header, struct span in,
    uint8_t *out, size_t *ret_len)
{
	if (in.len < c->suite.mac_len)
		return ERR_MALFORMED;
	in.len -= c->suite.mac_len;
	if (!mac_is(c, header, in, in.p + in.len))
		return ERR_MALFORMED;
	if (in.len)
		memcpy(out, in.p, in.len);
	*ret_len = in.len;
	return 0;
}

/* The key stream moves on only under what is authentic. */
static int
open_rc4(struct tls_crypt *c, const uint8_t *header, struct span in,
    uint8_t *out, size_t *ret_len)
{
	struct tls_rc4 next = c->rc4;
	size_t len = in.len - c->suite.mac_len;

	if (in.len < c->suite.mac_len)
		return ERR_MALFORMED;
	tls_rc4_run(&next, in.p, out, in.len);
	if (!mac_is(c, header, (struct span){ out, len }, out + len))
		return ERR_MALFORMED;
	c->rc4 = next;
	*ret_len = len;
	return 0;
}

int
tls_crypt_open(struct tls_crypt *c, const uint8_t header[static 5],
    struct span in, uint8_t *out, size_t *ret_len)
{
	int err;

	if (in.len > TLS_PLAIN_MAX)
		return ERR_MALFORMED;
	if (c->suite.mode == TLS_MODE_CBC)
		err = open_cbc(c, header, in, out, ret_len);
	else if (c->suite.mode == TLS_MODE_RC4)
		err = open_rc4(c, header, in, out, ret_len);
	else if (c->suite.mode == TLS_MODE_NULL)
		err = open_null(c, header, in, out, ret_len);
	else
		err = open_aead(c, header, in, out, ret_len);
	if (err)
		ERR_clear_error();
	else
		c->seq++;
	return err;
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
