/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SLIVER_ENDS_H
#define ENGINE_SLIVER_ENDS_H

#include "content/known/known.h"
#include "engine/files.h"
#include "engine/prints.h"
#include "verdict/event.h"

/*
 * Where parts of known files ended, for slivers.c: a few bytes of the same
 * program to the same cloud that are just the file's next ones are the next part of it. The last
 * SLIVER_ENDS are kept.
 */
#define SLIVER_ENDS	64

struct sliver_end {
	struct files_party party;
	uint32_t file;
	uint64_t offset;	/* 0: none */
};

struct sliver_ends {
	struct sliver_end end[SLIVER_ENDS];
	unsigned next;
};

/* What a piece has of a known file, and others that hold the same bytes. */
struct sliver_part {
	uint32_t file;
	struct event_range range;
	const struct scan_wraps *wraps;
	const struct span *also;
	size_t also_count;
};

/* Where what is found is told: files, and what of the known ones that rests on
 * (NULL: that is not kept). */
struct sliver_told {
	struct files *files;
	struct prints *prints;
};

/* A part of a known file, for the files that are told at the end; e is the
 * transfer that carried it. */
void sliver_tell(const struct sliver_told *told, const struct known *known,
    const struct sliver_part *part, const struct event *e);

/* Tells what goes on where a part ended; the end moves along. False: nothing. */
bool sliver_follow(struct sliver_ends *s, const struct known *known,
    const struct sliver_told *told, const struct event *e,
    const struct event_sliver *sliver);

/* Where the parts of files that the transfer carried end. */
void sliver_keep_ends(struct sliver_ends *s, const struct event *e);

#endif
