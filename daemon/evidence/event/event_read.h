/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_EVENT_READ_H
#define EVIDENCE_EVENT_READ_H

#include "base/err.h"
#include "verdict/event.h"

/*
 * Reads back what event_write_json() wrote: a line of events.jsonl becomes the
 * event again, so that a report of a written case and one made while replaying
 * come out of the same code. Lines may be hostile: a case comes from anybody.
 * What is missing in a line is zero or empty in the event.
 */
struct event_reader;

struct event_reader *event_reader_new(void);
void event_reader_free(struct event_reader *r);

/*
 * event_read_json - reads one line, without its newline.
 *
 * Returns 0; ERR_MALFORMED if it is not JSON or a field has a wrong type, then
 * event_reader_error() says what; ERR_UNSUPPORTED for an event.action that this
 * version does not know; ERR_END for the seal of a case, which is no event of
 * the run; -ENOMEM. All behind *ret_event lives until the next
 * call.
 */
int event_read_json(struct event_reader *r, const char *line, size_t len,
    struct event *ret_event) must_check;

const char *event_reader_error(const struct event_reader *r);

#endif
