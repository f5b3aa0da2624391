// SPDX-License-Identifier: Apache-2.0
#include "protocol/quic/quic_protect.h"

#include <errno.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/cursor.h"

#define HASH_MAX	48
#define IV_LEN		12
#define LABEL_MAX	32

struct suite {
	uint16_t cipher;
	uint8_t key_len, hash_len;
};

static const struct suite suites[QUIC_SUITE_COUNT] = {
	[QUIC_AES_128_GCM] = { 0x1301, 16, 32 },
	[QUIC_AES_256_GCM] = { 0x1302, 32, 48 },
	[QUIC_CHACHA20_POLY1305] = { 0x1303, 32, 32 },
};

enum quic_suite
quic_suite_of(uint16_t cipher)
{
	unsigned i = 0;

	while (i < QUIC_SUITE_COUNT && suites[i].cipher != cipher)
		i++;
	return (enum quic_suite)i;
}

size_t
quic_secret_len(enum quic_suite suite)
{
	return suites[suite].hash_len;
}

static int
hmac(size_t hash_len, const uint8_t *key, size_t key_len, const uint8_t *data,
    size_t len, uint8_t *ret)
{
	return HMAC(hash_len == 48 ? EVP_sha384() : EVP_sha256(), key,
	    (int)key_len, data, len, ret, NULL) ? 0 : -ENOMEM;
}

/* HKDF-Expand-Label (RFC 8446, 7.1) without context, for one block at most. */
static int
expand_label(size_t hash_len, const uint8_t *secret, const char *label,
    size_t want, uint8_t *ret)
{
	uint8_t info[4 + 6 + LABEL_MAX + 1], block[HASH_MAX];
	size_t label_len = strlen(label), n = 0;
	int rc;

	info[n++] = 0;
	info[n++] = (uint8_t)want;
	info[n++] = (uint8_t)(6 + label_len);
	memcpy(info + n, "tls13 ", 6);
	n += 6;
	memcpy(info + n, label, label_len);
	n += label_len;
	info[n++] = 0;
	info[n++] = 1;
	rc = hmac(hash_len, secret, hash_len, info, n, block);
	if (rc == 0)
		memcpy(ret, block, want);
	return rc;
}

int
quic_keys_derive(enum quic_suite suite, uint32_t version,
    const uint8_t *secret, struct quic_keys *ret_keys)
{
	bool v2 = quic_is_v2(version);
	size_t hash_len = suites[suite].hash_len;
	size_t key_len = suites[suite].key_len;
	struct quic_keys keys = { .suite = (uint8_t)suite };
	int rc;

	rc = expand_label(hash_len, secret, v2 ? "quicv2 key" : "quic key",
	    key_len, keys.key);
	if (rc == 0)
		rc = expand_label(hash_len, secret, v2 ? "quicv2 iv" :
		    "quic iv", IV_LEN, keys.iv);
	if (rc == 0)
		rc = expand_label(hash_len, secret, v2 ? "quicv2 hp" :
		    "quic hp", key_len, keys.hp);
	if (rc == 0)
		*ret_keys = keys;
	return rc;
}

int
quic_secret_update(enum quic_suite suite, uint32_t version,
    const uint8_t *secret, uint8_t *ret_secret)
{
	size_t hash_len = suites[suite].hash_len;

	return expand_label(hash_len, secret, quic_is_v2(version) ?
	    "quicv2 ku" : "quic ku", hash_len, ret_secret);
}

static const uint8_t *
salt_of(uint32_t version)
{
	static const uint8_t v1[] = {
		0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
		0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a,
	}, v2[] = {
		0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
		0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9,
	}, v2_draft[] = {
		0xa7, 0x07, 0xc2, 0x03, 0xa5, 0x9b, 0x47, 0x18, 0x4a, 0x1d,
		0x62, 0xca, 0x57, 0x04, 0x06, 0xea, 0x7a, 0xe3, 0xe5, 0xd3,
	}, draft29[] = {
		0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
		0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99,
	}, draft23[] = {
		0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
		0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02,
	}, t050[] = {	/* Google's, with TLS; and without */
		0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80,
		0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c, 0x60, 0x48, 0x83, 0x10,
	}, t051[] = {
		0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50,
		0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc, 0xda, 0x6e, 0x03, 0x3d,
	}, q050[] = {
		0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94,
		0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0, 0xd3, 0xb5, 0x6b, 0x45,
	};

	if (version == QUIC_V1 || version == 0xff000021 ||
	    version == 0xff000022)
		return v1;
	if (version == QUIC_V2)
		return v2;
	if (version == QUIC_V2_DRAFT)
		return v2_draft;
	if (version >= 0xff00001d && version <= 0xff000020)
		return draft29;
	/* mvfst: draft 27 */
	if ((version >= 0xff000017 && version <= 0xff00001c) ||
	    version == 0xfaceb002)
		return draft23;
	if (version == QUIC_T050)
		return t050;
	if (version == QUIC_T051)
		return t051;
	if (version == QUIC_Q050)
		return q050;
	return NULL;
}

int
quic_keys_initial(uint32_t version, struct span dcid, bool client,
    struct quic_keys *ret_keys)
{
	const uint8_t *salt = salt_of(version);
	uint8_t initial[32], secret[32];
	int rc;

	if (!salt)
		return ERR_UNSUPPORTED;
	rc = hmac(32, salt, 20, dcid.p, dcid.len, initial);
	if (rc == 0)
		rc = expand_label(32, initial, client ? "client in" :
		    "server in", 32, secret);
	if (rc == 0)
		rc = quic_keys_derive(QUIC_AES_128_GCM, version, secret,
		    ret_keys);
	return rc;
}

void
quic_crypt_clear(struct quic_crypt *x)
{
	EVP_CIPHER_CTX_free(x->mask);
	EVP_CIPHER_CTX_free(x->aead);
	*x = (struct quic_crypt){ 0 };
}

static const EVP_CIPHER *
mask_cipher(uint8_t suite)
{
	switch (suite) {
	case QUIC_AES_128_GCM:
		return EVP_aes_128_ecb();
	case QUIC_AES_256_GCM:
		return EVP_aes_256_ecb();
	default:
		return EVP_chacha20();
	}
}

/* The key is in place, and no more to be set up. */
static bool
begin_mask(struct quic_crypt *x, const struct quic_keys *k)
{
	if (x->has_mask && x->mask_suite == k->suite &&
	    !memcmp(x->hp, k->hp, sizeof(x->hp)))
		return true;
	if (!x->mask)
		x->mask = EVP_CIPHER_CTX_new();
	x->has_mask = x->mask && EVP_EncryptInit_ex(x->mask,
	    mask_cipher(k->suite), NULL, k->hp, NULL);
	x->mask_suite = k->suite;
	memcpy(x->hp, k->hp, sizeof(x->hp));
	return x->has_mask;
}

/* Five bytes of mask from a sample of the ciphertext (RFC 9001, 5.4). */
static int
header_mask(struct quic_crypt *x, const struct quic_keys *k,
    const uint8_t *sample, uint8_t ret_mask[static 16])
{
	static const uint8_t zero[5];
	int ok, len;

	ok = begin_mask(x, k);
	if (ok && k->suite == QUIC_CHACHA20_POLY1305)
		ok = EVP_EncryptInit_ex(x->mask, NULL, NULL, NULL, sample) &&
		    EVP_EncryptUpdate(x->mask, ret_mask, &len, zero, 5);
	else if (ok)
		ok = EVP_EncryptUpdate(x->mask, ret_mask, &len, sample, 16);
	return ok ? 0 : -ENOMEM;
}

/* The number nearest to the expected one that ends in these bytes (RFC 9000,
 * A.3). */
static uint64_t
full_pn(uint64_t next_pn, uint64_t cut, unsigned pn_len)
{
	uint64_t window = 1ull << 8 * pn_len, half = window / 2;
	uint64_t pn = (next_pn & ~(window - 1)) | cut;

	if (pn + half <= next_pn && pn < (1ull << 62) - window)
		return pn + window;
	if (pn > next_pn + half && pn >= window)
		return pn - window;
	return pn;
}

int
quic_unprotect_header(struct quic_crypt *x, const struct quic_keys *k,
    struct span packet, size_t pn_offset, uint64_t next_pn, struct quic_header *ret)
{
	struct cursor c = cur_init(packet.p, packet.len);
	uint8_t mask[16];
	const uint8_t *pn, *sample;
	uint64_t cut = 0;
	uint8_t first;
	int rc;

	first = cur_u8(&c);
	if (pn_offset < 1)
		return ERR_TRUNCATED;
	cur_skip(&c, pn_offset - 1);
	pn = cur_bytes(&c, 4);
	sample = cur_bytes(&c, QUIC_SAMPLE_LEN);
	if (cur_failed(&c))
		return ERR_TRUNCATED;
	rc = header_mask(x, k, sample, mask);
	if (rc)
		return rc;
	ret->first = first ^ (mask[0] & (first & 0x80 ? 0x0f : 0x1f));
	ret->pn_len = (ret->first & 3) + 1;
	for (unsigned i = 0; i < ret->pn_len; i++)
		cut = cut << 8 | (uint8_t)(pn[i] ^ mask[1 + i]);
	ret->pn = full_pn(next_pn, cut, ret->pn_len);
	return 0;
}

static const EVP_CIPHER *
aead_of(enum quic_suite suite)
{
	switch (suite) {
	case QUIC_AES_128_GCM:
		return EVP_aes_128_gcm();
	case QUIC_AES_256_GCM:
		return EVP_aes_256_gcm();
	default:
		return EVP_chacha20_poly1305();
	}
}

static bool
begin_aead(struct quic_crypt *x, const struct quic_keys *k)
{
	if (x->has_aead && x->aead_suite == k->suite &&
	    !memcmp(x->key, k->key, sizeof(x->key)))
		return true;
	if (!x->aead)
		x->aead = EVP_CIPHER_CTX_new();
	x->has_aead = x->aead && EVP_DecryptInit_ex(x->aead,
	    aead_of((enum quic_suite)k->suite), NULL, k->key, NULL);
	x->aead_suite = k->suite;
	memcpy(x->key, k->key, sizeof(x->key));
	return x->has_aead;
}

int
quic_open(struct quic_crypt *x, const struct quic_keys *k,
    struct span packet, size_t pn_offset, const struct quic_header *header, uint8_t *ret_plain,
    size_t *ret_plain_len)
{
	struct cursor c = cur_init(packet.p, packet.len);
	uint8_t nonce[IV_LEN], pn[4], tag[QUIC_TAG_LEN];
	const uint8_t *middle, *sealed;
	size_t sealed_len;
	int ok, len = 0, last = 0;

	cur_skip(&c, 1);
	middle = cur_bytes(&c, pn_offset - 1);
	cur_skip(&c, header->pn_len);
	if (cur_failed(&c) || cur_left(&c) < QUIC_TAG_LEN)
		return ERR_TRUNCATED;
	sealed_len = cur_left(&c) - QUIC_TAG_LEN;
	sealed = cur_bytes(&c, sealed_len);
	cur_copy(&c, tag, sizeof(tag));
	memcpy(nonce, k->iv, sizeof(nonce));
	for (unsigned i = 0; i < 8; i++)
		nonce[IV_LEN - 1 - i] ^= (uint8_t)(header->pn >> 8 * i);
	for (unsigned i = 0; i < header->pn_len; i++)
		pn[i] = (uint8_t)(header->pn >> 8 * (header->pn_len - 1 - i));
	if (!begin_aead(x, k))
		return -ENOMEM;
	ok = EVP_DecryptInit_ex(x->aead, NULL, NULL, NULL, nonce) &&
	    EVP_DecryptUpdate(x->aead, NULL, &len, &header->first, 1) &&
	    EVP_DecryptUpdate(x->aead, NULL, &len, middle,
		(int)(pn_offset - 1)) &&
	    EVP_DecryptUpdate(x->aead, NULL, &len, pn, header->pn_len) &&
	    EVP_DecryptUpdate(x->aead, ret_plain, &len, sealed,
		(int)sealed_len) &&
	    EVP_CIPHER_CTX_ctrl(x->aead, EVP_CTRL_AEAD_SET_TAG, QUIC_TAG_LEN,
		tag) &&
	    EVP_DecryptFinal_ex(x->aead, ret_plain + len, &last) > 0;
	if (!ok)
		return ERR_MALFORMED;
	*ret_plain_len = (size_t)(len + last);
	return 0;
}
