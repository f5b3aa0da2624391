/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "report/model.h"

/* Parts of the terminal's report that not every case has. */
void text_categories(const struct model *m, struct buf *b);
void text_vendors(const struct model *m, struct buf *b);
void text_reads(const struct model *m, struct buf *b);
void text_processes(const struct model *m, struct buf *b);

#endif
