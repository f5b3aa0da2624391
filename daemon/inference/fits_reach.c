// SPDX-License-Identifier: Apache-2.0
#include "inference/fits_reach.h"

#include <stdlib.h>

#define NONE	((struct fits_reach){ 1, 0 })
#define WRAPS_QUIC	MODEL_GZIP	/* those before it */

bool
fits_carries(const struct inference_item *item, unsigned frame)
{
	switch (item->carrier) {
	case INFERENCE_STREAM:
		/* Of TLS 1.3 it is not seen which of the protocols that the
		 * client offered was chosen. */
		return frame != MODEL_HTTP2 && frame < MODEL_QUIC;
	case INFERENCE_HTTP2:
		return frame <= MODEL_HTTP2_WRITES;
	default:
		return frame >= MODEL_QUIC;
	}
}

unsigned
fits_wraps(unsigned frame)
{
	return frame >= MODEL_QUIC ? WRAPS_QUIC : MODEL_WRAP_COUNT;
}

/* In QUIC what packing gains or adds is less than what is not known of packets.
 * In chunks go files as they are, and what is packed while it is sent. */
bool
fits_may_be(unsigned wrap, unsigned frame)
{
	if (frame >= MODEL_QUIC)
		return wrap < WRAPS_QUIC;
	return frame < MODEL_CHUNKED || wrap == MODEL_RAW ||
	    wrap == MODEL_GZIP;
}

static uint64_t
framed(unsigned frame, uint64_t len, uint64_t packets)
{
	return len + model_frames((enum model_frame)frame, len, packets);
}

/* One more than the longest body that is, framed, no longer than max: framing
 * never makes the longer of two the shorter. */
static uint64_t
bodies_up_to(unsigned frame, uint64_t packets, uint64_t max)
{
	uint64_t frames = model_frames((enum model_frame)frame, max, packets);
	uint64_t len = max > frames ? max - frames : 0;

	if (framed(frame, 0, packets) > max)
		return 0;
	len = max - model_frames((enum model_frame)frame, len, packets);
	while (framed(frame, len, packets) > max)
		len--;
	return len + 1;
}

struct fits_reach
fits_reach_of(const struct inference_item *item, unsigned frame, unsigned wrap)
{
	uint64_t shorter = model_shorter((enum model_wrap)wrap);
	uint64_t max = item->max + shorter, width = item->max - item->min;
	uint64_t left = MODEL_OFFSET_MAX + shorter + width, from, to;

	/* Bounds that are wide say nothing. */
	if (width > MODEL_OFFSET_MAX || !fits_carries(item, frame) ||
	    !fits_may_be(wrap, frame) || max > UINT32_MAX)
		return NONE;
	if (left > 2 * MODEL_OFFSET_MAX)
		left = 2 * MODEL_OFFSET_MAX;
	to = bodies_up_to(frame, item->packets, max);
	from = max > left ? bodies_up_to(frame, item->packets, max - left - 1) : 0;
	return to <= from ? NONE :
	    (struct fits_reach){ (uint32_t)from, (uint32_t)(to - 1) };
}

size_t
fits_reach_at(unsigned frame, size_t order_count)
{
	size_t before = frame < MODEL_QUIC ? frame * MODEL_WRAP_COUNT :
	    MODEL_QUIC * MODEL_WRAP_COUNT + (frame - MODEL_QUIC) * WRAPS_QUIC;

	return before * order_count;
}

struct fits_reach *
fits_reach_all(const struct inference_item *items, const uint32_t *order,
    size_t order_count)
{
	struct fits_reach *all = calloc(fits_reach_at(MODEL_FRAME_COUNT,
	    order_count) + 1, sizeof(*all)), *next = all;

	for (unsigned frame = 0; all && frame < MODEL_FRAME_COUNT; frame++)
		for (size_t i = 0; i < order_count; i++)
			for (unsigned w = 0; w < fits_wraps(frame); w++)
				*next++ = fits_reach_of(&items[order[i]],
				    frame, w);
	return all;
}
