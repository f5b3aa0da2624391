/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_PATTERN_H
#define CONTENT_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/*
 * Text that has the form of what names a machine, its user or its software,
 * where nobody said which values to look for: addresses of network cards, of
 * private networks and of e-mail, home folders and other paths, security ids,
 * licence keys, ids and serial numbers behind their labels, lists of packages;
 * as text and in UTF-16. Whose it is, the form does not say.
 *
 * What each of them must have in it is looked for by libvectorscan, all in one
 * pass; a check in plain code then reads what stands around it. The database is
 * compiled at the first use and shared by all threads.
 */

/* Into a stream so far everything is looked at; behind it, where it would take
 * longer than all else, one stretch of 3 KiB in so many, and the end. */
#define PATTERN_REACH	(8u << 20)
#define PATTERN_EVERY	16u
#define PATTERN_MAX_LEN	192	/* of a value */
#define PATTERN_LEAST	6	/* bytes; fewer are nothing */
/* Packages in one piece, to be a list of what is installed. */
#define PATTERN_LEAST_PACKAGES	5

struct pattern_stream;

struct pattern_hit {
	const char *category;
	const char *kind;	/* as identity_kind_word(), NULL: of none */
	const char *why;
	const char *encoding;	/* "utf-16", NULL for text */
	struct span value;	/* lives for the call; UTF-16 made narrow */
	uint64_t offset;	/* of its first byte */
};

typedef void (*pattern_fn)(void *arg, const struct pattern_hit *hit);

/* A word of UTF-16, made narrow, of PATTERN_WORD_MIN characters or more, all of
 * BYTE_WORD: it may be a hash. */
#define PATTERN_WORD_MIN	22	/* an MD5 in base64 */
typedef void (*pattern_word_fn)(void *arg, struct span word, uint64_t offset);

/* A value that is there in one piece. Of each category and kind the first. */
void pattern_find(struct span s, pattern_fn on_hit, void *arg);

/* Bytes that stream by. NULL if memory is out; the end finds what needs it.
 * Of each category and kind the first; on_word may be NULL. */
struct pattern_stream *pattern_stream_new(pattern_fn on_hit,
    pattern_word_fn on_word, void *arg);
void pattern_stream_data(struct pattern_stream *s, const uint8_t *p,
    size_t len);
/* len bytes are missing: nothing is found across them. */
void pattern_stream_gap(struct pattern_stream *s, uint64_t len);
/* Frees it; NULL does nothing. */
void pattern_stream_end(struct pattern_stream *s);

#endif
