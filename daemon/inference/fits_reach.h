/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INFERENCE_FITS_REACH_H
#define INFERENCE_FITS_REACH_H

#include "inference/inference.h"

/*
 * Which lengths of a body, in one wrapping and one frame, a transfer can be: they
 * hang on the traffic alone, so that they are found once for all codes. For this room
 * only.
 */
struct fits_reach {
	uint32_t from, to;	/* from is the greater one: none fits */
};

/* Does the transfer's carrier have that frame, and can the wrapping be told in it? */
bool fits_carries(const struct inference_item *item, unsigned frame);
unsigned fits_wraps(unsigned frame);
bool fits_may_be(unsigned wrap, unsigned frame);

struct fits_reach fits_reach_of(const struct inference_item *item, unsigned frame,
    unsigned wrap);

/* Of each item in order: the part of ret's that one frame has begins at
 * fits_reach_at() and has fits_wraps() for each item. NULL without memory. */
struct fits_reach *fits_reach_all(const struct inference_item *items,
    const uint32_t *order, size_t order_count);
size_t fits_reach_at(unsigned frame, size_t order_count);

#endif
