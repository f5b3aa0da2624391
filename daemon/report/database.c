// SPDX-License-Identifier: Apache-2.0
#include "report/database_row.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/format.h"
#include "telltap/telltap.h"

static int
code_of(int sqlite)
{
	switch (sqlite) {
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_FULL:
		return -ENOSPC;
	default:
		return -EIO;
	}
}

static void
fail(struct database *d)
{
	if (d->failed)
		return;
	d->failed = code_of(sqlite3_errcode(d->db));
	snprintf(d->error, sizeof(d->error), "%s", sqlite3_errmsg(d->db));
}

static void
run(struct database *d, const char *sql)
{
	if (!d->failed && sqlite3_exec(d->db, sql, NULL, NULL, NULL))
		fail(d);
}

static void
add_table(struct database *d, enum database_table table)
{
	const struct database_definition *t = &database_definitions[table];
	char sql[2048], marks[256] = "?";
	size_t count = 1;

	snprintf(sql, sizeof(sql), "CREATE TABLE %s(\n%s)", t->name,
	    t->columns);
	run(d, sql);
	for (const char *c = t->columns; (c = strchr(c, ',')); c++)
		count++;
	for (size_t i = 1; i < count; i++)
		memcpy(marks + 2 * i - 1, ",?", 3);
	snprintf(sql, sizeof(sql), "INSERT INTO %s VALUES(%s)", t->name,
	    marks);
	if (!d->failed && sqlite3_prepare_v3(d->db, sql, -1,
			      SQLITE_PREPARE_PERSISTENT, &d->inserts[table],
			      NULL))
		fail(d);
}

/* A file of our own that nobody else reads until it is whole: no journal. */
static const char settings[] = "PRAGMA journal_mode = OFF;"
			       "PRAGMA synchronous = OFF;"
			       "PRAGMA temp_store = MEMORY;"
			       "PRAGMA encoding = 'UTF-8';"
			       "BEGIN";

int
database_new(const char *path, struct database **ret_database)
{
	struct database *d = calloc(1, sizeof(*d));

	*ret_database = d;
	if (!d)
		return -ENOMEM;
	if (sqlite3_open_v2(path, &d->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL))
		fail(d);
	run(d, settings);
	for (int t = 0; t < DATABASE_TABLE_COUNT; t++)
		add_table(d, (enum database_table)t);
	return d->failed;
}

void
database_free(struct database *d)
{
	if (!d)
		return;
	for (int t = 0; t < DATABASE_TABLE_COUNT; t++)
		sqlite3_finalize(d->inserts[t]);
	sqlite3_close(d->db);
	free(d);
}

const char *
database_error(const struct database *d)
{
	return d ? d->error : strerror(ENOMEM);
}

void
database_row(struct database *d, enum database_table table)
{
	d->row = d->inserts[table];
	d->column = 0;
}

void
database_put(struct database *d)
{
	if (!d->failed && (d->column != sqlite3_bind_parameter_count(d->row) ||
			      sqlite3_step(d->row) != SQLITE_DONE))
		fail(d);
	sqlite3_reset(d->row);
}

/* Texts are bound without a copy: a row is put before its event is gone. */
static void
bound(struct database *d, int result)
{
	if (result)
		fail(d);
}

void
database_null(struct database *d)
{
	if (!d->failed)
		bound(d, sqlite3_bind_null(d->row, ++d->column));
}

void
database_u64(struct database *d, uint64_t n)
{
	if (n > INT64_MAX)
		database_null(d);
	else if (!d->failed)
		bound(d, sqlite3_bind_int64(d->row, ++d->column,
			     (sqlite3_int64)n));
}

void
database_bool(struct database *d, bool b)
{
	database_u64(d, b);
}

void
database_real(struct database *d, double x)
{
	if (!d->failed)
		bound(d, sqlite3_bind_double(d->row, ++d->column, x));
}

void
database_text(struct database *d, struct span text)
{
	if (!text.len)
		database_null(d);
	else if (!d->failed)
		bound(d, sqlite3_bind_text64(d->row, ++d->column,
			     (const char *)text.p, text.len, SQLITE_STATIC,
			     SQLITE_UTF8));
}

void
database_word(struct database *d, const char *word)
{
	database_text(d, span_str(word ? word : ""));
}

void
database_sha256(struct database *d, bool there, const uint8_t *hash)
{
	char hex[65];

	if (!there) {
		database_null(d);
		return;
	}
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	if (!d->failed)
		bound(d, sqlite3_bind_text(d->row, ++d->column, hex, 64,
			     SQLITE_TRANSIENT));
}

int
database_add(struct database *d, const struct event *e)
{
	switch (e->action) {
	case EVENT_TRANSFER:
		database_put_transfer(d, e);
		break;
	case EVENT_FLOW:
		database_put_flow(d, e);
		break;
	default:
		database_put_other(d, e);
	}
	return d->failed;
}

static void
put_meta(struct database *d, const char *name, const char *value)
{
	database_row(d, DATABASE_META);
	database_word(d, name);
	database_word(d, value);
	database_put(d);
}

int
database_finish(struct database *d, const struct report_lines *lines)
{
	char text[65];

	snprintf(text, sizeof(text), "%d", DATABASE_VERSION);
	put_meta(d, "database_version", text);
	put_meta(d, "written_by", telltap_version());
	snprintf(text, sizeof(text), "%" PRIu64, lines->unknown);
	put_meta(d, "unknown_events", text);
	if (lines->has_root) {
		for (int i = 0; i < 32; i++)
			snprintf(text + 2 * i, 3, "%02x", lines->root[i]);
		put_meta(d, "log_root", text);
	}
	run(d, database_indexes);
	run(d, "COMMIT");
	return d->failed;
}
