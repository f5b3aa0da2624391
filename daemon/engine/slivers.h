/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SLIVERS_H
#define ENGINE_SLIVERS_H

#include "content/known/known.h"
#include "engine/sliver_ends.h"
#include "verdict/event.h"

/*
 * Pieces of known files that are too short to be known alone: a file that goes
 * out a hundred bytes at a time, in as many requests or values. What comes from
 * one place (the field of a message, and once more also the path of the request)
 * to one cloud is put behind each other and looked through as one stream, so
 * that a run of 256 bytes of a file names it, whatever it was cut into; and a
 * piece that goes on just where a part of a file to that cloud ended is a part
 * of that file. The transfers keep their kinds; the file's event tells of all.
 *
 * Fed with transfers in capture order, judged once at the end. Above the ceiling
 * the stream that was not used for longest makes room, if nothing was found in
 * it; pieces that find no room are counted.
 */
struct slivers;

struct slivers *slivers_new(void);
void slivers_free(struct slivers *s);

/* e is an EVENT_TRANSFER with its cloud; known: as it was judged with. */
void slivers_add(struct slivers *s, const struct known *known,
    const struct sliver_told *told, const struct event *e);

/* What they were pieces of. */
void slivers_judge(struct slivers *s, const struct sliver_told *told);

uint64_t slivers_refused(const struct slivers *s);

#endif
