/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONTENT_TEXT_RUNS_H
#define CONTENT_TEXT_RUNS_H

#include "content/scan_tree.h"

/*
 * Base64 and hex that stand somewhere in a text of no structure that we walk: a
 * certificate's or a key's armour, a cell of a table, behind a command. A run of
 * so many digits, in one line or in lines of some length, is an item, and so is
 * what it decodes to. In it known content is looked for: by its form alone a run
 * makes no file.
 */

#define TEXT_RUN_LINE	60	/* digits, or the line is the last */
#define TEXT_RUN_MIN	256	/* digits of a run */

struct text_runs;

/* NULL if memory is out. */
struct text_runs *text_runs_new(struct scan_node *n);
void text_runs_data(struct text_runs *t, const uint8_t *p, size_t len);
/* A run that bytes are missing from has ended, and it is not all of it. */
void text_runs_gap(struct text_runs *t);
/* No more bytes; frees. NULL does nothing. */
void text_runs_end(struct text_runs *t, bool complete);

#endif
