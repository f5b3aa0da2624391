/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_VERIFY_EXCUSE_H
#define CLI_VERIFY_EXCUSE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Why an event of an honest case may not follow from what the case holds: what
 * its engine knew, and no line or packet tells. Flows have such reasons, and so
 * has all that comes behind a line; the rest has to follow. An excuse makes no
 * event right: what it covers is said to be not derived again.
 */
struct event;
struct event_process;
struct excuses;

enum excuse {
	EXCUSE_NONE,
	EXCUSE_CARRIED,		/* files alone: who they went out on behalf of,
				 * the kernel told */
	EXCUSE_SENDER,		/* files alone: whose a connection is changed */
	EXCUSE_PORTS,		/* the same ends at one time, two owners */
	EXCUSE_KEY,		/* read by a key that was not there in time */
	EXCUSE_LOST,		/* what was being followed was lost */
	EXCUSE_CUT,		/* likewise, with the end of the log */
	EXCUSE_RUN,		/* of a later run */
	EXCUSE_BEFORE,		/* it begins with a later part */
	EXCUSE_LATER,		/* it ends with an earlier one */
	EXCUSE_KNOWN,		/* known files, with no fingerprints */
	EXCUSE_IDENTITY,	/* what names the machine was not kept */
	EXCUSE_READS,		/* inferred beside files that were read */
	EXCUSE_COUNT,
};

/* NULL if memory is out. */
struct excuses *excuses_new(void);
void excuses_free(struct excuses *x);

/* The first reason of a flow counts. 0 or -ENOMEM. */
int excuses_flow(struct excuses *x, uint64_t flow, enum excuse why);

/* Who sent a transfer of the flow, or has the flow; NULL: not known. Files are told
 * by it, and it may be another than before. 0 or -ENOMEM. */
int excuses_sender(struct excuses *x, uint64_t flow,
    const struct event_process *sender);

/* All events from that line on, of all lines in their order; of several such
 * lines the first counts. */
void excuses_from(struct excuses *x, uint64_t line, enum excuse why);

/* A flow with a transfer that the log could not read; that could be read now.
 * Both: EXCUSE_KEY, if late_keys was called. */
int excuses_sealed(struct excuses *x, uint64_t flow);
int excuses_opened(struct excuses *x, uint64_t flow);
void excuses_late_keys(struct excuses *x);

/* Of a transfer, a flow, or a file by its transfers, at that line; line 0: not
 * by its place. */
enum excuse excuses_of(const struct excuses *x, const struct event *e,
    uint64_t line);

/* Any of them: of totals over all events. */
enum excuse excuses_any(const struct excuses *x);

/* What covers events that are in no line. */
enum excuse excuses_end(const struct excuses *x);

/* A sentence's end: "it was cut short ...". */
const char *excuse_text(enum excuse why);

#endif
