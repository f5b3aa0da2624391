/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_MODEL_PART_H
#define REPORT_MODEL_PART_H

#include "report/model.h"

/* What the files that fill a model share. All return 0 or -ENOMEM. */

int model_keep(struct model *m, struct span *dst, struct span text);

/* Starts a key with the destination's; the rest is appended. */
struct buf *model_begin_key(struct model *m, const struct model_dest *d);

/* The name of the event's transfer. */
int model_keep_id(struct model *m, struct span *dst, const struct event *e);

int model_add_transfer(struct model *m, const struct event *e);
int model_add_host(struct model *m, struct model_dest *d,
    const struct event_flow *f);
int model_add_flow(struct model *m, const struct event *e);
/* model_file.c: a file of the event's transfer; of a FILE event. */
int model_add_file(struct model *m, struct model_dest *d, const struct event *e,
    const struct event_file *f);
int model_add_file_total(struct model *m, const struct event *e);

/* The row of the event's process; NULL if it has none or the table is full. */
int model_find_process(struct model *m, const struct event *e,
    struct model_process **ret_process);
int model_add_process(struct model *m, const struct event *e);
int model_add_read(struct model *m, const struct event *e);
int model_add_categories(struct model *m, struct model_dest *d,
    const struct event *e);
int model_add_volume(struct model *m, struct model_dest *d,
    const struct event *e);
/* Of the phase that is asked for, if one is. */
bool model_wants(const struct model *m, const struct event *e);
int model_add_mark(struct model *m, const struct event *e);
void model_add_to_phase(struct model *m, const struct event_transfer *t);
void model_add_time(struct model_time *t, const struct event_transfer *tr);
void model_settle_reads(struct model *m);
int model_add_vendors(struct model *m, const struct event *e);
void model_settle_vendors(struct model *m);

static inline struct span
model_scratch(const struct model *m)
{
	return (struct span){ m->scratch.data, m->scratch.len };
}

#endif
