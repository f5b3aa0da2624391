/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_TLOG_HASH_H
#define EVIDENCE_TLOG_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * SHA-256 for the evidence: of files, of a log's leaves and nodes, and keyed
 * for nonces. One hasher is set up once and used again for every value, because
 * setting up costs more than hashing a line. A failure of the library latches,
 * and every digest is zeros from then on.
 */

#define TLOG_HASH_LEN	32
#define TLOG_SALT_LEN	32
#define TLOG_NONCE_LEN	16

struct tlog_hasher {
	void *ctx;
	bool failed;
};

/* 0 or -ENOMEM. */
int tlog_hasher_init(struct tlog_hasher *h) must_check;
void tlog_hasher_clear(struct tlog_hasher *h);

void tlog_hash_begin(struct tlog_hasher *h);
void tlog_hash_add(struct tlog_hasher *h, const void *data, size_t len);
void tlog_hash_end(struct tlog_hasher *h, uint8_t ret_hash[static 32]);

/* RFC 6962: SHA-256(0x00 || data) and SHA-256(0x01 || left || right). ret_hash
 * may be left or right. */
void tlog_hash_leaf(struct tlog_hasher *h, const void *data, size_t len,
    uint8_t ret_hash[static 32]);
void tlog_hash_node(struct tlog_hasher *h, const uint8_t left[static 32],
    const uint8_t right[static 32], uint8_t ret_hash[static 32]);

/* A line's nonce: the first 16 bytes of HMAC-SHA256, keyed with the case's
 * salt, of the sequence number in decimal ASCII. */
void tlog_nonce(struct tlog_hasher *h, const uint8_t salt[static 32],
    uint64_t sequence, uint8_t ret_nonce[static 16]);

#endif
