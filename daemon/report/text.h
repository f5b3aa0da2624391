/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "report/model.h"

/* Parts of the terminal's report; most of them not every case has. */

/* With seconds above 0, a column for what went out since model_dest's
 * shown_out, that many seconds ago. */
void text_dests(const struct model *m, double seconds, struct buf *b);
void text_files(const struct model *m, struct buf *b);
void text_categories(const struct model *m, struct buf *b);
void text_vendors(const struct model *m, struct buf *b);
void text_reads(const struct model *m, struct buf *b);
void text_processes(const struct model *m, struct buf *b);

#endif
