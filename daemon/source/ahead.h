/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_AHEAD_H
#define SOURCE_AHEAD_H

#include "source/chunk.h"

/*
 * Reads the rest of an input ahead, on threads of its own, into chunks that are
 * handed over and not copied: reading a large file takes longer than decoding
 * it. A plain file is read by several threads, each a part of it in turn; what
 * has to be unpacked by one. Not for pipes: an idle one would hold up the end.
 * Used by a window, on its thread.
 */

#define AHEAD_THREADS_MAX	2u
#define AHEAD_PART_LEN	(512u << 10)	/* read at a time */
/* Room in front of the bytes, for the front of a record that straddles. */
#define AHEAD_FRONT_LEN	(64u << 10)

struct ahead;

/* From where the input stands. It must not be read by others any more, and must
 * live longer. NULL if there is no memory or no thread. */
struct ahead *ahead_new(struct input *in, struct chunk_pool *pool,
    unsigned threads);

/* Ends the threads, also in the middle of a file. Accepts NULL. */
void ahead_free(struct ahead *a);

/*
 * ahead_next - the next bytes, ret_len of them from AHEAD_FRONT_LEN on in a
 * chunk that is the caller's. 0, with ret_len 0 and no chunk at the end; or
 * what input_read() says.
 */
must_check int ahead_next(struct ahead *a, struct chunk **ret_chunk,
    size_t *ret_len);

#endif
