/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INFERENCE_RESUMED_H
#define INFERENCE_RESUMED_H

#include "inference/inference.h"

/*
 * Files that went out in two pieces of any length, as an upload does that was
 * stopped and resumed: any two transfers to one far end, one after the other, make
 * one more item, as long as both but for the headers of the first where those have
 * a record of their own. They are held apart from other items, as if they went to a
 * far end of their own, and weigh a tenth: few uploads are resumed. Pure.
 */
#define RESUMED_LEAST	4096	/* bytes of a piece */

/* Adds such items behind the first count of items, which has room for max; only of
 * the first of them, which are no parts of anything yet. Returns how many there are
 * then. */
size_t resumed_join(struct inference_item *items, size_t first, size_t count,
    size_t max);

#endif
