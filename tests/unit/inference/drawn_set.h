/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_INFERENCE_DRAWN_SET_H
#define UNIT_INFERENCE_DRAWN_SET_H

/* A drawn set of canaries and what its redraws say, for the tests of inference. */

#include <stdint.h>

#include "inference/inference.h"

#define COUNT	20
#define REDRAWS	1999

static uint64_t sizes[COUNT];
static uint8_t types[COUNT];
static struct inference_set set;
static struct inference_null *null;

static inline int
draw_set(const char *seed)
{
	struct code code = code_for(COUNT);

	for (int i = 0; i < COUNT; i++)
		types[i] = (uint8_t)(i % FORM_TYPE_COUNT);
	if (code_draw(&code, span_str(seed), sizes))
		return -1;
	set = (struct inference_set){ code, seed, sizes, types, NULL };
	return inference_null_new(&set, REDRAWS, &null);
}

static inline int
tear_down(void **state)
{
	inference_null_free(null);
	return 0;
}

#endif
