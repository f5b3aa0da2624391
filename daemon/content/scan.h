/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_SCAN_H
#define CONTENT_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "content/known/known.h"

/*
 * Reads one entity (a body, a run of bytes, a query string) as it streams by,
 * unwraps what it is wrapped in, layer by layer, and says what is in it: known
 * content with exact ranges, hashes, URLs, unknown files, kinds of data.
 * Memory is bounded whatever comes; what was not looked at is said.
 * One scan belongs to one thread; the known files are shared.
 */

struct identity;
struct scan;

/* The bytes of items that may be files are kept until the scan is freed, so
 * that whoever judges it can copy them: as many as these ceilings allow, which
 * hold for all scans that share one of these. They belong to one thread. */
struct scan_keep {
	size_t each_max, all_max;
	size_t held;			/* by scans that are open */
	size_t laid;			/* copied, and not yet handed on */
};

/* What the protocol says about the entity; spans live for scan_new() only. */
struct scan_hint {
	struct span content_type;	/* header value, parameters too */
	struct span content_encoding;
	struct span content_disposition;
	struct span content_range;
	struct span upload_offset;	/* of resumable uploads */
	struct span target;		/* request target: path and query */
	struct span method;
	bool outbound;
	bool raw_stream;		/* a run, not a message's body */
	bool uses;			/* tell what of known files is used */
	const struct identity *identity;	/* sealed; NULL: none */
	const char *const *passwords;	/* of archives, tried before those that
					 * samples travel under; NULL behind
					 * the last; outlive the scan */
	struct scan_keep *keep;		/* outlives the scan; NULL: none */
};

/* A half-open range of a file or of an entity. */
struct scan_range {
	uint64_t start, end;
};

/* Content of a known file found in an item. */
struct scan_match {
	uint32_t file;			/* index in the known files */
	uint32_t content;		/* its bytes, for this room */
	bool whole;			/* all of the file, nothing missing */
	bool exact;			/* and the item is nothing but the file */
	uint64_t sent_bytes;		/* distinct bytes of the file */
	const struct scan_range *ranges;	/* of the file; sorted, disjoint */
	size_t range_count;
	/* other known files that hold the very same matched bytes; then this
	 * match does not tell which of them it was */
	const uint32_t *also;
	size_t also_count;
};

/* One item: the entity itself, a part of it, or what an unwrapping gave. Items
 * form a tree; items[0] is the entity. */
struct scan_item {
	int parent;			/* index of the item it came out of, -1 */
	const char *encoding;		/* how it was wrapped there: "gzip",
					 * "base64", "multipart", "json", ... */
	struct span path;		/* where: "/data/content", "part 2" */
	struct span name;		/* file name that the wrapping declares */
	struct span declared_type;	/* MIME type that the wrapping declares */
	bool declared_file;		/* filename=, PUT, attachment */
	bool cut;			/* only a part of a file, as the protocol
					 * says, or the file's format */
	bool complete;			/* seen from first byte to last */
	bool container;			/* its bytes are accounted for by the
					 * items below it */
	uint64_t size;			/* bytes seen */
	uint64_t missing;		/* bytes known to be missing */
	uint8_t sha256[32];		/* of the bytes seen */
	bool has_sha256;		/* of all that may be files */
	const char *mime_type;		/* by content, NULL if not determined */
	bool file_format;		/* magic of a file format: carved */
	bool readable;			/* structure or text that we understand */
	bool high_entropy;		/* in no container that we know */
	uint64_t known_bytes;		/* of its own that known content in it,
					 * or in the items below it, explains */
	const struct scan_match *matches;	/* best first */
	size_t match_count;
	uint64_t shared_bytes;		/* of the file, that it has in common with
					 * others; 0: none */
	uint32_t shared_file;		/* known, and not named by them */
	const uint8_t *bytes;		/* all of them, where they are kept and
					 * it may be a file; else NULL */
};

/* A hash value found. */
struct scan_hash {
	uint8_t algorithm;		/* enum known_hash */
	bool truncated;			/* only its first bytes */
	bool hint;			/* too weak to name the file */
	uint16_t distance;		/* of a TLSH from that of the file */
	const char *encoding;		/* "hex" "base64" "raw" "uuid" ... */
	struct span value;		/* as in events: lower-case hex */
	long file;			/* known file, -1 if none */
	size_t item;			/* where it was found */
	struct span path;		/* field: "/sha256", "query:md5" */
	uint64_t offset;		/* in the item */
	bool lookup_place;		/* a field that is there to be looked up;
					 * false for ETag, Digest, ids */
};

/* How bytes were wrapped, outermost first; of more than are kept the innermost. */
#define SCAN_WRAPS	6
struct scan_wraps {
	const char *name[SCAN_WRAPS];
	size_t count;
};

/* Bytes of an item, or a value, too few to be looked for alone: they may be a
 * piece of a known file all the same. */
struct scan_sliver {
	struct span bytes;
	struct span path;		/* where, as an item's */
	struct scan_wraps wraps;
	bool small;			/* so few that they may only end what
					 * went before */
	bool weak;			/* MATCH_MIN_RUN or more that say too
					 * little: they may only go on as what
					 * is known does */
};

struct scan_category {
	const char *category;		/* as in design: "file.hash" */
	struct span path;		/* where */
	uint64_t offset;		/* in the item; UINT64_MAX: not known */
	const char *why;		/* for a lay reader */
	/* an identifier of this machine, or text that has the form of one: */
	const char *kind;		/* "hostname", NULL if it is none */
	const char *form, *encoding;	/* "sha256", "hex"; encoding may be NULL */
	struct span value;		/* as it was given, or as it stands */
	bool by_form;			/* by its form alone: whose it is, is not
					 * known; form is NULL */
};

/* Bytes of a known file that findings rest on; those of files that may be meant
 * as well, too. start == end: the file was found by a hash. */
struct scan_use {
	uint32_t file;
	uint64_t start, end;
};

struct scan_findings {
	const struct scan_item *items;
	size_t item_count;
	const struct scan_hash *hashes;
	size_t hash_count;
	const struct span *urls;	/* looked up or reported, not Host */
	size_t url_count;
	const struct scan_category *categories;
	size_t category_count;
	const struct scan_sliver *slivers;	/* only with known content */
	size_t sliver_count;
	uint64_t understood_bytes;	/* of the entity as it came */
	uint64_t undeciphered_bytes;	/* high entropy, in no known container */
	const char *const *limits;	/* ceilings reached, in words */
	size_t limit_count;
	const struct scan_use *uses;	/* where the hint asks for them */
	size_t use_count;
};

/* known may be NULL. NULL if memory is out. */
struct scan *scan_new(const struct known *known, const struct scan_hint *hint);
void scan_free(struct scan *s);

/* Frees what scans of this thread left for the next ones to use. */
void scan_thread_end(void);

void scan_data(struct scan *s, const uint8_t *data, size_t len);
/* A header of the request that the entity came with; before any data. */
void scan_header(struct scan *s, struct span name, struct span value);
/* A host name that is asked for: what its labels say. */
void scan_name(struct scan *s, struct span name);
/* What stands behind the questions of a message that asks: known hashes. */
void scan_records(struct scan *s, struct span bytes);
/* len bytes that were never captured. */
void scan_gap(struct scan *s, uint64_t len);

/*
 * scan_finish - no more bytes; complete: the entity ended where its framing
 * said. Everything in *ret_findings lives until scan_free().
 */
void scan_finish(struct scan *s, bool complete,
    const struct scan_findings **ret_findings);

#endif
