/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_FOLLOW_H
#define REPORT_FOLLOW_H

#include <stdbool.h>

#include "report/lines.h"

/*
 * The events of a case that is still being written, or of a case in parts, as
 * they come. Nothing waits here: whoever follows polls.
 */

struct follow;

/* -ENOENT if there is no such case yet. */
int follow_open(const char *case_dir, struct follow **ret_follow) must_check;
void follow_free(struct follow *f);

/*
 * follow_poll - calls on_event for each event that has been written since. A
 * line that is not whole yet is left for later. Returns 0, or a code with
 * follow_error() set.
 */
int follow_poll(struct follow *f, report_event_fn on_event, void *arg)
	must_check;
const char *follow_error(const struct follow *f);

/* True once the case has been sealed, and was read to its end. */
bool follow_ended(const struct follow *f);

#endif
