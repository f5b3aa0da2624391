/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include "report/format.h"
#include "report/model.h"

/* What the files that write tables of CSV share. Each cell ends with a comma,
 * which the end of the row turns into the line's end. */

void csv_cell(struct buf *b, struct span text);
void csv_number(struct buf *b, uint64_t n);
void csv_flag(struct buf *b, bool v);
void csv_when(struct buf *b, uint64_t ns);
void csv_end_row(struct buf *b);

void csv_categories(const struct model *m, struct buf *b);
void csv_processes(const struct model *m, struct buf *b);
void csv_reads(const struct model *m, struct buf *b);
void csv_vendors(const struct model *m, struct buf *b);
void csv_phases(const struct model *m, struct buf *b);
void csv_timeline(const struct model *m, struct buf *b);

#endif
