/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERDICT_JUDGE_H
#define VERDICT_JUDGE_H

#include "verdict/message.h"

/* A transfer being made out of an ended message. Shared by the files that
 * judge; everything is laid in the arena. */

#define DRAFT_MAX_REASONS	16
#define DRAFT_MAX_CATEGORIES	8	/* implied ones, beside those found */

struct draft {
	const struct message *m;
	const struct scan_findings *f;	/* NULL: nothing was scanned */
	struct arena *arena;
	/* how what was found is known; GRADE_COUNT: nothing was found */
	enum grade upload, fragment, lookup;
	bool telemetry, named;
	bool by_form;			/* all such data is text that looks so */
	bool failed;			/* memory was out */
	struct event_category *categories;
	size_t category_extra;
	/* of the transfer, as long as they may change */
	struct event_http *http;
	struct event_file *files;
	struct span *urls;
	struct span reasons[DRAFT_MAX_REASONS];
	size_t reason_count;
};

void *draft_alloc(struct draft *d, size_t len);
struct span draft_span(struct draft *d, struct span s);
void draft_reason(struct draft *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* A reason that is the same for every transfer: not copied. */
void draft_reason_const(struct draft *d, struct span s);
#define REASON(d, s) draft_reason_const(d, SPAN_LITERAL(s))

static inline void
judge_better(enum grade *g, enum grade than)
{
	if (than < *g)
		*g = than;
}

/* Categories that were found; sets telemetry and by_form. Before all others that judge. */
void judge_categories(struct draft *d, struct event_transfer *t);
/* URLs that were asked about. */
void judge_urls(struct draft *d, struct event_transfer *t);
/* The kind, by what those above and below found. */
void judge_kind(struct draft *d, struct event_transfer *t);
/* Identifiers in what is quoted of the message; after all that quotes. */
void judge_masks(struct draft *d, const struct event_transfer *t);
/* What was not looked into to its end. */
void judge_limits(struct draft *d, struct event_transfer *t);
/* Categories that go with the kind. */
void judge_implied(struct draft *d, struct event_transfer *t);
/* Files and parts of files; sets upload and fragment. */
void judge_files(struct draft *d, struct event_transfer *t);
/* Joins what is of the same known file; how many are left. */
size_t judge_join_parts(struct draft *d, struct event_file *files, size_t n);
/* What of the known files both rest on. */
void judge_uses(struct draft *d, struct event_transfer *t);
/* What is too short to be judged alone. */
void judge_slivers(struct draft *d, struct event_transfer *t);
/* Hash values; sets lookup. */
void judge_hashes(struct draft *d, struct event_transfer *t);

#endif
