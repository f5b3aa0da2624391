/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_KNOWN_SET_H
#define CONTENT_KNOWN_SET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/evp.h>

#include "base/err.h"
#include "canary/set.h"
#include "content/known/anchor_stream.h"
#include "content/known/anchor_thin.h"
#include "content/known/catalogue.h"
#include "content/known/hash_table.h"
#include "content/known/known.h"
#include "content/known/known_mark.h"
#include "content/known/known_tlsh.h"

/*
 * The inside of the known files, for this room: files as they were named, and
 * contents, the distinct byte sequences that files hold. A content is kept in
 * memory (known_add_bytes()) or read again from its file, block by block; each
 * block is checked against a hash taken when the file was hashed, so that a
 * file that has changed since proves nothing.
 */

#define KNOWN_BLOCK	(32 * 1024)
#define KNOWN_MAX_CONTENTS	((1u << 24) - 1)
#define KNOWN_MAX_SIZE	(1ull << 40)

/* What is larger is named by its content, unless hash_only says otherwise; what
 * is not, by its hash as well. */
#define KNOWN_DIGESTED	(64 * 1024)

/* A content's size and where its bytes are. */
struct known_print;

struct known_content {
	struct known_print *print;	/* NULL: all of it can be read */
	uint64_t base;		/* of its bytes in the index's numbering */
	uint64_t size;
	uint32_t file;		/* first file that holds it */
	char *path;		/* to read it again; NULL if in memory */
	int held;		/* its descriptor + 1; 0: path is opened */
	uint8_t *bytes;
	uint64_t *block_hash;	/* of each KNOWN_BLOCK */
};

struct known_index;

/* Of a content of which not all is there: bytes, and hashes of parts that were
 * made when all of it was. */
struct known_part {
	uint64_t start, len;
	const uint8_t *bytes;
};

struct known_derived {
	unsigned kind;
	uint8_t value[KNOWN_HASH_MAX_LEN];
};

struct known_print {
	uint8_t *bytes;			/* of all parts */
	struct known_part *parts;	/* in order, not touching */
	size_t part_count;
	struct known_derived *derived;
	size_t derived_count;
};

/*
 * Content under XOR with a key that repeats: two bytes one key length apart,
 * XORed, are the same with and without the key. For some distances the index
 * also holds anchors of files differenced so: all of a file's first bytes, and
 * one in KNOWN_XOR_EVERY behind them, in twice as many with each doubling of
 * the offset from KNOWN_XOR_DENSE on. Keys whose length divides a distance are
 * found by it: 240, 252 and 286 have all lengths up to 16 among their divisors.
 */
#define KNOWN_LAGS	6
#define KNOWN_LAG_MAX	65536
#define KNOWN_XOR_EVERY	8
#define KNOWN_XOR_HEAD	4096
#define KNOWN_XOR_DENSE	(16ull << 20)

extern const uint32_t known_lags[KNOWN_LAGS];

static inline bool
known_xor_takes(uint64_t key, uint64_t offset)
{
	uint64_t every = KNOWN_XOR_EVERY;

	for (uint64_t far = offset / KNOWN_XOR_DENSE; far; far >>= 1)
		every *= 2;
	return offset < KNOWN_XOR_HEAD || key % every == 0;
}

struct known {
	struct known_file *files;
	size_t file_count, file_cap;
	struct known_content *contents;	/* by size, once sealed */
	size_t content_count, content_cap;
	struct known_index *index, *xored[KNOWN_LAGS];
	/* once sealed: */
	struct hash_table tables[KNOWN_HASH_COUNT];
	struct hash_filter filter;
	struct known_marks marks;
	struct known_tlshs tlshs;
	uint32_t *content_of;		/* by file; UINT32_MAX: none is its */
	uint64_t *sizes;		/* distinct sizes of files, sorted */
	size_t size_count;
	uint8_t hash_only;		/* bit per algorithm: larger files that
					 * only that algorithm can name */
	uint64_t id;			/* never the same for two sets */
	uint64_t others;		/* known where a case was made: nothing of
					 * them was found, and they are not here */
	struct set *sets;		/* of canaries, by their manifests */
	size_t set_count;
	bool sealed;
	/* Of a grown set: what it goes on from. Files and contents before the
	 * first are the older set's, and so are their anchors and hashes. */
	const struct known *older;
	size_t first_file, first_content;
	/* Asked where the tables have nothing; shared with an older set. */
	struct catalogue **catalogues;
	size_t catalogue_count;
	atomic_uint holders;
	char error[512];
};

/* Sets the error and returns code. */
int known_fail(struct known *k, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A zeroed file at the end, named so (copied); NULL if memory is out. */
struct known_file *known_push(struct known *k, const char *name,
    size_t name_len);

/* A content for the last file pushed. The set owns path, bytes, block_hash. */
struct known_content *known_push_content(struct known *k, uint64_t size);
/* Frees what it holds, not itself. */
void known_drop_content(struct known_content *c);
/* For qsort(3) and bsearch(3) over sizes. */
int known_compare_sizes(const void *a, const void *b);

/* A manifest's text; its name is for errors. */
int known_add_manifest(struct known *k, const char *name, const uint8_t *text,
    size_t len) must_check;

/* True if the name is a manifest's, or lines of its first bytes read as one's. */
bool known_is_manifest(const char *name, const uint8_t *text, size_t len);

/* One reading pass over a file: hashes, block hashes, anchors. */
int known_add_file(struct known *k, const char *path, const char *name)
	must_check;

/* A catalogue, to be asked as well. */
int known_add_catalogue(struct known *k, const char *path) must_check;
/* Those of an older set; a negative code if memory is out. */
int known_share_catalogues(struct known *k, const struct known *older)
	must_check;
void known_drop_catalogues(struct known *k);

/*
 * known_find_row - as known_find_hash(), in the catalogues alone, and by len
 * bytes, which may be less than the hash has; *ret_shared: they begin hashes of
 * several files.
 */
long known_find_row(const struct known *k, enum known_hash alg,
    const uint8_t *hash, size_t len, size_t *ret_same, bool *ret_shared);
/* What a row says: lives until the next few calls of the same thread. */
const struct known_file *known_get_row(const struct known *k, size_t index);

/* False: no known hash begins with the FILTER_BYTES bytes at p. */
static inline bool
known_hash_maybe(const struct known *k, const uint8_t *p)
{
	if (hash_filter_maybe(&k->filter, p))
		return true;
	for (size_t i = 0; i < k->catalogue_count; i++)
		if (catalogue_maybe(k->catalogues[i], p))
			return true;
	return false;
}

/*
 * known_hash_each - calls found for each of n offsets at p, n + FILTER_BYTES - 1
 * bytes being there, at which a known hash may begin; in no order, and for some
 * twice.
 */
void known_hash_each(const struct known *k, const uint8_t *p, size_t n,
    void (*found)(void *arg, size_t at), void *arg);

/* The digest of an algorithm. */
const EVP_MD *known_hash_md(enum known_hash alg);

/* The hash that a block is known again by. */
uint64_t known_block_hash(const uint8_t *p, size_t len);

/* True if some known file has that size. */
bool known_has_size(const struct known *k, uint64_t size);

/*
 * known_read - bytes of a content from offset on, as many as lie in one block;
 * *ret_len of them. They live until the next few calls of the same thread.
 * NULL if they can't be had or are no longer what they were.
 */
const uint8_t *known_read(const struct known *k, uint32_t content,
    uint64_t offset, size_t *ret_len);

/* The same, copied from all the blocks that they lie in: all len bytes, or false. */
bool known_copy(const struct known *k, uint32_t content, uint64_t offset,
    uint8_t *ret_bytes, size_t len) must_check;

/* True if the content has these bytes from offset on. */
bool known_holds(const struct known *k, uint32_t content, uint64_t offset,
    struct span bytes);

/* The bytes that end at offset, as many as lie in one block: *ret_len of them,
 * the pointer one past the last. */
const uint8_t *known_read_back(const struct known *k, uint32_t content,
    uint64_t offset, size_t *ret_len);

/* known_print.c: frees; accepts NULL. */
void known_print_free(struct known_print *p);
/* Anchors of a stream that are there go into an index: those that thin keeps;
 * NULL: of what is XORed, those that known_xor_takes(). */
int known_add_anchors(uint32_t content, struct anchor_stream *s,
    struct known_index *x, struct anchor_thin *thin, bool last);

/* The index of anchors. */
struct known_place {
	uint32_t content;
	uint64_t offset;
};

struct known_index *known_index_new(void);
void known_index_free(struct known_index *x);
/* An index beside an older one, which is asked as well. What is added stays as
 * it was added, beside what it is sealed into, for known_index_merge(). */
struct known_index *known_index_grow(const struct known_index *older);
/* Adds what was added to a grown index. */
int known_index_merge(struct known_index *x,
    const struct known_index *from) must_check;
int known_index_add(struct known_index *x, uint32_t content, uint64_t offset,
    uint64_t key, const struct anchor_sides *sides) must_check;
/* What was added and is not sealed yet, in no order. Stops where fn fails. */
int known_index_each(const struct known_index *x,
    int (*fn)(void *arg, const struct known_place *at, uint64_t key,
	const struct anchor_sides *sides), void *arg) must_check;
/* moved[i]: what content i is called from now on, UINT32_MAX: dropped. */
int known_index_seal(struct known_index *x, const struct known_content *contents,
    size_t content_count, const uint32_t *moved) must_check;

/* False: it is nowhere. */
bool known_index_maybe(const struct known_index *x, uint64_t key);
/* Drops those of n anchors, at most KNOWN_SIFT_MAX, whose keys are nowhere; of
 * the others, which stay in order, returns how many there are. */
#define KNOWN_SIFT_MAX	64
size_t known_index_sift(const struct known_index *x, struct anchor *anchors,
    size_t n);

/*
 * known_index_find - where that key occurs with one of these sides (NULL: with
 * any): those with both first, of these smaller contents first; at most max, and
 * of one content the first KNOWN_PLACES_FEW that have the same sides. *ret_more:
 * there may be others.
 */
size_t known_index_find(const struct known *k, const struct known_index *x,
    uint64_t key, const struct anchor_sides *sides, struct known_place *ret_places,
    size_t max, bool *ret_more);

/* Of the contents larger than KNOWN_DIGESTED that were added to this index, how
 * many have a first anchor that few others have: all of their places are
 * compared where it is met, so that the whole of such a content is found. */
size_t known_index_named(const struct known_index *x);
#define KNOWN_PLACES_FEW	16

/* Bytes the index takes; anchors in it. */
size_t known_index_bytes(const struct known_index *x);
size_t known_index_anchors(const struct known_index *x);

#endif
