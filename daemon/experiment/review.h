/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EXPERIMENT_REVIEW_H
#define EXPERIMENT_REVIEW_H

#include "experiment/outcome.h"

/*
 * What an experiment's case says of its canaries. For each session its canaries
 * are written anew, with their manifest, into known/N of the experiment's
 * folder, and the packets of the case are replayed with them known: sizes are
 * judged session by session, each at telltap's own rate of false alarms.
 * The events are kept in session-N.jsonl. To be done again at any time: what is
 * there is written over.
 */
#define REVIEW_ERROR_MAX 512

int review(struct outcomes *o, const char *seed,
    char ret_error[static REVIEW_ERROR_MAX]) must_check;

#endif
