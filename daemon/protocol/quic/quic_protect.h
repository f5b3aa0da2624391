/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_PROTECT_H
#define PROTOCOL_QUIC_PROTECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/*
 * QUIC's packet protection (RFC 9001, RFC 9369) undone on libcrypto: keys out of
 * secrets, header protection, AEAD. Used by the QUIC layer; keys and state are in
 * the caller's storage.
 */

#define QUIC_V1			0x00000001u
#define QUIC_V2			0x6b3343cfu
#define QUIC_V2_DRAFT		0x709a50c4u	/* ngtcp2's before the RFC */
#define QUIC_T050		0x54303530u	/* Google's, with TLS */
#define QUIC_T051		0x54303531u
#define QUIC_Q050		0x51303530u	/* and without */
#define QUIC_Q046		0x51303436u
#define QUIC_CID_MAX		20
#define QUIC_SECRET_MAX		48
#define QUIC_TOKEN_LEN		16	/* of a stateless reset */
#define QUIC_SAMPLE_LEN		16
#define QUIC_TAG_LEN		16

/* Packet types and labels of RFC 9369. */
static inline bool
quic_is_v2(uint32_t version)
{
	return version == QUIC_V2 || version == QUIC_V2_DRAFT;
}

enum quic_suite {
	QUIC_AES_128_GCM,	/* TLS 0x1301; SHA-256 */
	QUIC_AES_256_GCM,	/* TLS 0x1302; SHA-384 */
	QUIC_CHACHA20_POLY1305,	/* TLS 0x1303; SHA-256 */
	QUIC_SUITE_COUNT,
};

/* Of one sender at one level. */
struct quic_keys {
	uint8_t suite;		/* enum quic_suite */
	uint8_t key[32], hp[32], iv[12];
};

/* The suite of a TLS cipher, QUIC_SUITE_COUNT if none. */
enum quic_suite quic_suite_of(uint16_t cipher);

/* The length of its secrets. */
size_t quic_secret_len(enum quic_suite suite);

/* What a secret of that suite gives, in a version of QUIC. */
int quic_keys_derive(enum quic_suite suite, uint32_t version,
    const uint8_t *secret, struct quic_keys *ret_keys) must_check;

/* The secret after a key update; ret_secret may be secret. */
int quic_secret_update(enum quic_suite suite, uint32_t version,
    const uint8_t *secret, uint8_t *ret_secret) must_check;

/* Keys of Initial packets: dcid is the destination connection ID of the client's
 * first one. ERR_UNSUPPORTED for versions whose salt is not known. */
int quic_keys_initial(uint32_t version, struct span dcid, bool client,
    struct quic_keys *ret_keys) must_check;

/*
 * libcrypto's state between packets, so that it is not made anew for each: of
 * any keys, but cheap only while they stay the same. All zero is empty.
 */
struct quic_crypt {
	struct evp_cipher_ctx_st *mask, *aead;
	bool has_mask, has_aead;	/* they are set up with these: */
	uint8_t mask_suite, aead_suite;
	uint8_t hp[32], key[32];
};

void quic_crypt_clear(struct quic_crypt *x);

struct quic_header {
	uint8_t first;		/* without protection */
	uint8_t pn_len;
	uint64_t pn;
};

/*
 * quic_unprotect_header - packet: one packet, pn_offset: where its packet
 * number stands, next_pn: the one expected. ERR_TRUNCATED if it is too short.
 */
int quic_unprotect_header(struct quic_crypt *x, const struct quic_keys *k,
    struct span packet, size_t pn_offset, uint64_t next_pn, struct quic_header *ret) must_check;

/*
 * quic_open - decrypts the payload behind the packet number into ret_plain,
 * which has room for packet.len. ERR_MALFORMED if it is not authentic.
 */
int quic_open(struct quic_crypt *x, const struct quic_keys *k,
    struct span packet, size_t pn_offset, const struct quic_header *header, uint8_t *ret_plain,
    size_t *ret_plain_len) must_check;

#endif
