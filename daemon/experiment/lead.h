/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPERIMENT_LEAD_H
#define EXPERIMENT_LEAD_H

#include "experiment/plan.h"

/*
 * Leads a lab through a plan. In the folder that the plan names there are at
 * the end
 *
 *	case/		what `telltap watch` recorded, each phase marked in it
 *	journal.jsonl	what was done, and when
 *	commands.log	what the commands said
 *	recorder.log	what the recorder said
 *
 * Before anything else the SHA-256 of the plan and of the experiment's seed are
 * marked in the case; before each planting, that of the canaries' seed. No
 * manifest is written while it lasts. However it ends, the network is restored
 * if it was cut, the canaries that are as they were planted are removed, and
 * the recorder is told to end; of one that was killed mend.h does so. For the command
 * line, in its own process.
 */
#define LEAD_ERROR_MAX 512

/* seed_text: SET_SEED_MAX bytes at most. -EINTR when a signal stopped it. */
int lead_run(const struct plan *p, const char *plan_path,
    const char *seed_text, char ret_error[static LEAD_ERROR_MAX]) must_check;

#endif
