/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_BAG_H
#define EVIDENCE_BAG_H

#include <stdbool.h>

#include "base/buf.h"
#include "evidence/tlog_hash.h"

/*
 * The folder of a case as a BagIt bag (RFC 8493). While it is being filled the
 * payload lies in data.part/ and tag files end in ".part"; bag_finish() gives
 * names, data/ as the last, so that a bag that was cut short has no data/ and
 * looks whole to nobody. Paths are those of the finished bag ("data/salt").
 */

struct bag_file {
	char *path;
	uint64_t size;
	uint8_t sha256[32];
};

struct bag {
	int dir_fd, data_fd;
	bool made_dir, begun, finished;
	struct tlog_hasher hasher;
	struct bag_file *files;		/* payload, in the order of adding */
	size_t count, cap;
};

/* Makes the folder, or takes an empty one: -ENOTEMPTY if it is not. */
int bag_begin(struct bag *b, const char *dir) must_check;

/* Opens a new payload file for writing, below folders that are made where they
 * are missing. Returns a descriptor or a negative code. */
int bag_create(struct bag *b, const char *path) must_check;

/* A payload file is written: it goes into the manifest. */
int bag_note(struct bag *b, const char *path, uint64_t size,
    const uint8_t sha256[static 32]) must_check;

/* Both, for a file whose bytes are at hand. */
int bag_put(struct bag *b, const char *path, const void *data, size_t len)
    must_check;

/* Writes the tag files, bag-info.txt with these lines and the counts, sees to
 * it that all is on the disk, and gives names. */
int bag_finish(struct bag *b, const struct buf *info) must_check;

/* What was not finished is removed; the folder itself is left to the caller,
 * who knows its path: made_dir says that it was made here. */
void bag_clear(struct bag *b);

/* Writes all of it; 0 or a negative code. */
int bag_write_all(int fd, const void *data, size_t len) must_check;

#endif
