/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "report/render.h"

/* What the files that write the HTML report share. */

/* The style sheet; its SHA-256 stands in the Content-Security-Policy. */
extern const char html_style[];

/* Rows that a table shows; the others are counted below it. */
#define HTML_ROWS_MAX	1000

void html_cell(struct buf *b, struct span text);
void html_number(struct buf *b, uint64_t n);

void html_destinations(const struct model *m, struct buf *b);
void html_files(const struct model *m, struct buf *b);
void html_lookups(const struct model *m, struct buf *b);
void html_anomalies(const struct model *m, struct buf *b);
void html_coverage(const struct model *m, struct buf *b);
/* "and 12 more ..." below a table. */
void html_more(struct buf *b, uint64_t more, const char *where);

#endif
