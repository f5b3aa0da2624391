/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INFERENCE_PARTS_H
#define INFERENCE_PARTS_H

#include "inference/inference.h"

/*
 * Files that went out in parts, each in a request of its own: transfers to one far
 * end, one after the other, that are all as long as a usual length of parts and
 * alike headers, and a shorter one behind them. What they are together is one more
 * item, as long as the file and the headers of the last part: which lengths parts
 * have hangs on the traffic alone, so that chance finds no more in it than
 * p_false says. Pure.
 */
#define PARTS_HEAD_MAX	2048	/* headers of a part */
#define PARTS_HEAD_VARY	64	/* that those of one file's parts differ by */

/* Adds such items behind the first count of items, which has room for max, and
 * marks those that they are made of. Returns how many there are then. */
size_t parts_join(struct inference_item *items, size_t count, size_t max);

#endif
