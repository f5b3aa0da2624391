// SPDX-License-Identifier: Apache-2.0
#include "evidence/tlog_hash.h"

#include <errno.h>
#include <string.h>

#include <openssl/evp.h>

#define HMAC_BLOCK_LEN 64

int
tlog_hasher_init(struct tlog_hasher *h)
{
	EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);

	h->failed = false;
	h->ctx = md ? EVP_MD_CTX_new() : NULL;
	if (h->ctx && EVP_DigestInit_ex2(h->ctx, md, NULL) != 1)
		h->failed = true;
	EVP_MD_free(md);
	return h->ctx && !h->failed ? 0 : -ENOMEM;
}

void
tlog_hasher_clear(struct tlog_hasher *h)
{
	EVP_MD_CTX_free(h->ctx);
	h->ctx = NULL;
}

/* Without a digest the one of the last time is meant: nothing is looked up. */
void
tlog_hash_begin(struct tlog_hasher *h)
{
	if (EVP_DigestInit_ex2(h->ctx, NULL, NULL) != 1)
		h->failed = true;
}

void
tlog_hash_add(struct tlog_hasher *h, const void *data, size_t len)
{
	if (EVP_DigestUpdate(h->ctx, data, len) != 1)
		h->failed = true;
}

void
tlog_hash_end(struct tlog_hasher *h, uint8_t ret_hash[static 32])
{
	if (h->failed || EVP_DigestFinal_ex(h->ctx, ret_hash, NULL) != 1) {
		h->failed = true;
		memset(ret_hash, 0, TLOG_HASH_LEN);
	}
}

void
tlog_hash_leaf(struct tlog_hasher *h, const void *data, size_t len,
    uint8_t ret_hash[static 32])
{
	tlog_hash_begin(h);
	tlog_hash_add(h, "\0", 1);
	tlog_hash_add(h, data, len);
	tlog_hash_end(h, ret_hash);
}

void
tlog_hash_node(struct tlog_hasher *h, const uint8_t left[static 32],
    const uint8_t right[static 32], uint8_t ret_hash[static 32])
{
	uint8_t node[1 + 2 * TLOG_HASH_LEN] = { 1 };

	memcpy(node + 1, left, TLOG_HASH_LEN);
	memcpy(node + 1 + TLOG_HASH_LEN, right, TLOG_HASH_LEN);
	tlog_hash_begin(h);
	tlog_hash_add(h, node, sizeof(node));
	tlog_hash_end(h, ret_hash);
}

static void
begin_padded(struct tlog_hasher *h, const uint8_t salt[static 32], uint8_t pad)
{
	uint8_t block[HMAC_BLOCK_LEN];

	memset(block, pad, sizeof(block));
	for (size_t i = 0; i < TLOG_SALT_LEN; i++)
		block[i] ^= salt[i];
	tlog_hash_begin(h);
	tlog_hash_add(h, block, sizeof(block));
}

/* RFC 2104; the library's own sets itself up anew for every message. */
void
tlog_nonce(struct tlog_hasher *h, const uint8_t salt[static 32],
    uint64_t sequence, uint8_t ret_nonce[static 16])
{
	uint8_t hash[TLOG_HASH_LEN];
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + sequence % 10);
	} while (sequence /= 10);
	begin_padded(h, salt, 0x36);
	tlog_hash_add(h, digits + at, sizeof(digits) - at);
	tlog_hash_end(h, hash);
	begin_padded(h, salt, 0x5c);
	tlog_hash_add(h, hash, sizeof(hash));
	tlog_hash_end(h, hash);
	memcpy(ret_nonce, hash, TLOG_NONCE_LEN);
}
