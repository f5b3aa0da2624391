/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_KNOWN_H
#define CONTENT_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "content/known/tlsh.h"

/*
 * The known files: what --known names, and later canaries and files that the
 * product has read. Filled before the first packet, sealed, and from then on
 * read by every thread without a lock.
 *
 * Two look-ups: by hash, and by content. Content is found through anchors:
 * positions that the bytes themselves choose, at least one in every run of 256
 * bytes (anchor_thin.h: of longer ones far into a large file), each keyed by a
 * hash of the bytes behind it. An anchor only proposes;
 * the file's own bytes, compared one by one, decide.
 */

enum known_hash {		/* by length */
	KNOWN_MD5,
	KNOWN_SHA1,
	KNOWN_SHA224,
	KNOWN_SHA256,
	KNOWN_SHA384,
	KNOWN_SHA512,
	KNOWN_HASH_COUNT,
	/* from here on hashes of parts of files, see known_derive.h; and
	 * values that are hints only: */
	KNOWN_CRC32 = 250,
	KNOWN_TLSH,
	KNOWN_IMPHASH,
	KNOWN_SSDEEP,
};

enum known_origin {
	KNOWN_USER,
	KNOWN_PRODUCT,
	KNOWN_CANARY,
};

#define KNOWN_HASH_MAX_LEN 64

struct known;

struct known_file {
	const char *name;	/* base name, or the manifest's; NUL-terminated */
	uint64_t size;		/* UINT64_MAX if only hashes are known */
	uint8_t hash[KNOWN_HASH_COUNT][KNOWN_HASH_MAX_LEN];
	uint8_t has_hash;	/* bit per enum known_hash */
	bool has_crc32;
	uint32_t crc32;
	bool has_tlsh;
	uint8_t tlsh[TLSH_LEN];
	uint8_t origin;		/* enum known_origin */
	bool has_content;	/* bytes can be compared */
};

struct known *known_new(void);
void known_free(struct known *k);

/* A sealed set lives until everyone who shares it has freed it. */
const struct known *known_share(const struct known *k);

/*
 * known_grow - a new set that begins with all that a sealed one holds, in the
 * same order, so that numbers of files keep their meaning; to be added to, by
 * known_add_bytes() alone, and sealed. Costs little beside what is added, for
 * most of the indexes is shared. NULL if memory is out.
 */
struct known *known_grow(const struct known *older);

/*
 * known_add_path - a file, a folder (all regular files below it, symbolic links
 * not followed, in byte order of their paths), or a manifest.
 * A manifest is text, one file per line: hex hash (MD5, SHA-1, or SHA-2 by its
 * length), white space, optional '*', name: what md5sum and sha256sum print.
 * Lines that begin with '#' and empty lines are skipped. Text is taken for one
 * when its first line, or a later one of its first 4 KiB, reads so, right or
 * nearly; or by its name: .md5 .sha1 .sha224 ... .manifest, SHA256SUMS.
 * Files that a telltap-canaries.json beside them lists are canaries; that
 * manifest given alone names the files beside it that it lists.
 * A file that catalogue_build() made is known by what it begins with; its files,
 * millions of them, are found by their hashes and not counted.
 *
 * Returns 0 or a negative code; then known_error() says what and where
 * ("list.sha256:17: not a hash").
 */
int known_add_path(struct known *k, const char *path) must_check;

/* A file of len bytes that are not on disk; they are copied. */
int known_add_bytes(struct known *k, const char *name, const uint8_t *data,
    size_t len) must_check;

/* The file added last is one of the product's own. */
void known_is_product(struct known *k);

/* True if a file whose bytes are there has that hash; also before the set is
 * sealed. */
bool known_has_sha256(const struct known *k, const uint8_t *hash);

const char *known_error(const struct known *k);

/* No more files: builds the indexes. */
int known_seal(struct known *k) must_check;

size_t known_count(const struct known *k);
/* Files that only catalogues list, which have numbers from KNOWN_FIRST_ROW on. */
uint64_t known_rows(const struct known *k);
/* All of these, and those that a set made of a case's fingerprints lacks. */
uint64_t known_total(const struct known *k);
#define KNOWN_FIRST_ROW	(1u << 31)
/* Of such a number it lives until the next few calls of the same thread, the
 * name as long as the set. */
const struct known_file *known_get(const struct known *k, size_t index);

/* The sets of canaries whose manifests were read, whole and well-formed. */
struct set;
const struct set *known_sets(const struct known *k, size_t *ret_count);

/* The SHA-256 over the sorted list of (SHA-256, size, name), and behind it what
 * catalogues say their digests are, in order: names the set. */
void known_digest(const struct known *k, uint8_t ret_sha256[static 32]);

/* Length in bytes of a hash, and its name as events spell it ("sha256"); hashes
 * of parts and hints have names too. */
size_t known_hash_len(enum known_hash alg);
const char *known_hash_name(enum known_hash alg);

/*
 * known_find_hash - the files with that hash. Several files with the same
 * bytes are one content: the first in order is returned (the first with bytes,
 * if some are known by their hash alone), *ret_same counts all.
 * Returns the index or -1.
 */
long known_find_hash(const struct known *k, enum known_hash alg,
    const uint8_t *hash, size_t *ret_same);

/* Once sealed: opens up to max of the files whose content is read again when it
 * is met, for a process that will have no path. Returns how many are not open. */
size_t known_hold(struct known *k, size_t max);

#endif
