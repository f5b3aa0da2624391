/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_MATCH_SAY_H
#define CONTENT_MATCH_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "content/known/match.h"

/*
 * How much runs of a known file say, in bits: whether they name it, or could stand
 * in any file of its kind. The same bytes at several places of it (the heads of
 * an archive's entries, pages that are empty) are counted once. For match_judge.c.
 */

#define MATCH_SAID_BITS	8192

struct match_say {
	double bits;		/* as far as is asked for */
	uint64_t said[MATCH_SAID_BITS / 64];	/* by hashes of eight bytes */
};

/* Equal bytes at the start of a run, and at its end, as far as one block shows. */
uint64_t match_say_head(const struct known *k, const struct match_run *r);
uint64_t match_say_tail(const struct known *k, const struct match_run *r);

/* Adds what a run says and none before it. */
void match_say_hear(struct match_say *s, const struct known *k,
    const struct match_run *r);

bool match_say_is_enough(const struct match_say *s);

#endif
