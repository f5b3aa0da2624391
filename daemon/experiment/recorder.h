/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPERIMENT_RECORDER_H
#define EXPERIMENT_RECORDER_H

#include <sys/types.h>

#include "experiment/plan.h"

/*
 * The `telltap watch` that records an experiment, a process of its own: from
 * its start to the case that it has sealed. All zero is one not started.
 */
struct recorder {
	pid_t pid;
	char case_dir[PLAN_PATH_MAX];
	char error[256];	/* of the last failure */
};

/* Returns when it takes marks. -EINTR if a signal stopped the experiment. */
int recorder_start(struct recorder *r, const struct plan *p) must_check;
int recorder_mark(struct recorder *r, const char *text) must_check;
/* Returns when its case is sealed; at once if there is none. */
int recorder_end(struct recorder *r) must_check;

#endif
