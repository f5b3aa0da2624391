/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_HASH_FINDER_H
#define CONTENT_HASH_FINDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "content/known/known_set.h"

/*
 * Finds the hashes of known files in bytes of no structure that we walk: in
 * text, as words of hex digits or base64; anywhere in the first mebibyte, as
 * raw bytes. Hashes of no known file are the business of fields.
 */

#define HASH_RAW_REACH	(1u << 20)
#define HASH_WORD_MAX	1024	/* longer words are not hashes */

struct scan_node;
struct hash_finder;

struct hash_finder *hash_finder_new(struct scan_node *n);
void hash_finder_free(struct hash_finder *f);
void hash_finder_data(struct hash_finder *f, const uint8_t *p, size_t len);
void hash_finder_gap(struct hash_finder *f, uint64_t len);
void hash_finder_end(struct hash_finder *f);

/* A word in hand, found at offset of the item: known hashes in it in hex or
 * base64 are entered with that path. True if there was one. */
bool hash_word(struct scan_node *n, struct span word, struct span path,
    uint64_t offset, bool lookup_place);

/* A known hash that is exactly these bytes. */
bool hash_known(struct scan_node *n, const uint8_t *p, size_t len,
    const char *encoding, struct span path, uint64_t offset, bool lookup_place);

/* Known hashes, also of parts of files, as raw bytes that v begins with. */
bool hash_raw_at(struct scan_node *n, struct span v, struct span path,
    uint64_t offset);

/* Such anywhere in v. */
bool hash_raw(struct scan_node *n, struct span v, struct span path,
    uint64_t offset);

/* Enters the hash, known (file >= 0) or not; false if it is the hash of
 * nothing, which does not count. */
bool hash_enter(struct scan_node *n, enum known_hash alg,
    const uint8_t *value, const char *encoding, long file, struct span path,
    uint64_t offset, bool lookup_place);

/* A hash of a part of a known file, or the first bytes, eight or more, of a known
 * hash: all of these bytes. */
bool hash_mark(struct scan_node *n, struct span bytes, const char *encoding,
    struct span path, uint64_t offset, bool lookup_place);

/* A hash of a part alone. */
bool hash_part(struct scan_node *n, struct span bytes, const char *encoding,
    struct span path, uint64_t offset, bool lookup_place);

/* A value that is nothing but a hash, in ways that words in a text are not:
 * as a UUID, or cut short. */
bool hash_value(struct scan_node *n, struct span value, struct span path,
    uint64_t offset, bool lookup_place);

/* A value that is a UUID, or of which the digits of each byte stand apart, as in
 * AA:BB and AA-BB. */
bool hash_uuid(struct scan_node *n, struct span value, struct span path,
    uint64_t offset, bool lookup_place);
bool hash_separated(struct scan_node *n, struct span value, struct span path,
    uint64_t offset, bool lookup_place);

/* Without the 0x before hex digits. */
struct span hash_without_0x(struct span s);

/* A TLSH that is that of a known file, or near it: a hint with its distance.
 * False: there is none. */
bool hash_tlsh(struct scan_node *n, const uint8_t *value, const char *encoding,
    struct span path, uint64_t offset, bool lookup_place);

/* What a field of that name says in weak values: CRC-32, TLSH, imphash. */
void hash_hint(struct scan_node *n, struct span key, struct span value,
    struct span path, uint64_t offset);

/* The labels of a host name, each and put together. */
bool hash_labels(struct scan_node *n, struct span name, struct span path);

/* The hash of no bytes at all, or how it begins. */
bool hash_is_of_nothing(struct span bytes);

/* Decoders for single values: length of the result, 0 if it is not one. */
size_t hex_decode(struct span s, uint8_t *ret_out, size_t max);
size_t base64_decode(struct span s, uint8_t *ret_out, size_t max);
/* Either; what it is in is told if it is in one. */
size_t value_decode(struct span s, uint8_t *ret_out, size_t max,
    const char **ret_encoding);

#endif
