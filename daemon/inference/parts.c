// SPDX-License-Identifier: Apache-2.0
#include "inference/parts.h"

#include <stdlib.h>

#define HTTP2_FRAME	16384
#define FRAME_HEAD	9

/* Lengths that clients cut files into, the longest first. */
static const uint32_t usual[] = {
	8u << 20, 5u << 20, 5000000, 4u << 20, 2u << 20, 2000000, 1u << 20,
	1000000, 512u << 10, 500000, 256u << 10, 250000, 200000, 128u << 10,
	100000, 64u << 10,
};

/* Parts to a far end that no shorter one came behind so far. */
struct run {
	uint32_t len;		/* of the file in each; 0: there are none */
	uint32_t count, first;
	uint64_t head;		/* of the last one */
};

static uint64_t
frames_in(const struct inference_item *i, uint64_t body)
{
	return i->carrier != INFERENCE_HTTP2 ? 0 :
	    (body + HTTP2_FRAME - 1) / HTTP2_FRAME * FRAME_HEAD;
}

/* How much of a file a transfer is that has a usual length; 0: none has. */
static uint32_t
part_len(const struct inference_item *i, uint64_t *ret_head)
{
	for (size_t k = 0; k < sizeof(usual) / sizeof(*usual); k++) {
		uint64_t least = usual[k] + frames_in(i, usual[k]);

		if (i->max > least && i->max - least <= PARTS_HEAD_MAX) {
			*ret_head = i->max - least;
			return usual[k];
		}
	}
	return 0;
}

static bool
goes_on(const struct run *r, uint32_t len, uint64_t head)
{
	uint64_t differ = head > r->head ? head - r->head : r->head - head;

	return r->len && len == r->len && differ <= PARTS_HEAD_VARY;
}

/* The parts of the run and the one at index last behind them, as one. */
static void
join(struct inference_item *items, const struct run *r, uint32_t last,
    uint32_t made)
{
	struct inference_item *end = &items[last], *all = &items[made];
	uint64_t frames = end->carrier == INFERENCE_HTTP2 ? (end->max +
	    HTTP2_FRAME + FRAME_HEAD - 1) / (HTTP2_FRAME + FRAME_HEAD) *
	    FRAME_HEAD : 0;
	uint64_t body = end->max - frames;

	*all = *end;
	all->carrier = INFERENCE_STREAM;
	all->min = all->max = (uint64_t)r->len * r->count + body;
	all->group = all->before = 0;
	if (r->len % HTTP2_FRAME || frames)
		all->end = 0;
	all->start_count = frames ? 0 : end->start_count;
	for (uint32_t i = r->first; i < last; i++) {
		if (items[i].far_end != end->far_end || items[i].part != r->len)
			continue;
		items[i].in = made + 1;
		all->packets += items[i].packets;
	}
	end->part = body > r->head ? body - r->head : 0;
	end->in = made + 1;
}

/* Those that nothing shorter came behind are no parts. */
static void
drop(struct inference_item *items, struct run *r, uint32_t to)
{
	uint32_t far_end = items[r->first].far_end;

	for (uint32_t i = r->first; r->len && i < to; i++)
		if (items[i].far_end == far_end && !items[i].in)
			items[i].part = 0;
	*r = (struct run){ 0 };
}

static bool
take(struct inference_item *items, struct run *r, uint32_t index,
    uint32_t made)
{
	struct inference_item *i = &items[index];
	uint64_t head = 0;
	uint32_t len = part_len(i, &head);
	bool ends = r->len && i->max < r->len;

	if (goes_on(r, len, head)) {
		r->count++;
		r->head = head;
		i->part = len;
		return false;
	}
	if (ends)
		join(items, r, index, made);
	drop(items, r, index);
	if (!ends && len) {
		*r = (struct run){ len, 1, index, head };
		i->part = len;
	}
	return ends;
}

size_t
parts_join(struct inference_item *items, size_t count, size_t max)
{
	size_t all = count, far_ends = 1;
	struct run *runs;

	for (size_t i = 0; i < count; i++)
		if (items[i].far_end >= far_ends)
			far_ends = items[i].far_end + (size_t)1;
	runs = calloc(far_ends, sizeof(*runs));
	for (uint32_t i = 0; runs && i < count && all < max; i++)
		if (items[i].carrier != INFERENCE_QUIC &&
		    items[i].min == items[i].max)
			all += take(items, &runs[items[i].far_end], i,
			    (uint32_t)all);
	for (size_t i = 0; runs && i < far_ends; i++)
		drop(items, &runs[i], (uint32_t)count);
	free(runs);
	return all;
}
