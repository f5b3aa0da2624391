/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_ANCHOR_THIN_H
#define CONTENT_ANCHOR_THIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "content/known/anchor_stream.h"

/*
 * So that a file may be of any size and its anchors still fit in memory, fewer
 * are kept the farther in they lie: up to ANCHOR_DENSE bytes all of them, and
 * from there on half as many with each doubling of the offset. Kept is the
 * lowest of each window, as anchors are chosen, of a window that doubles: any
 * run of ANCHOR_RUN bytes is found in the first 128 MiB, any of 2 * ANCHOR_RUN
 * up to 256 MiB, any of 128 * ANCHOR_RUN (32 KiB) up to 16 GiB.
 */

#define ANCHOR_DENSE	(128ull << 20)
#define ANCHOR_WAITING	64

/* An anchor with what is known of it while its bytes are there. */
struct anchor_kept {
	struct anchor anchor;
	struct anchor_sides sides;
};

struct anchor_thin {
	uint64_t dense;
	/* Those that may be the lowest of a window to come: each of a higher
	 * rank than the one before it; the first has been given out. */
	struct anchor_kept waiting[ANCHOR_WAITING];
	size_t count;
};

void anchor_thin_init(struct anchor_thin *t, uint64_t dense);

/* How often the window has doubled at an offset. */
unsigned anchor_thin_class(const struct anchor_thin *t, uint64_t offset);

/*
 * anchor_thin_next - the next anchor of a file, in order. What is to be kept of
 * it and those before is given out, each once. Returns how many.
 */
size_t anchor_thin_next(struct anchor_thin *t, const struct anchor_kept *next,
    struct anchor_kept ret_kept[static ANCHOR_WAITING + 1]);

#endif
