// SPDX-License-Identifier: Apache-2.0
#include "inference/resumed.h"

#include <stdlib.h>

#define HTTP2_FRAME	16384
#define FRAME_HEAD	9

static bool
may_be_piece(const struct inference_item *i)
{
	return i->carrier != INFERENCE_QUIC && i->min == i->max && !i->in &&
	    i->max >= RESUMED_LEAST;
}

static uint64_t
less_frames(const struct inference_item *i)
{
	uint64_t frames = (i->max + HTTP2_FRAME + FRAME_HEAD - 1) /
	    (HTTP2_FRAME + FRAME_HEAD);

	return i->carrier == INFERENCE_HTTP2 ? i->max - frames * FRAME_HEAD :
					       i->max;
}

/* Headers in a record of their own; 0 where they are not known to be. */
static uint32_t
head_of(const struct inference_item *i)
{
	return i->start_count && i->starts[0] <= MODEL_OFFSET_MAX ?
	    i->starts[0] : 0;
}

static void
join(struct inference_item *items, uint32_t a, uint32_t b, uint32_t made)
{
	const struct inference_item *end = &items[b];
	struct inference_item *both = &items[made];
	bool exact = items[a].carrier == INFERENCE_STREAM && head_of(&items[a]);

	*both = *end;
	both->carrier = INFERENCE_STREAM;
	both->far_end = end->far_end | INFERENCE_RESUMED;
	both->part = less_frames(&items[a]) - head_of(&items[a]);
	both->min = both->max = both->part + less_frames(end);
	both->group = both->in = both->also_in = 0;
	both->before = both->end = 0;
	both->start_count = exact && end->carrier == INFERENCE_STREAM ?
	    end->start_count : 0;
	both->packets += items[a].packets;
	items[a].also_in = made + 1;
	items[b].in = made + 1;
}

size_t
resumed_join(struct inference_item *items, size_t first, size_t count, size_t max)
{
	size_t all = count, far_ends = 1;
	uint32_t *last;			/* by far end: index and one */

	for (size_t i = 0; i < first; i++)
		if (items[i].far_end >= far_ends)
			far_ends = items[i].far_end + (size_t)1;
	last = calloc(far_ends, sizeof(*last));
	for (uint32_t i = 0; last && i < first && all < max; i++) {
		uint32_t *before = &last[items[i].far_end];

		if (!may_be_piece(&items[i]))
			continue;
		if (*before)
			join(items, *before - 1, i, (uint32_t)all++);
		*before = i + 1;
	}
	free(last);
	return all;
}
