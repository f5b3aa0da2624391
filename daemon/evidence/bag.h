/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_BAG_H
#define EVIDENCE_BAG_H

#include <stdbool.h>

#include "base/buf.h"
#include "evidence/log/tlog_hash.h"

/*
 * The folder of a case as a BagIt bag (RFC 8493). While it is being filled the
 * payload lies in data.part/ and tag files end in ".part"; bag_finish() gives
 * names, data/ as the last, so that a bag that was cut short has no data/ and
 * looks whole to nobody. Paths are those of the finished bag ("data/salt").
 */

#define BAG_PART	"data.part"
#define BAG_RESERVE	"reserve"	/* in it: space for the end */

struct bag_file {
	char *path;
	uint64_t size;
	uint8_t sha256[32];
};

struct bag {
	int dir_fd, data_fd;
	bool made_dir, begun, finished;
	bool live;			/* stays when it is not finished */
	bool full;			/* the disk is: the reserve was needed */
	int reserve_fd;			/* -1: none */
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

/* Both, for a file whose bytes are at hand; in a bag that grows it is on the disk
 * then. */
int bag_put(struct bag *b, const char *path, const void *data, size_t len)
    must_check;

/* The same for what follows from other files, and is made again from them where a
 * bag is taken up: nothing waits for the disk before bag_finish() does. */
int bag_put_derived(struct bag *b, const char *path, const void *data, size_t len)
    must_check;

/* Writes the tag files, bag-info.txt with these lines and the counts, sees to
 * it that all is on the disk, and gives names. */
int bag_finish(struct bag *b, const struct buf *info) must_check;

/* What was not finished is removed; the folder itself is left to the caller,
 * who knows its path: made_dir says that it was made here. */
void bag_clear(struct bag *b);

/* Writes all of it; 0 or a negative code. When the disk is full the reserve is
 * given up and `full` says so: what is being written still is, whole. b may be
 * NULL. */
int bag_write(struct bag *b, int fd, const void *data, size_t len) must_check;

/*
 * bag_live.c: a bag that grows for days, whose program may die at any time. It
 * is locked while it is open, its names are on the disk once they are given,
 * and bag_clear() leaves it for bag_reopen() to be taken up again.
 */
int bag_begin_live(struct bag *b, const char *dir) must_check;

/* -ENOENT if there is none that was left unfinished, -EBUSY if another program
 * has it open. Tag files of an end that was not reached are removed; the payload
 * has to be noted again. */
int bag_reopen(struct bag *b, const char *dir) must_check;

/* Disk space for an end: so many bytes are set aside, more than before or the
 * same. -ENOSPC if there are not as many. */
int bag_keep_reserve(struct bag *b, uint64_t size) must_check;

/* Puts a file in the place of another, never half of it. Not noted. */
int bag_replace(struct bag *b, const char *path, const void *data, size_t len)
    must_check;

/* A payload file that is there: read whole, of at most max bytes; the caller
 * frees it. */
int bag_load(struct bag *b, const char *path, size_t max, uint8_t **ret_data,
    size_t *ret_len) must_check;

/* The folder that holds that path, on the disk with its names. */
int bag_sync_folder(struct bag *b, const char *path) must_check;

/* Hashes a payload file that is there, and notes it. */
int bag_note_again(struct bag *b, const char *path) must_check;

/* What was noted last is not of the bag after all. */
void bag_forget_last(struct bag *b);

/* A payload file that is there, to be read; another name for one. */
int bag_open(struct bag *b, const char *path) must_check;
int bag_rename(struct bag *b, const char *from, const char *to) must_check;

void bag_remove(struct bag *b, const char *path);
void bag_remove_tags(struct bag *b);
/* A folder with all that is in it. */
void bag_remove_folder(struct bag *b, const char *path);

#endif
