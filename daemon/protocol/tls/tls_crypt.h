/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_TLS_CRYPT_H
#define PROTOCOL_TLS_CRYPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/*
 * The protection of TLS records, 1.0 to 1.3, on libcrypto: keys from secrets,
 * and records opened. One struct tls_crypt is one direction under one key; its
 * contexts are made once. Used on the shard's thread.
 */
struct tls_crypt;

enum tls_mode {
	TLS_MODE_GCM,
	TLS_MODE_CCM,
	TLS_MODE_CHACHA,
	TLS_MODE_CBC,
	TLS_MODE_RC4,
	TLS_MODE_NULL,
};

struct tls_suite {
	const char *cipher;	/* libcrypto's name, NULL for none */
	const char *mac;	/* digest of HMAC, NULL with AEAD */
	const char *prf;	/* digest of the PRF and of HKDF */
	uint8_t mode;		/* enum tls_mode */
	uint8_t key_len, mac_len, tag_len, block_len;
	uint8_t iv_len;		/* what the key block holds of it */
	uint16_t version;
	bool encrypt_then_mac;
};

#define TLS_PLAIN_MAX	(16384 + 2048)

/* ERR_UNSUPPORTED for suites that neither libcrypto nor telltap knows (SEED,
 * export suites, ...). */
int tls_suite_find(uint16_t version, uint16_t cipher, bool encrypt_then_mac,
    struct tls_suite *ret) must_check;

/* The key of a side under TLS 1.0 to 1.2. NULL if memory is out. */
struct tls_crypt *tls_crypt_new12(const struct tls_suite *suite,
    struct span master, const uint8_t *client_random,
    const uint8_t *server_random, bool server);

/* The key that a traffic secret of TLS 1.3 stands for. */
struct tls_crypt *tls_crypt_new13(const struct tls_suite *suite,
    struct span secret);

/* The next traffic secret after a KeyUpdate, in place. */
int tls_secret_update(const struct tls_suite *suite, uint8_t *secret,
    size_t len) must_check;

void tls_crypt_free(struct tls_crypt *c);

/*
 * tls_crypt_open - header: the record's five bytes, in: its body. out has room
 * for TLS_PLAIN_MAX bytes. Returns 0 and the next record's number is expected;
 * ERR_MALFORMED if it is not authentic, and nothing changes.
 */
int tls_crypt_open(struct tls_crypt *c, const uint8_t header[static 5],
    struct span in, uint8_t *out, size_t *ret_len) must_check;

/* The record was damaged: goes behind it, also where each needs those before. */
void tls_crypt_pass(struct tls_crypt *c, struct span in);

/* The number of the record expected next; records may have been lost. */
uint64_t tls_crypt_number(const struct tls_crypt *c);
void tls_crypt_expect(struct tls_crypt *c, uint64_t number);
/* False for CBC of TLS 1.0 and for RC4, where each record needs those before. */
bool tls_crypt_can_skip(const struct tls_crypt *c);
/* Bytes that protection adds at least. */
size_t tls_crypt_overhead(const struct tls_crypt *c);

#endif
