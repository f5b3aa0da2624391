/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_VERIFY_KNOWN_H
#define CLI_VERIFY_KNOWN_H

#include <stdbool.h>
#include <stdint.h>

#include "telltap/telltap.h"

/*
 * The fingerprints of known files that a case keeps, as the sets of known files
 * that its engine had: the files that joined while it was recorded are known
 * from the packet on behind which they did.
 */
struct verify_known;

struct verify_known_count {
	uint64_t files, whole, parted, sets;
	uint64_t total;		/* that were known, most of them not here */
};

/* From known.jsonl and known.parts; *ret_error says what is wrong with them, of
 * static storage. */
int verify_known_read(const char *list_path, const char *bytes_path,
    struct verify_known **ret_known, const char **ret_error);
void verify_known_free(struct verify_known *v);

struct verify_known_count verify_known_counts(const struct verify_known *v);

/* The set for the first packet; and what comes behind that packet: UINT64_MAX if
 * no file joins any more. Then the set with those that did, to be freed. */
int verify_known_first(struct verify_known *v,
    struct telltap_known **ret_known);
uint64_t verify_known_next(const struct verify_known *v);
int verify_known_grow(struct verify_known *v, struct telltap_known **ret_known);

#endif
