/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_KNOWN_CANARY_H
#define CONTENT_KNOWN_CANARY_H

#include "content/known/known_set.h"

/*
 * Folders of canaries: their manifest, telltap-canaries.json, says which files
 * beside it are canaries. A file that is listed but has other bytes by now is a
 * file like any other; the manifest itself is none. Of canaries that a product has
 * taken away or changed, the hashes stay known.
 */

#define KNOWN_CANARY_MANIFEST "telltap-canaries.json"

struct known_canary {
	char *path;
	uint64_t size;
	bool met;		/* it is there, as it was planted */
	uint8_t hash[KNOWN_HASH_COUNT][KNOWN_HASH_MAX_LEN];
};

struct known_canaries {
	struct known_canary *list;
	size_t count;
};

void known_canaries_clear(struct known_canaries *c);

/* Adds what the manifest at that path lists; sets k's error if it is none. */
int known_canaries_read(struct known *k, struct known_canaries *c,
    const char *path) must_check;

/* The last file pushed, which came from that path, may be one of them. */
void known_canaries_mark(struct known *k, struct known_canaries *c,
    const char *path);

/* Those that are not there any more, or not as they were: their hashes and sizes are
 * known. */
int known_canaries_push_rest(struct known *k, const struct known_canaries *c)
	must_check;

#endif
