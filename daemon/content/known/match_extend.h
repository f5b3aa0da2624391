/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_MATCH_EXTEND_H
#define CONTENT_MATCH_EXTEND_H

#include "content/known/match.h"

/* Comparing a run's file with the stream, byte by byte, both ways. */

/*
 * Follows a run through the n bytes at p, which come next in the stream. True
 * if it reached their end and may go on.
 */
bool match_follow(struct matcher *m, struct match_run *r, const uint8_t *p,
    size_t n);

/*
 * Moves a run's start back from its anchor as far as file and stream agree:
 * through what the stream keeps, through repeating bytes before that, and then
 * through what other runs say the stream was, file against file.
 */
void match_back(struct matcher *m, struct match_run *r,
    const struct anchor *a);

#endif
