/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CANARY_CANARY_H
#define CANARY_CANARY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "canary/set.h"

/*
 * A folder of canaries: planting one, looking after it, taking it away. The
 * folder holds the canaries and their manifest and nothing else; what the
 * manifest does not list, or no longer matches it, is never touched. For the
 * command line: this is the part of the room that does I/O.
 */

struct canary_error {
	char text[512];
};

/*
 * canary_plant - makes the folder, if it is not there, and writes the set that
 * was drawn and its manifest. A folder with anything in it is refused
 * (-ENOTEMPTY). The manifest comes last, signed if key is not NULL: an Ed25519
 * key's seed of 32 bytes. After a failure nothing is left; what is left where it was
 * cut off canary_unplant() takes away. -EBUSY if another planting is at work.
 */
int canary_plant(const char *dir, struct set *s, const uint8_t *key,
    struct canary_error *ret_error) must_check;

/* The same without a manifest: whoever looks into the folder can't tell what
 * its files are, nor their seed. */
int canary_plant_unlisted(const char *dir, struct set *s,
    struct canary_error *ret_error) must_check;

/*
 * canary_unplant - where a planting was cut off before there was a manifest, takes
 * away what it left; how many canaries those were, whole or not. To be called before
 * a folder's manifest is read, and before another is planted there. -EBUSY if the
 * planting is still at work.
 */
int canary_unplant(const char *dir, bool *ret_undone, size_t *ret_files,
    struct canary_error *ret_error) must_check;

/* The same of canaries that were planted unlisted: those of the set, which was drawn,
 * that are there whole or begun are removed. -EBUSY as above. */
int canary_take_away(const char *dir, struct set *s, size_t *ret_files,
    struct canary_error *ret_error) must_check;

/* The folder's manifest. */
int canary_open(const char *dir, struct set *ret_set,
    struct canary_error *ret_error) must_check;

enum canary_state {
	CANARY_INTACT,
	CANARY_CHANGED,		/* other bytes, or no regular file */
	CANARY_MISSING,
};

/* Reads the whole file, as a product that scans on access will notice. */
enum canary_state canary_check(const char *dir, const struct set_file *file);

/* Removes a file that is intact; else its state and the file stays. */
int canary_remove(const char *dir, const struct set_file *file,
    enum canary_state *ret_state, struct canary_error *ret_error) must_check;

/* Removes the manifest. */
int canary_remove_manifest(const char *dir, struct canary_error *ret_error)
	must_check;

/*
 * canary_rewrite - new sizes and contents by a new seed under the old names.
 * No file of the old set may be another than was planted (-ESTALE); one that is
 * missing, as a product's quarantine leaves it, comes back. Needs room for both
 * sets. Each file is replaced in one step where the file system can; after a failure
 * all are as they were before. -EBUSY if another rewrite is at work.
 */
int canary_rewrite(const char *dir, const struct set *old, struct set *fresh,
    const uint8_t *key, struct canary_error *ret_error) must_check;

/*
 * canary_settle - where a rewrite was cut off, puts back what it had replaced, if
 * it had no new manifest yet, and takes away what it left; how many were put back.
 * To be called before a folder's manifest is read. -EBUSY if the rewrite is still
 * at work.
 */
int canary_settle(const char *dir, bool *ret_settled, size_t *ret_back,
    struct canary_error *ret_error) must_check;

#endif
