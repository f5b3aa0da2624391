/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SLIVER_CHAIN_H
#define ENGINE_SLIVER_CHAIN_H

#include "base/span.h"
#include "content/known/match.h"
#include "verdict/event.h"

/*
 * Pieces of known files in whatever order they came, for slivers.c: where one ends
 * as a file goes on another may begin. A piece alone names nothing; those that
 * follow one another in a file without a gap do, as a run of as many bytes in one
 * stream does. And what is missing of a file that is named otherwise may be among
 * them. Every byte is compared.
 */

struct chain_piece {
	struct span bytes;
	uint64_t at;		/* in the order in which they came */
	const void *owner;	/* the caller's */
	size_t index;
	bool told;		/* it is already known what it is of */
	bool used;		/* by sliver_chain_fill() */
};

struct sliver_chain;

/* The pieces are the caller's, and live as long, as does *work: so many pieces are
 * compared at most, and what is left of it stays there. NULL if memory is out. */
struct sliver_chain *sliver_chain_new(const struct known *known,
    struct chain_piece *pieces, size_t count, uint64_t *work);
void sliver_chain_free(struct sliver_chain *c);

/* The runs that chains of MATCH_MIN_RUN bytes and more are of, piece by piece, each
 * at its place in the order in which they came; to be judged, and freed with
 * matcher_free(). NULL: none. */
struct matcher *sliver_chain_find(struct sliver_chain *c);

/* Calls told for each piece, once, that is of what lies between the ranges of a
 * content, with what of the file it is. */
void sliver_chain_fill(struct sliver_chain *c, uint32_t content,
    const struct event_range *ranges, size_t count,
    void (*told)(void *arg, const struct chain_piece *p,
    struct event_range of_file), void *arg);

#endif
