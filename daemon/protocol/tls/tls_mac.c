// SPDX-License-Identifier: Apache-2.0
#include <string.h>
#include <openssl/crypto.h>

#include "protocol/tls/tls_crypt_modes.h"
#include "protocol/tls/tls_ssl3.h"

/*
 * Records that a MAC protects: under CBC, which may be within or outside of
 * it, under RC4, and in the clear.
 */
static bool
mac_is(struct tls_crypt *c, const uint8_t *header, struct span data,
    const uint8_t *mac)
{
	uint8_t pseudo[13], got[TLS_MAC_MAX];
	size_t n = 0;

	if (c->suite.version == 0x0300)
		return ssl3_mac(c->suite.mac, c->mac_key, c->seq, header[0],
		    data, got) == 0 &&
		    CRYPTO_memcmp(got, mac, c->suite.mac_len) == 0;
	tls_pseudo_header(c, header, data.len, pseudo);
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

int
tls_open_cbc(struct tls_crypt *c, const uint8_t *header, struct span in,
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

/* Of TLS 1.0 the next record begins with what this one ends with. */
void
tls_pass_cbc(struct tls_crypt *c, struct span in)
{
	const struct tls_suite *s = &c->suite;
	size_t mac_len = s->encrypt_then_mac ? s->mac_len : 0;

	if (s->version < 0x0302 && in.len >= mac_len + s->block_len)
		memcpy(c->iv, in.p + in.len - mac_len - s->block_len,
		    s->block_len);
}

int
tls_open_null(struct tls_crypt *c, const uint8_t *header, struct span in,
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
int
tls_open_rc4(struct tls_crypt *c, const uint8_t *header, struct span in,
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

void
tls_pass_rc4(struct tls_crypt *c, struct span in)
{
	uint8_t out[TLS_PLAIN_MAX];

	if (in.len <= sizeof(out))
		tls_rc4_run(&c->rc4, in.p, out, in.len);
}
