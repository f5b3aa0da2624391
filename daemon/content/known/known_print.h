/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_KNOWN_PRINT_H
#define CONTENT_KNOWN_PRINT_H

#include "base/buf.h"
#include "base/json_tree.h"
#include "content/known/known.h"
#include "content/scan.h"

/*
 * The fingerprints of known files that findings name: names, sizes, hashes, and
 * of their bytes those that were sent, with their places. Who has the packets
 * and these finds the same again, without the files. They say nothing of a
 * file's bytes that the packets do not say.
 *
 * A list, one JSON object a line, and the bytes of all parts, one after the
 * other in the list's order. docs/evidence-format.md describes both.
 */

#define KNOWN_PRINTS_MAX	4096u
#define KNOWN_PRINT_BYTES_MAX	(60u << 20)

/* From which packet on the files below that number were known; they grow. */
struct known_stage {
	size_t file_count;
	uint64_t after;
};

/*
 * known_print_write - the prints of what is used, and the sets of canaries with
 * their files. uses is sorted by this. ERR_LIMIT above a ceiling, -EIO if a file
 * has changed; then what is in the bufs is good for nothing.
 */
int known_print_write(const struct known *k, struct scan_use *uses,
    size_t use_count, const struct known_stage *stages, size_t stage_count,
    struct buf *ret_list, struct buf *ret_bytes) must_check;

struct known_print_line {
	uint64_t after;		/* the packet before it was known */
	bool set;		/* of canaries: no file */
	bool total;		/* how many files there were: none, either */
	bool whole;		/* all bytes are there and have the SHA-256 */
	bool parted;		/* some are */
};

/*
 * known_print_add - what a line says, into a set that is not sealed; its parts'
 * bytes are taken off bytes. Cases come from anybody: ERR_MALFORMED if
 * something does not fit, -EBADMSG if the bytes of a whole file do not have its
 * SHA-256.
 */
int known_print_add(struct known *k, const struct json_node *line,
    struct span *bytes, struct known_print_line *ret_line) must_check;

#endif
