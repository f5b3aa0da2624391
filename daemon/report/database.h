/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_DATABASE_H
#define REPORT_DATABASE_H

#include "base/err.h"
#include "report/lines.h"
#include "verdict/event.h"

/*
 * A case as a SQLite database, for those who ask questions of their own: a row
 * per event and per thing that is listed in it. Where the report counts and
 * has ceilings, the database has every event. docs/sqlite.md describes it.
 *
 * The same events give the same rows in the same order.
 */

#define DATABASE_VERSION 1

struct database;

/* *ret_database is set on failure too, unless memory is out (then NULL), for
 * database_error(). The file must be empty or not there. */
must_check int database_new(const char *path, struct database **ret_database);
/* Accepts NULL. */
void database_free(struct database *d);

must_check int database_add(struct database *d, const struct event *e);

/* No more events: indexes, and all of it is in the file. */
must_check int database_finish(struct database *d,
    const struct report_lines *lines);

/* The last failure in words; "" if there was none. */
const char *database_error(const struct database *d);

#endif
