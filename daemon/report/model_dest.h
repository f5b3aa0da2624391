/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_MODEL_DEST_H
#define REPORT_MODEL_DEST_H

#include "report/model.h"

/* The destination of an event: a new row at its first event, the row for all
 * others once the table is full. 0 or -ENOMEM. */
int model_find_dest(struct model *m, const struct event *e,
    struct model_dest **ret_dest);

void model_dest_time(struct model_dest *d, uint64_t first_ns,
    uint64_t last_ns);

#endif
