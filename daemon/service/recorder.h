/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_RECORDER_H
#define SERVICE_RECORDER_H

#include "base/buf.h"
#include "service/process.h"
#include "telltap/case.h"

/* The recorder's process; what its files share. */

struct recorder {
	struct channel parent, engine;
	char *case_dir, *key;
	bool json, linked, aborted, closed, parts;
	uint64_t part_max;
	struct telltap_case *kept;
	struct buf lines;		/* without a case: for another engine */
	unsigned first_part;		/* of this run, in a case in parts */
	unsigned told_part;		/* the last that another engine was told */
	struct message_position at;	/* so far */
	bool failed;
};

/* recorder.c: tells the parent what can't be done, and does no more. */
void recorder_fail(struct recorder *r, const char *what);
void recorder_fail_case(struct recorder *r, int err);
/* To standard output. */
void recorder_write_out(struct recorder *r, const void *data, size_t len);

/* recorder_history.c: to an engine that takes another's place, what that one and
 * those before it said. Of a case in parts only the first part of this run; the engine
 * asks for each of the others. */
must_check int recorder_tell_history(struct recorder *r);
must_check int recorder_tell_next(struct recorder *r);

/* recorder_hear.c: takes in what the engine said; ERR_END once it failed. */
must_check int recorder_hear_engine(struct recorder *r, const struct message *m);

#endif
