/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPERIMENT_TALLY_H
#define EXPERIMENT_TALLY_H

#include "base/buf.h"
#include "experiment/outcome.h"

/*
 * The table at the end of an experiment: of so many canaries, how many went out
 * whole, proven or inferred, in part, by their hash alone, or not at all; in
 * all, by type, size and phase. Intervals are by session, for the canaries of
 * one session are not independent: products remember.
 */
void tally_write(const struct outcomes *o, struct buf *out);

#endif
