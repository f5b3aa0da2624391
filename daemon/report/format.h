/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_FORMAT_H
#define REPORT_FORMAT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

/* Numbers, times and untrusted texts as people read them. */

void format_count(struct buf *b, uint64_t n);		/* 33,412 */
void format_exact_bytes(struct buf *b, uint64_t n);	/* 150,016 B */
void format_bytes(struct buf *b, uint64_t n);		/* 1.2 MB, 310 kB */
void format_time(struct buf *b, uint64_t ns);		/* 14:03:22 */
void format_date_time(struct buf *b, uint64_t ns);	/* 2026-03-02 14:02:11 */
/* From one to the other, the date named twice only if it changes. */
void format_period(struct buf *b, uint64_t first_ns, uint64_t last_ns);
/* "5 s", "14 min", "3 h 20 min", "2 days 4 h", rounded down. */
void format_length(struct buf *b, uint64_t ns);

/* A share, never rounded up: "100 %" is all of it, "0 %" nothing. */
void format_share(struct buf *b, uint64_t part, uint64_t whole);

/* "1 transfer", "2 transfers". */
void format_number_of(struct buf *b, uint64_t n, const char *noun);

/* Text for a terminal: what could play tricks is spelled out as <U+202E>. */
void format_safe(struct buf *b, struct span text);

/* Text for HTML: escaped too, so that it can't leave the element. */
void format_html(struct buf *b, struct span text);

/* A cell of CSV (RFC 4180) that no spreadsheet takes for a formula. */
void format_csv(struct buf *b, struct span text);

void format_hex(struct buf *b, const uint8_t *bytes, size_t len);

/* Characters from offset start to the end of the buffer. */
size_t format_width(const struct buf *b, size_t start);

#endif
