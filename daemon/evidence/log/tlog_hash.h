/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_TLOG_HASH_H
#define EVIDENCE_TLOG_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * SHA-256 for the evidence: of files, of a log's leaves and nodes, and keyed
 * for nonces. The library's low-level functions are called: its newer ones take as
 * long to set up as to hash a short line. A failure of the library latches,
 * and every digest is zeros from then on.
 */

#define TLOG_HASH_LEN	32
#define TLOG_SALT_LEN	32
#define TLOG_NONCE_LEN	16

/* The library's state of one SHA-256; room enough is checked in tlog_hash.c. */
struct tlog_sha256 {
	uint64_t room[14];
};

struct tlog_hasher {
	struct tlog_sha256 state;
	bool failed;
	/* of the salt that nonces were last made with */
	bool keyed;
	uint8_t salt[TLOG_SALT_LEN];
	struct tlog_sha256 inner, outer;
};

/* 0 or -ENOMEM. */
int tlog_hasher_init(struct tlog_hasher *h) must_check;
void tlog_hasher_clear(struct tlog_hasher *h);

void tlog_hash_begin(struct tlog_hasher *h);
void tlog_hash_add(struct tlog_hasher *h, const void *data, size_t len);
/* To two hashes at once: see base/sha256_pair.h. */
void tlog_hash_pair(struct tlog_hasher *a, const void *a_data, size_t a_len,
    struct tlog_hasher *b, const void *b_data, size_t b_len);
/* By somebody else, who has a hash of its own to go beside; false: it failed. */
struct SHA256state_st;
typedef bool (*tlog_hash_fn)(void *arg, struct SHA256state_st *hash,
    const void *data, size_t len);
void tlog_hash_with(struct tlog_hasher *h, tlog_hash_fn fn, void *arg,
    const void *data, size_t len);
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
