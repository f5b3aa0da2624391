// SPDX-License-Identifier: Apache-2.0
/*
 * What sets of fits share: how often chance makes a fit, and how far offsets may be
 * apart. In QUIC two offsets differ by what the frame takes for each packet, so that
 * of two transfers one that was no canary finds a frame in which it agrees with a true
 * one far more often than in a given frame: all frames count then. Where there are
 * more the true ones tell the frame.
 */
#include "inference/fits.h"

#include <math.h>
#include <stdlib.h>

#define OFFSET_LEAST	64	/* headers that are shorter count as if not */
#define CHANCE_MAX	0.01	/* of another transfer among a set's offsets */

/* What a wrapping does to the distance between two lengths. */
static const double stretch[MODEL_WRAP_COUNT] = {
	1, 4 / 3.0, 2, 1, 1, 4 / 3.0, 4 / 3.0, 1, 1, 1, 1,
};

/* What is asked for again and again of each code, found once. */
void
fits_chance_init(struct fits *f)
{
	for (int w = 0; w < MODEL_WRAP_COUNT; w++) {
		f->densities[w] = f->density / stretch[w];
		f->densities[FITS_ANY] += f->densities[w];
	}
	for (int64_t i = 0; i < FITS_LOGS; i++) {
		f->log_spread[i] = log((double)(2 * i + 1));
		f->log_offsets[i] = log(fits_offsets(i));
	}
	for (unsigned i = MODEL_QUIC; i < MODEL_FRAME_COUNT; i++)
		f->quic_frames += model_frame_weight((enum model_frame)i);
}

double
fits_density(const struct fits *f, unsigned wrap)
{
	return f->densities[wrap];
}

double
fits_log_spread(const struct fits *f, int64_t spread)
{
	return spread < FITS_LOGS ? f->log_spread[spread] :
				    log((double)(2 * spread + 1));
}

double
fits_log_offsets(const struct fits *f, int64_t offset)
{
	return llabs(offset) < FITS_LOGS ? f->log_offsets[llabs(offset)] :
					   log(fits_offsets(offset));
}

static double
wrap_weight(unsigned wrap)
{
	return wrap == FITS_ANY ? 0.5 : model_wrap_weight((enum model_wrap)wrap);
}

double
fits_weight(const struct fits_set *set)
{
	return wrap_weight(set->wrap) * (set->named ? 0.5 : 1) *
	    (set->far_end & INFERENCE_RESUMED ? 0.1 : 1) *
	    model_frame_weight((enum model_frame)set->frame);
}

double
fits_choose(const struct fits *f, size_t count, size_t k)
{
	if (k > count)
		k = count;
	return f->log_factorial[count] - f->log_factorial[k] -
	    f->log_factorial[count - k];
}

double
fits_offsets(int64_t offset)
{
	return 2 * ((double)llabs(offset) + OFFSET_LEAST);
}

bool
fits_too_wide(const struct fits *f, size_t count, const struct fits_set *set,
    int64_t spread)
{
	/* all but those that the set needs beside the one that may be wrong */
	double others = (double)count - set->agreeing + 1;

	if (set->frame >= MODEL_QUIC && set->agreeing == 2)
		others *= f->quic_frames;
	return set->agreeing > 1 && others * fits_density(f, set->wrap) *
	    (double)(spread + 1) > CHANCE_MAX;
}

double
fits_alone(const struct fits *f, uint32_t item, enum model_wrap w,
    enum model_frame frame, int64_t offset)
{
	struct fits_set set = { .far_end = f->items[item].far_end,
		.frame = (uint8_t)frame, .wrap = (uint8_t)w };
	size_t count = 0;

	for (size_t i = 0; i < f->order_count; i++)
		count += f->items[f->order[i]].far_end == set.far_end;
	return -log((double)count * fits_density(f, w) *
	    fits_offsets(offset) / fits_weight(&set));
}
