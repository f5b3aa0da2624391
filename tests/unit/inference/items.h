/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_INFERENCE_ITEMS_H
#define UNIT_INFERENCE_ITEMS_H

/* Transfers to one far end, and what is inferred of them. */

#include "drawn_set.h"

static struct inference_item items[64];
static struct inference_result results[64];

static inline void
item(size_t i, uint64_t len)
{
	items[i] = (struct inference_item){ .min = len, .max = len };
}

static inline void
run(size_t count)
{
	assert_int_equal(inference_run(null, &set, items, count, 0.001,
	    results), 0);
}

#endif
