/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_OBJECTS_H
#define ENGINE_OBJECTS_H

#include "verdict/event.h"

/*
 * Which of the files that transfers bring whole are kept: each content once, as
 * many as the ceilings allow, in the order of the events. The merge asks.
 */

/* The seal of a case is one line that names all files: 128 of these and 256 of
 * packets fit. */
#define OBJECTS_MAX		128u
#define OBJECTS_BYTES_MAX	(512ull << 20)

struct objects {
	uint8_t seen[OBJECTS_MAX][32];	/* SHA-256 of those kept */
	unsigned count;
	uint64_t bytes;
};

/* Settles kept and object of the transfer's files. */
void objects_choose(struct objects *o, const struct event_transfer *t);

#endif
