/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_IDENTITY_H
#define CONTENT_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/buf.h"
#include "base/span.h"

/*
 * What names this machine, its user and its software: values that are looked
 * for in what goes out, as they are, in UTF-16, hex and base64, as raw bytes
 * where that makes sense, and as MD5, SHA-1 and SHA-256 of their common
 * spellings. All of them are one database of libvectorscan, compiled once when
 * sealed and shared by all threads from then on.
 *
 * Words that are on many machines ("root", "localhost") and values of fewer
 * than four bytes are not looked for as they are, for they name nobody.
 */
enum identity_kind {
	IDENTITY_HOSTNAME,
	IDENTITY_MACHINE_ID,
	IDENTITY_MAC,
	IDENTITY_IP,
	IDENTITY_SERIAL,
	IDENTITY_USER,
	IDENTITY_HOME,
	IDENTITY_EMAIL,
	IDENTITY_LICENCE,
	IDENTITY_PACKAGE,	/* installed software: one alone says nothing */
	IDENTITY_KIND_COUNT,
};

#define IDENTITY_MAX	512	/* values beside packages */
#define IDENTITY_MAX_PACKAGES	65536
#define IDENTITY_MAX_LEN	256	/* of a value */
#define IDENTITY_LEAST_PACKAGES	5	/* in one entity, to be an inventory */

struct identity;
struct identity_stream;

struct identity_hit {
	enum identity_kind kind;
	uint32_t entry;
	struct span value;	/* as it was given; lives as the identity */
	const char *form;	/* "plain" "utf-16" "bytes" "md5" "sha1" "sha256" */
	const char *encoding;	/* "hex" "base64" "raw"; NULL for plain text */
	uint64_t offset;	/* of its first byte */
};

typedef void (*identity_fn)(void *arg, const struct identity_hit *hit);

struct identity *identity_new(void);
void identity_free(struct identity *id);

/* A value, without spaces around it; one that was there changes nothing.
 * ERR_LIMIT above the ceilings, ERR_MALFORMED if it is no value of the kind. */
int identity_add(struct identity *id, enum identity_kind kind,
    struct span value) must_check;
/* identity_read.c: a file of them, YAML or JSON. */
int identity_read(struct identity *id, const char *path) must_check;
int identity_seal(struct identity *id) must_check;

/* What the last failure was. Lives as long as id. */
const char *identity_error(const struct identity *id);
int identity_fail(struct identity *id, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Of all values; how many there are. */
size_t identity_digest(const struct identity *id, uint8_t ret_sha256[32]);

/* All values as JSON, one object a line, in the order that they were added. */
void identity_write(const struct identity *id, struct buf *out);

/* For people and scripts: "host name", "mac"; the category; the sentence. */
const char *identity_kind_word(enum identity_kind kind);
/* IDENTITY_KIND_COUNT if there is none of that word. */
enum identity_kind identity_kind_of(const char *word);
const char *identity_category(enum identity_kind kind);
const char *identity_why(enum identity_kind kind);

/* A value that is there in one piece. */
void identity_find(const struct identity *id, struct span s, identity_fn on_hit,
    void *arg);
/* 1 + the package that a whole value names, 0 if none. */
uint32_t identity_package(const struct identity *id, struct span s);

/* Bytes that stream by. NULL if memory is out; the end finds what needs it. */
struct identity_stream *identity_stream_new(const struct identity *id,
    identity_fn on_hit, void *arg);
void identity_stream_data(struct identity_stream *s, const uint8_t *p,
    size_t len);
/* len bytes are missing: nothing is found across them. */
void identity_stream_gap(struct identity_stream *s, uint64_t len);
void identity_stream_end(struct identity_stream *s);

#endif
