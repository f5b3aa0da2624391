/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELLTAP_CASE_H
#define TELLTAP_CASE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The folder that keeps what was found: DIR/data/events.jsonl and, beside it,
 * the reports. Everything is written under names that end in ".part"; only
 * telltap_case_finish() gives the files their names, events.jsonl the last, so
 * that a case that was cut short never looks whole.
 */

struct telltap_case;

/*
 * telltap_case_create - makes the folder; an empty one may be there already,
 * its parent must be. -ENOTEMPTY if something is in it.
 *
 * *ret_case is set on failure too, unless memory is out (then NULL), so that
 * telltap_case_error() can say what was wrong; free it in any case.
 */
int telltap_case_create(const char *dir, struct telltap_case **ret_case);

/* Appends one event's line, without its newline. */
int telltap_case_event(struct telltap_case *c, const char *line, size_t len);

/* Writes a file of that name into data/, whole. */
int telltap_case_add(struct telltap_case *c, const char *name,
    const void *data, size_t len);

/* All is written: onto the disk, and the files get their names. */
int telltap_case_finish(struct telltap_case *c);

/* What the last failure was, in one line; never NULL. */
const char *telltap_case_error(const struct telltap_case *c);

/* A case that was not finished is removed, the folder too if it was made here.
 * Accepts NULL. */
void telltap_case_free(struct telltap_case *c);

#ifdef __cplusplus
}
#endif

#endif
