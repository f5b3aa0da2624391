/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_STATE_H
#define SOURCE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Remembers which files a run over many captures has finished, so that it can
 * go on where it was stopped: a text file, one line a file, "SIZE MTIME_NS
 * NAME", where a line break or per cent sign in a name is %0A and %25. A file
 * that has changed since is not the one noted.
 */

struct state;

/* Reads what is there; a missing file is an empty one. */
must_check int state_open(const char *path, struct state **ret_state);
void state_close(struct state *st);

bool state_has(const struct state *st, uint64_t size, int64_t mtime_ns,
    const char *name);

/* Appends a line. */
must_check int state_add(struct state *st, uint64_t size, int64_t mtime_ns,
    const char *name);

#endif
