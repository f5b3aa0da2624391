/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_EVENT_JSON_H
#define EVIDENCE_EVENT_JSON_H

#include "base/buf.h"
#include "verdict/event.h"

/*
 * An event as one line of ECS-shaped JSON; docs/events.schema.json is its
 * contract. The line depends on the event alone, so that a re-run gives the
 * same bytes. Called by the engine's thread for every event that is printed or
 * kept.
 */

/* Entry bundles of the log count a line's bytes in 16 bits. */
#define EVENT_LINE_MAX 65535
/* A line as it is written here: in a case a nonce is added, and to the first
 * line what made the case. */
#define EVENT_WRITE_MAX (EVENT_LINE_MAX - 1024)

/*
 * event_write_json - appends the line, without a newline, to out. A line that
 * would be longer than EVENT_WRITE_MAX gets shorter lists and texts, and says
 * in telltap.left_out how many of what are missing. Out of memory is latched
 * in out.
 */
void event_write_json(const struct event *event, struct buf *out);

#endif
