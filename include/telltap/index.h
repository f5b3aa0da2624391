/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELLTAP_INDEX_H
#define TELLTAP_INDEX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Indexes of known files: hashes and names by the million, made once of lists
 * and mapped, not read, by who uses them. telltap_known_add() takes one as it
 * takes any path.
 */

struct telltap_index {
	uint64_t files;
	uint64_t hashes;	/* of all algorithms */
	uint64_t bytes;		/* of the index */
	char algorithms[64];	/* "md5 sha1 sha256" */
	uint8_t sha256[32];	/* over its rows and names, as it says */
};

/*
 * Lists are manifests, as sha256sum prints them, and tables with titles, as
 * NSRL's, gzipped or not; NULL ends them. The index is there when all is well,
 * and not before. What went wrong, and where, is written to error.
 */
int telltap_index_build(const char *path, const char *const *lists,
    struct telltap_index *ret_index, char *error, size_t error_size);

/* What an index says of itself; check: -4097 if its rows and names do not have
 * the SHA-256 that it says. */
int telltap_index_look(const char *path, int check,
    struct telltap_index *ret_index);

#ifdef __cplusplus
}
#endif

#endif
