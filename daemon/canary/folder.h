/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CANARY_FOLDER_H
#define CANARY_FOLDER_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "canary/canary.h"
#include "canary/set.h"

/*
 * What lies in a folder of canaries: its files, read and written through the
 * folder's descriptor. For canary.c, plant.c and rewrite.c; dir is the folder as errors
 * name it.
 */

/* Where the manifest is written before it takes its name. */
#define FOLDER_PART	".telltap.part"
/* While a set is planted: its manifest without hashes. */
#define FOLDER_PLAN	".telltap.plan"

/* Where a rewrite has files for a while, by their number in the set. */
#define FOLDER_ASIDE_SIZE	sizeof(".telltap.000.new")
enum folder_aside { FOLDER_NEW, FOLDER_OLD };
void folder_name_aside(size_t index, enum folder_aside which,
    char ret_name[static FOLDER_ASIDE_SIZE]);

/* The text of an error; returns its code. */
int folder_fail(struct canary_error *e, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A descriptor or a negative code. */
int folder_open(const char *dir, struct canary_error *ret_error) must_check;

/* Nobody else who locks it changes the folder till the descriptor is closed; -EBUSY
 * if somebody does, with a text that it may be what. */
int folder_lock(int dir_fd, const char *dir, const char *what,
    struct canary_error *ret_error) must_check;

/* Writes the canaries as new files, under their names or as FOLDER_NEW. The
 * hashes go into the set. *ret_written: how many are there, also on failure. */
int folder_write_files(int dir_fd, const char *dir, struct set *s, bool aside,
    size_t *ret_written, struct canary_error *ret_error) must_check;

/* Writes the manifest as name, FOLDER_PART or FOLDER_PLAN, which is not there. */
int folder_write_list(int dir_fd, const char *dir, const char *name,
    const struct set *s, const uint8_t *key, struct canary_error *ret_error)
	must_check;

/* Gives FOLDER_PART its name, in one step. */
int folder_name_part(int dir_fd, const char *dir,
    struct canary_error *ret_error) must_check;

/* The manifest that has that name. */
int folder_read_manifest(int dir_fd, const char *dir, const char *name,
    struct set *ret_set, struct canary_error *ret_error) must_check;

/* Is that file's content under that name? Fails where that can't be read. */
int folder_check(int dir_fd, const char *name, const struct set_file *file,
    enum canary_state *ret_state) must_check;

/* Is the file of that name some of the first of these bytes, or all of them? */
int folder_begins(int dir_fd, const char *name, const struct buf *bytes,
    bool *ret_begins) must_check;

#endif
