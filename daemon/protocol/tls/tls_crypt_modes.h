/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_TLS_CRYPT_MODES_H
#define PROTOCOL_TLS_CRYPT_MODES_H

#include <openssl/evp.h>

#include "protocol/tls/tls_crypt.h"
#include "protocol/tls/tls_rc4.h"

/*
 * What tls_crypt.c, which makes keys, shares with tls_aead.c and tls_mac.c,
 * which open records. Each opener gets the record's header and its body, and
 * gives what tls_crypt_open() does but for the count.
 */
#define TLS_KEY_MAX	32
#define TLS_IV_MAX	16
#define TLS_MAC_MAX	48

struct tls_crypt {
	struct tls_suite suite;
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *mac;
	uint64_t seq;
	struct tls_rc4 rc4;
	uint8_t mac_key[20];	/* of SSL 3 */
	uint8_t iv[TLS_IV_MAX];	/* fixed part; of TLS 1.0's CBC the next one */
};

int tls_open_aead(struct tls_crypt *c, const uint8_t *header, struct span in,
    uint8_t *out, size_t *ret_len) must_check;
int tls_open_cbc(struct tls_crypt *c, const uint8_t *header, struct span in,
    uint8_t *out, size_t *ret_len) must_check;
int tls_open_null(struct tls_crypt *c, const uint8_t *header, struct span in,
    uint8_t *out, size_t *ret_len) must_check;
int tls_open_rc4(struct tls_crypt *c, const uint8_t *header, struct span in,
    uint8_t *out, size_t *ret_len) must_check;

/* Behind a record that could not be opened. */
void tls_pass_cbc(struct tls_crypt *c, struct span in);
void tls_pass_rc4(struct tls_crypt *c, struct span in);

/* The additional data of TLS up to 1.2, and what its MACs begin with: sequence
 * number, type, version, length. */
static inline void
tls_pseudo_header(const struct tls_crypt *c, const uint8_t *header,
    size_t len, uint8_t out[static 13])
{
	for (int i = 0; i < 8; i++)
		out[i] = (uint8_t)(c->seq >> (56 - 8 * i));
	out[8] = header[0];
	out[9] = header[1];
	out[10] = header[2];
	out[11] = (uint8_t)(len >> 8);
	out[12] = (uint8_t)len;
}

#endif
