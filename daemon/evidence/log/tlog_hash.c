// SPDX-License-Identifier: Apache-2.0
#define OPENSSL_SUPPRESS_DEPRECATED
#include "evidence/log/tlog_hash.h"

#include <string.h>

#include <openssl/sha.h>

#include "base/sha256_pair.h"

#define HMAC_BLOCK_LEN 64

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct tlog_sha256), "no room");

static SHA256_CTX *
sha256(struct tlog_sha256 *s)
{
	return (SHA256_CTX *)(void *)s;
}

int
tlog_hasher_init(struct tlog_hasher *h)
{
	memset(h, 0, sizeof(*h));
	tlog_hash_begin(h);
	return 0;
}

void
tlog_hasher_clear(struct tlog_hasher *h)
{
	memset(h, 0, sizeof(*h));
}

void
tlog_hash_begin(struct tlog_hasher *h)
{
	if (SHA256_Init(sha256(&h->state)) != 1)
		h->failed = true;
}

void
tlog_hash_add(struct tlog_hasher *h, const void *data, size_t len)
{
	if (SHA256_Update(sha256(&h->state), data, len) != 1)
		h->failed = true;
}

void
tlog_hash_pair(struct tlog_hasher *a, const void *a_data, size_t a_len,
    struct tlog_hasher *b, const void *b_data, size_t b_len)
{
	if (!sha256_pair_add(sha256(&a->state), a_data, a_len,
		sha256(&b->state), b_data, b_len))
		a->failed = b->failed = true;
}

void
tlog_hash_with(struct tlog_hasher *h, tlog_hash_fn fn, void *arg,
    const void *data, size_t len)
{
	if (!fn(arg, sha256(&h->state), data, len))
		h->failed = true;
}

void
tlog_hash_end(struct tlog_hasher *h, uint8_t ret_hash[static 32])
{
	if (h->failed || SHA256_Final(ret_hash, sha256(&h->state)) != 1) {
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

/* RFC 2104: both states that the key leads to are kept. */
static void
set_key(struct tlog_hasher *h, const uint8_t salt[static 32])
{
	begin_padded(h, salt, 0x36);
	h->inner = h->state;
	begin_padded(h, salt, 0x5c);
	h->outer = h->state;
	memcpy(h->salt, salt, TLOG_SALT_LEN);
	h->keyed = true;
}

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
	if (!h->keyed || memcmp(h->salt, salt, TLOG_SALT_LEN))
		set_key(h, salt);
	h->state = h->inner;
	tlog_hash_add(h, digits + at, sizeof(digits) - at);
	tlog_hash_end(h, hash);
	h->state = h->outer;
	tlog_hash_add(h, hash, sizeof(hash));
	tlog_hash_end(h, hash);
	memcpy(ret_nonce, hash, TLOG_NONCE_LEN);
}
