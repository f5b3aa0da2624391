/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_INFER_SUM_H
#define ENGINE_INFER_SUM_H

#include "canary/set.h"
#include "engine/infer.h"

/*
 * Canaries that went out side by side, as a sum, written into the runs of bytes
 * that they may have gone out in. Where a run's bytes belong is not known: of each
 * file as many bytes are put into the run that it ended in, and then into those
 * before, as find room there. For infer.c only.
 */
struct infer_sum {
	const struct infer_case *in;
	const struct set *set;
	const struct inference_sum *sum;
	uint32_t group;			/* index */
	double p;			/* of all sets together */
};

int infer_sum_lay(const struct infer_sum *s) must_check;

/* Why the connection's requests were not told apart, to those of its runs that
 * nothing was inferred of; nothing where there is no hint of canaries. */
void infer_sum_refuse(const struct infer_sum *s);

#endif
