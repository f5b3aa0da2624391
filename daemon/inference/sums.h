/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INFERENCE_SUMS_H
#define INFERENCE_SUMS_H

#include "inference/fits.h"

/*
 * Canaries that went out side by side on one connection of HTTP/2: what was sent
 * is their sum. Each ends with a frame as long as what is left of it when it is
 * cut into 16384 bytes, and a record shows that. Those whose last frame may be
 * among the records are taken for sent where they explain all that went out, but
 * for headers, and where no other choice of them does. For this room only.
 */
struct sums_found {
	double score;
	uint32_t group;			/* index of the case's groups */
	uint8_t wrap;			/* enum model_wrap */
	uint32_t count;
	struct sums_member {
		uint16_t canary;
		uint32_t item;		/* in which it ended */
		uint64_t len;		/* of its body in frames */
	} members[INFERENCE_SUM_MAX];
};

/* Why a group has no answer. */
enum inference_why sums_in_group(const struct fits *f,
    const struct fits_code *c, uint32_t group, struct sums_found *ret_found);

/* The best of all groups that are not claimed; false if none has an answer. */
bool sums_best(const struct fits *f, const struct fits_code *c,
    struct sums_found *ret_found);

#endif
