/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_QUIC_BUILD_H
#define TESTS_QUIC_BUILD_H

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "protocol/quic/quic_protect.h"

/* Writes and seals QUIC packets, for tests of what opens them. */

static inline void
quic_put_varint(struct buf *b, uint64_t v)
{
	unsigned width = v < 1 << 6 ? 0 : v < 1 << 14 ? 1 : v < 1 << 30 ? 2 : 3;

	for (unsigned i = 1u << width; i--;)
		buf_u8(b, (uint8_t)((uint8_t)(v >> 8 * i) |
		    (i + 1 == 1u << width ? width << 6 : 0)));
}

static inline void
quic_put_crypto(struct buf *b, uint64_t offset, const void *data, size_t len)
{
	buf_u8(b, 6);
	quic_put_varint(b, offset);
	quic_put_varint(b, len);
	buf_append(b, data, len);
}

/* Seals plain behind the header in packet, which ends in pn_len bytes of the
 * packet number pn; appends the result. AES-128-GCM. */
static inline void
quic_seal_cut(struct buf *packet, const struct quic_keys *k, uint32_t pn,
    size_t pn_len, const void *plain, size_t len)
{
	size_t header_len = packet->len;
	uint8_t nonce[12], mask[16], *at, *sample;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int n;

	memcpy(nonce, k->iv, 12);
	for (unsigned i = 0; i < 4; i++)
		nonce[11 - i] ^= (uint8_t)(pn >> 8 * i);
	at = buf_reserve(packet, len + 16);
	if (!c || !at || !EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL,
	    k->key, nonce) || !EVP_EncryptUpdate(c, NULL, &n, packet->data,
	    (int)header_len) || !EVP_EncryptUpdate(c, at, &n, plain, (int)len) ||
	    !EVP_EncryptFinal_ex(c, at + len, &n) ||
	    !EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, at + len))
		abort();
	packet->len += len + 16;
	sample = packet->data + header_len + 4 - pn_len;
	if (!EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, k->hp, NULL) ||
	    !EVP_EncryptUpdate(c, mask, &n, sample, 16))
		abort();
	packet->data[0] ^= mask[0] & (packet->data[0] & 0x80 ? 0x0f : 0x1f);
	for (unsigned i = 0; i < pn_len; i++)
		packet->data[header_len - pn_len + i] ^= mask[1 + i];
	EVP_CIPHER_CTX_free(c);
}

/* With all four bytes of the packet number. */
static inline void
quic_seal(struct buf *packet, const struct quic_keys *k, uint32_t pn,
    const void *plain, size_t len)
{
	quic_seal_cut(packet, k, pn, 4, plain, len);
}

/* What Initial packets say that their sender is to be sent to by. */
static const char *quic_source_id = "";

/* An Initial packet, appended to out. key_cid is the ID that its keys are of. */
static inline void
quic_put_initial(struct buf *out, uint32_t version, const char *key_cid,
    bool client, const char *dcid, uint32_t pn, const void *frames, size_t len)
{
	struct span cid = span_str(key_cid);
	struct quic_keys keys;
	struct buf packet = { 0 };

	if (quic_keys_initial(version, cid, client, &keys))
		abort();
	buf_u8(&packet, quic_is_v2(version) ? 0xd3 : 0xc3);
	for (int i = 24; i >= 0; i -= 8)
		buf_u8(&packet, (uint8_t)(version >> i));
	buf_u8(&packet, (uint8_t)strlen(dcid));
	buf_str(&packet, dcid);
	buf_u8(&packet, (uint8_t)strlen(quic_source_id));
	buf_str(&packet, quic_source_id);
	buf_u8(&packet, 0);			/* no token */
	quic_put_varint(&packet, 4 + len + 16);
	for (int i = 24; i >= 0; i -= 8)
		buf_u8(&packet, (uint8_t)(pn >> i));
	quic_seal(&packet, &keys, pn, frames, len);
	buf_append(out, packet.data, packet.len);
	buf_clear(&packet);
}

#endif
