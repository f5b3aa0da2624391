/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CANARY_ARCHIVE_H
#define CANARY_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "canary/form.h"

/*
 * Zip archives of stored members, dated 1980-01-01, as the types built on zip
 * need them. Members are added in order; the one of noise takes what room the
 * others leave, so the size comes out as wanted.
 */

#define ARCHIVE_MEMBERS	8

struct archive_member {
	const char *name;
	const char *text;
	uint32_t text_len;	/* or noise to fill the archive: UINT32_MAX */
	bool is_jar;		/* marked as the first member of a JAR */
};

/* A member's data; its length is the literal's. */
#define ARCHIVE_NOISE UINT32_MAX

/* Writes the whole archive; at most ARCHIVE_MEMBERS. */
int archive_write(struct form *f, const struct archive_member *members,
    size_t count) must_check;

#endif
