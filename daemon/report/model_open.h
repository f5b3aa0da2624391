/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_MODEL_OPEN_H
#define REPORT_MODEL_OPEN_H

#include "report/model.h"

/*
 * How much each destination was sent. A flow's end tells of all its bytes, and
 * which destination it had in the end; its transfers came before, and those of a
 * proxy's connection, or from before a name was known, may have had others. Each
 * byte counts once. Transfers of flows that have not ended count by themselves, in
 * open_out and open_in of their destination.
 *
 * Above MODEL_OPEN_MAX flows that are open at once, and of one flow above
 * MODEL_OPEN_PARTS_MAX destinations, bytes count with the flow's end alone.
 */
#define MODEL_OPEN_MAX		(1u << 20)
#define MODEL_OPEN_PARTS_MAX	256u

void model_open_transfer(struct model *m, uint64_t flow, struct model_dest *d,
    const struct event_transfer *t);
void model_open_end(struct model *m, const struct event_flow *flow,
    struct model_dest *d);
/* All flows have ended: what is left are transfers that were told only after their
 * flow, which counted them. */
void model_open_finish(struct model *m);
/* A run is over, some of whose flows have no end in the log: numbers may come
 * again. */
void model_open_forget(struct model *m);

#endif
