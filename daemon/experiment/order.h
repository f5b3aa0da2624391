/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPERIMENT_ORDER_H
#define EXPERIMENT_ORDER_H

#include "experiment/plan.h"

/*
 * What the experiment's seed decides: in what order the phases of a session
 * come, in what order its canaries are handed out, and the seed that they are
 * drawn from. Pure; the same seed gives the same order.
 */

/* Indexes of p->phases. Neighbours that are to be shuffled change places among
 * each other; all others stay where they are. */
int order_phases(const struct plan *p, const char *seed, unsigned session,
    unsigned ret_order[static PLAN_PHASES_MAX]) must_check;

/* A permutation of 0 to count - 1, another for each phase and session. */
int order_canaries(const char *seed, unsigned session, const char *phase,
    size_t count, size_t *ret_order) must_check;

/* 64 hex digits and a NUL. */
int order_seed(const char *seed, unsigned session, char ret_seed[static 65])
	must_check;

#endif
