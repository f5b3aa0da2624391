/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_TLOG_H
#define EVIDENCE_TLOG_H

#include "evidence/log/tlog_hash.h"

/*
 * An RFC 6962 Merkle tree that grows by one leaf at a time and is kept in C2SP
 * tiles (c2sp.org/tlog-tiles): a tile of level L holds up to 256 hashes, each
 * the root of 256^L leaves. Only the tile being filled at each level is in
 * memory, 64 KiB in all, however many leaves there are. The recorder uses it
 * to write tiles, the verifier to make them again and compare.
 */

#define TLOG_TILE_WIDTH	256u
#define TLOG_LEVELS	8u	/* 256^8 leaves */
#define TLOG_PROOF_MAX	64u	/* hashes of an inclusion proof */
#define TLOG_PATH_MAX	64u	/* a tile's path and its NUL */

/* A tile: 1 to 256 hashes one after the other; a full one is final. A negative
 * code ends the call that led to it. */
typedef int (*tlog_tile_fn)(void *arg, unsigned level, uint64_t index,
    unsigned width, const uint8_t *hashes);

struct tlog {
	uint64_t size;			/* leaves */
	struct tlog_hasher hasher;
	tlog_tile_fn on_tile;		/* may be NULL */
	void *arg;
	uint8_t tiles[TLOG_LEVELS][TLOG_TILE_WIDTH * TLOG_HASH_LEN];
};

/* 0 or -ENOMEM. */
int tlog_init(struct tlog *t, tlog_tile_fn on_tile, void *arg) must_check;
void tlog_clear(struct tlog *t);

/* Adds a leaf by its hash. */
int tlog_append(struct tlog *t, const uint8_t leaf[static 32]) must_check;

/* Hands out the tiles that are not full, as they stand now. */
int tlog_flush(struct tlog *t) must_check;

/* The root of the leaves so far; that of none is SHA-256 of nothing. */
void tlog_root(struct tlog *t, uint8_t ret_root[static 32]);

/* Where a tile is stored: "tile/0/x001/x234/067", "tile/1/000.p/17". */
void tlog_tile_path(unsigned level, uint64_t index, unsigned width,
    char ret_path[static TLOG_PATH_MAX]);

/* The hash of that place in that level, in a tree of stored tiles. */
typedef int (*tlog_read_fn)(void *arg, unsigned level, uint64_t index,
    uint8_t ret_hash[static 32]);

/*
 * tlog_prove - the inclusion proof of leaf index in the tree of the first size
 * leaves, as it goes from the leaf to the root: at most TLOG_PROOF_MAX hashes.
 * Returns how many, or a negative code: -EINVAL if index >= size.
 */
int tlog_prove(struct tlog_hasher *h, tlog_read_fn read, void *arg,
    uint64_t index, uint64_t size, uint8_t (*ret_proof)[TLOG_HASH_LEN])
    must_check;

/* The root of the first size leaves, one or more, of a tree of stored tiles. */
int tlog_root_at(struct tlog_hasher *h, tlog_read_fn read, void *arg,
    uint64_t size, uint8_t ret_root[static 32]) must_check;

/* The root that leaf and proof lead to; ERR_MALFORMED if the proof does not
 * have the length that index and size ask for. */
int tlog_follow(struct tlog_hasher *h, const uint8_t leaf[static 32],
    uint64_t index, uint64_t size, const uint8_t (*proof)[TLOG_HASH_LEN],
    size_t count, uint8_t ret_root[static 32]) must_check;

#endif
