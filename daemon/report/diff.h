/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_DIFF_H
#define REPORT_DIFF_H

#include "report/model.h"

/* Two cases beside each other: what each sent, how often in an hour, what is
 * new in the second and what is gone. The models are settled. */

/* A count, and what it says of the rate. */
struct diff_rate {
	uint64_t count;
	bool known;		/* the case has a length */
	double rate, low, high;	/* per hour; exact Poisson interval of 95 % */
};

struct diff_rate diff_rate_of(const struct model *m, uint64_t count);
/* The intervals have nothing in common. */
bool diff_rates_differ(const struct diff_rate *a, const struct diff_rate *b);

/* One line of a table of both. */
struct diff_row {
	const struct table_row *a, *b;	/* NULL where it is not */
};

/* Rows of two tables by key: those of a in its order, then those only in b.
 * Freed with free(3); NULL if there are none or memory is out. */
struct diff_row *diff_rows(const struct table *a, const struct table *b,
    size_t *ret_count);

void diff_text(const struct model *a, const struct model *b,
    const char *name_a, const char *name_b, struct buf *out);
void diff_json(const struct model *a, const struct model *b,
    const char *name_a, const char *name_b, struct buf *out);

void diff_html(const struct model *a, const struct model *b,
    const char *name_a, const char *name_b, struct buf *out);

/* What rates can't tell; plain text. */
extern const char diff_caution[];
/* "new" "gone" "both". */
const char *diff_status(const struct diff_row *r);

/* What all formats list: a table of each model and the words for a row. */
struct diff_table {
	const char *name, *title;
	size_t offset;		/* of the table in the model */
	void (*label)(const struct diff_row *r, struct buf *out);	/* or NULL */
	void (*describe)(const struct table_row *r, struct buf *out);
	uint64_t (*count)(const struct table_row *r);
	uint64_t (*bytes)(const struct table_row *r);
};

/* Ends with a NULL name. */
extern const struct diff_table diff_tables[];
const struct table *diff_table_of(const struct model *m,
    const struct diff_table *t);
/* The words for a row: what it was in each, and of what. */
void diff_describe(const struct diff_table *t, const struct diff_row *r,
    struct buf *out);
/* "12.3", "1,739". */
void diff_put_rate(struct buf *b, double per_hour);

uint64_t diff_kind_count(const struct model *m, enum kind k);

#endif
