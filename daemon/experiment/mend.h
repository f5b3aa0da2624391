/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPERIMENT_MEND_H
#define EXPERIMENT_MEND_H

#include "experiment/plan.h"

/*
 * Puts a lab right whose experiment was killed: its journal says what was begun.
 * Called before an experiment begins. What was recorded stays; the recorder has
 * ended with its experiment.
 */
#define MEND_ERROR_MAX 512

struct mended {
	bool any;		/* there was one that was cut off and left things */
	bool network;		/* it is restored */
	size_t canaries;	/* that were removed, whole or begun */
};

/* By the plan that the experiment had: -EINVAL if this is another one. */
int mend_lab(const struct plan *p, const char *plan_path,
    struct mended *ret_mended, char ret_error[static MEND_ERROR_MAX]) must_check;

#endif
