/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "report/render.h"

/* What the files that write the HTML report share. */

/* The style sheet; its SHA-256 stands in the Content-Security-Policy. */
extern const char html_style[];
/* Sorts and filters tables; the page can be read without. Its SHA-256 too. */
extern const char html_script[];

/* A page stays below 1 MB: a table may have that many rows and a third of the
 * bytes that those before it left; the other rows are counted below it. */
#define HTML_ROWS_MAX	1000
#define HTML_PAGE_MAX	850000
#define HTML_TABLE_MIN	16384

/* Head and end of a page; the title is escaped. */
void html_begin_page(struct buf *b, struct span title);
void html_end_page(struct buf *b);

/* What a plain-text writer says, escaped. */
void html_words(struct buf *b, const struct model *m,
    void (*write)(const struct model *m, struct buf *out));
void html_cell(struct buf *b, struct span text);
/* The name of a destination, which may break behind each dot. */
void html_host(struct buf *b, struct span name);
void html_number(struct buf *b, uint64_t n);

void html_first_screen(const struct model *m, struct buf *b);
void html_destinations(const struct model *m, struct buf *b);
void html_files(const struct model *m, struct buf *b);
void html_lookups(const struct model *m, struct buf *b);
void html_anomalies(const struct model *m, struct buf *b);
void html_coverage(const struct model *m, struct buf *b);
void html_timeline(const struct model *m, struct buf *b);
void html_volumes(const struct model *m, struct buf *b);
void html_categories(const struct model *m, struct buf *b);
void html_vendors(const struct model *m, struct buf *b);
void html_reads(const struct model *m, struct buf *b);
void html_processes(const struct model *m, struct buf *b);
void html_kernel(const struct model *m, struct buf *b);
void html_method(const struct model *m, struct buf *b);

/* The rows of a table so far. */
struct html_rows {
	size_t start, listed;
};

/* Headings: a leading '#' marks a column of numbers. */
struct html_rows html_begin_table(struct buf *b, const char *caption,
    const char *const *headings);
/* True, and the row counts as listed, if there is room for one more. */
bool html_row(struct html_rows *rows, const struct buf *b);
/* Of all rows that there were, those not listed are counted below. */
void html_end_table(struct buf *b, const struct html_rows *rows, uint64_t all);
/* "and 12 more ..." below a table. */
void html_more(struct buf *b, uint64_t more, const char *where);

#endif
