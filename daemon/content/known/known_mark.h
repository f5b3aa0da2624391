/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_KNOWN_MARK_H
#define CONTENT_KNOWN_MARK_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "content/known/known_derive.h"

/*
 * Every hash of the known files by its first eight bytes: hashes of parts, and
 * hashes cut short, are found by them. A hash of a part is made again from the
 * file's bytes before it counts.
 */

#define MARK_FIRST	8

struct known_mark {
	uint64_t first;
	uint32_t file;
	uint32_t kind;
};

struct known_marks {
	struct known_mark *list;	/* sorted, once sealed */
	size_t count, cap;
};

struct known;
struct known_content;
struct known_print;

/* The hashes of parts of the last file that was pushed. */
int known_mark_parts(struct known *k, const struct derive_source *s,
    const struct derive_taken *taken) must_check;

/* Those that a print holds, of the last file that was pushed. */
int known_mark_print(struct known *k, const struct known_print *p) must_check;
/* One of that file by its first bytes. */
int known_mark_enter(struct known *k, uint64_t first, unsigned kind)
	must_check;
/* Makes those of a file again. */
int known_mark_derive(const struct known *k, uint32_t file,
    int (*enter)(void *arg, unsigned kind, const uint8_t *value), void *arg)
	must_check;
/* The content of a file that has one: by its SHA-256 the first such file's. */
bool known_content_of(const struct known *k, uint32_t file,
    uint32_t *ret_content);

/* Those of a set that a grown one takes over. */
int known_mark_merge(struct known *k, const struct known *from) must_check;

/* The hashes of files beside them; sorts. */
int known_mark_seal(struct known *k) must_check;
void known_mark_clear(struct known_marks *m);

/*
 * known_mark_find - the file of which these len bytes are a hash of a part, or
 * the first bytes of a hash; *ret_kind which. -1 if there is none.
 * *ret_shared: files of other content have it too, and it names none.
 */
long known_mark_find(const struct known *k, const uint8_t *hash, size_t len,
    unsigned *ret_kind, bool *ret_shared);

/* The first file with that CRC-32, -1 if none: a hint, no more. */
long known_mark_find_crc(const struct known *k, uint32_t crc);

#endif
