/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_MATCH_H
#define CONTENT_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "content/known/anchor_stream.h"
#include "content/known/known_set.h"
#include "content/known/ranges.h"

/*
 * Finds known content in one stream of bytes. Anchors propose a place in a
 * file; from there bytes are compared both ways. A run that reaches the end of
 * what has come so far stays active and is compared as the stream flows, so
 * that no more of it is kept than the last few hundred bytes. What is found is
 * a function of the bytes, never of how they were cut.
 *
 * While a run covers the stream nothing is hunted: a file that shares the bytes
 * and goes on where the run ends is found by the first anchor behind, and is
 * then compared with the file that was followed, byte by byte, backwards.
 */

#define MATCH_MIN_RUN	ANCHOR_RUN
/* Behind a gap, a run is worth less when it is where a match had to go on. */
#define MATCH_MIN_RESUMED	16
/* Bytes of its own that name a file where others share the rest. */
#define MATCH_MIN_OWN	32

#define MATCH_ACTIVE_MAX	64
#define MATCH_RUNS_MAX	16384

struct match_run {
	uint32_t content;
	bool resumed;		/* predicted behind a gap */
	bool dead;
	uint64_t file_off, stream_off, len;
	uint64_t seed;		/* the anchor that proposed it */
	uint64_t reach;		/* where the last of it and all runs before it
				 * ends, once these are settled */
};

struct matcher {
	const struct known *known;
	struct anchor_stream stream;
	uint64_t offset;	/* bytes of the stream so far, gaps too */
	uint64_t skip_to;	/* hunting resumes here */
	uint64_t backward;	/* bytes compared file against file */
	struct match_run *runs;
	size_t run_count, run_cap;
	uint32_t active[MATCH_ACTIVE_MAX];
	unsigned active_count;
	size_t settled;		/* runs before this are, and all have reach */
	bool limited;		/* a ceiling was reached */
	bool unsure;		/* a file could not be read again as it was */
};

/* NULL if memory is out. */
struct matcher *matcher_new(const struct known *known);
void matcher_free(struct matcher *m);

void matcher_data(struct matcher *m, const uint8_t *p, size_t len);
void matcher_gap(struct matcher *m, uint64_t len);
void matcher_end(struct matcher *m);

/* match_settle - gives the runs that will not grow any more their reach. From
 * behind, whoever asks for a run that covers an offset may stop at the first
 * settled one whose reach is before it: there are as many runs as parts sent. */
void match_settle(struct matcher *m);

/* The stream's offset where a run ends. */
static inline uint64_t
match_run_end(const struct match_run *r)
{
	return r->stream_off + r->len;
}

/* What was found, judged; lives in the arena. Call after matcher_end(). */
struct scan_match *match_judge(const struct matcher *m, struct arena *a,
    size_t *ret_count);

#endif
