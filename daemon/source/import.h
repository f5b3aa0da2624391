/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_IMPORT_H
#define SOURCE_IMPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/*
 * Who had which connection, as another tool logged it beside a capture: Sysmon
 * (XML, JSON or CSV as its usual exporters write it), Process Monitor (CSV) and
 * RustNet's connections (JSON lines). Reads one file that lies in memory; what
 * it can't make out is passed over and counted. Runs in the command line.
 */
enum import_kind {
	IMPORT_CONNECTION,
	IMPORT_QUERY,		/* a name was asked for */
	IMPORT_START,		/* a process began */
	IMPORT_END,
};

/* What a time in the log means. */
enum import_clock {
	IMPORT_UTC,
	IMPORT_DAY_TIME,	/* ts_ns: since midnight of some day, in some
				 * time zone */
};

struct import_end {
	uint8_t address[16];	/* as packets have it; zero if not known */
	uint16_t port;
	bool known;		/* the address is */
};

/* Spans live for the callback; text is UTF-8 or whatever the file held. */
struct import_event {
	enum import_kind kind;
	enum import_clock clock;
	uint64_t ts_ns, last_ns;	/* last_ns: still seen then, or ts_ns */
	const char *source;		/* "import:sysmon" ... */
	struct span guid;		/* of the process; may be empty */
	uint64_t pid, parent_pid;	/* parent_pid 0: not said */
	struct span executable, name, args;
	bool has_sha256;
	uint8_t sha256[32];
	uint8_t proto;			/* 6 or 17 */
	struct import_end local, remote;
	bool opens;			/* nothing of it was before ts_ns */
	struct span query;
};

struct import_stats {
	uint64_t events;	/* handed on */
	uint64_t others;	/* of kinds that say nothing about owners */
	uint64_t unreadable;	/* of our kinds, but not to be made out */
};

typedef int (*import_fn)(void *arg, const struct import_event *event);

/*
 * import_read - hands every event on, in the order of the file. UTF-16 with a
 * byte order mark is read, too. Returns 0, what the callback returned, -ENOMEM,
 * or ERR_UNSUPPORTED if the file is none of the forms above.
 */
int import_read(struct span file, import_fn on_event, void *arg,
    struct import_stats *ret_stats) must_check;

#endif
