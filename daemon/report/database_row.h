/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_DATABASE_ROW_H
#define REPORT_DATABASE_ROW_H

#include <sqlite3.h>

#include "report/database.h"

/*
 * What the files that fill a database share: rows, written column by column in
 * the order of the table's definition. Failures latch in the database.
 */

enum database_table {
	DATABASE_META,
	DATABASE_INPUT,
	DATABASE_FLOW,
	DATABASE_TRANSFER,
	DATABASE_REASON,
	DATABASE_CATEGORY,
	DATABASE_TRANSFER_FILE,
	DATABASE_TRANSFER_RANGE,
	DATABASE_HASH,
	DATABASE_URL,
	DATABASE_FILE_EVENT,
	DATABASE_FILE_EVENT_TRANSFER,
	DATABASE_PROCESS,
	DATABASE_FILE_READ,
	DATABASE_SOCKET,
	DATABASE_ANOMALY,
	DATABASE_MARK,
	DATABASE_GAP,
	DATABASE_KNOWN_FILE,
	DATABASE_UNWATCHED,
	DATABASE_COUNTER,
	DATABASE_VENDOR_SAYS,
	DATABASE_VENDOR_MENTIONS,
	DATABASE_TABLE_COUNT,
};

struct database_definition {
	const char *name;
	const char *columns;	/* one line each, as in docs/sqlite.md */
};

extern const struct database_definition
    database_definitions[DATABASE_TABLE_COUNT];
extern const char database_indexes[];

struct database {
	sqlite3 *db;
	sqlite3_stmt *inserts[DATABASE_TABLE_COUNT];
	sqlite3_stmt *row;	/* being written */
	int column;
	int failed;		/* a code; latched */
	char error[256];
};

void database_row(struct database *d, enum database_table table);
void database_put(struct database *d);

/* One column each, in turn. */
void database_null(struct database *d);
/* NULL for what SQLite's integers can't hold, UINT64_MAX above all. */
void database_u64(struct database *d, uint64_t n);
void database_bool(struct database *d, bool b);
void database_real(struct database *d, double x);
/* NULL for an empty text. */
void database_text(struct database *d, struct span text);
void database_word(struct database *d, const char *word);
/* 32 bytes in hex; NULL unless there is one. */
void database_sha256(struct database *d, bool there, const uint8_t *hash);

/* The rows of an event. */
void database_put_transfer(struct database *d, const struct event *e);
void database_put_flow(struct database *d, const struct event *e);
void database_put_other(struct database *d, const struct event *e);
/* A file's own columns, which several tables have. */
void database_put_file(struct database *d, const struct event_file *f);

#endif
