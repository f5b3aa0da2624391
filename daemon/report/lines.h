/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_LINES_H
#define REPORT_LINES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "verdict/event.h"

/*
 * The events of a case's folder, of a folder of the parts of one, or of a file
 * of events, one after the other, for whatever is made of them. Lines may be
 * hostile.
 */

/* A non-zero return ends the reading with it. */
typedef int (*report_event_fn)(void *arg, const struct event *event);

struct report_lines {
	uint64_t unknown;	/* lines of an action not known here */
	/* of a sealed log, nothing of which is withheld: the lines before the
	 * seal, and the root of the tree over them */
	bool has_root;
	uint64_t count;
	uint8_t root[32];
	bool in_parts;		/* each of which has a tree of its own */
	uint64_t parts_missing;	/* of a case in parts: numbers left out */
	char error[512];	/* the last failure, "FILE: line 7: why" */
};

/* Calls on_event for every event. Returns 0, or a code with error set. */
must_check int report_read_lines(const char *path, report_event_fn on_event,
    void *arg, struct report_lines *ret_lines);
/* The same, of lines that were opened by the caller. next: 0; of a later part of a case
 * the number that its first event has, counted over all parts. */
must_check int report_read_open(FILE *f, const char *name, uint64_t next,
    report_event_fn on_event, void *arg, struct report_lines *ret_lines);

#endif
