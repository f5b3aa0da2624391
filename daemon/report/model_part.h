/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_MODEL_PART_H
#define REPORT_MODEL_PART_H

#include "report/model.h"

/* What the files that fill a model share. All return 0 or -ENOMEM. */

int model_keep(struct model *m, struct span *dst, struct span text);

int model_add_transfer(struct model *m, const struct event *e);
int model_add_flow(struct model *m, const struct event *e);
int model_add_file_total(struct model *m, const struct event *e);

static inline struct span
model_scratch(const struct model *m)
{
	return (struct span){ m->scratch.data, m->scratch.len };
}

#endif
