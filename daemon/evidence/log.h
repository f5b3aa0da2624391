/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_LOG_H
#define EVIDENCE_LOG_H

#include "evidence/bag.h"
#include "evidence/note.h"
#include "evidence/tlog.h"

/*
 * A case's log: data/events.jsonl, in which every line bears a nonce, and the
 * tree over its lines in data/log/. Called by whoever records, line by line;
 * memory does not grow with the log.
 */

/* What the nonce adds to a line, and how it is written into the object
 * `telltap` that every line ends with. */
#define LOG_NONCE_OPEN	",\"nonce\":\""
#define LOG_NONCE_CLOSE	"\"}}"
#define LOG_NONCE_ADDED	(sizeof(LOG_NONCE_OPEN) - 1 + 2 * TLOG_NONCE_LEN + 1)
#define LOG_TIME_MAX	40u

struct log {
	struct bag *bag;
	struct tlog tree;
	struct tlog_hasher file;	/* of events.jsonl as a whole */
	uint8_t salt[TLOG_SALT_LEN];
	struct buf line, pending;
	int fd;
	uint64_t written;		/* bytes of events.jsonl */
	char last_time[LOG_TIME_MAX];	/* @timestamp of the last line */
	struct buf first;		/* the first line, for bag-info.txt */
};

int log_begin(struct log *l, struct bag *bag,
    const uint8_t salt[static TLOG_SALT_LEN]) must_check;

/* Appends a line, without its newline: an object whose last member is the
 * object `telltap`, as events are. -EINVAL if it is not, -EMSGSIZE if it is too
 * long with its nonce. */
int log_append(struct log *l, const char *line, size_t len) must_check;

/* The root of the lines so far. */
void log_root(struct log *l, uint8_t ret_root[static 32]);

/* No more lines: the tiles, the checkpoint and the key that verifies it. */
int log_finish(struct log *l, const struct note_signer *signer) must_check;

void log_clear(struct log *l);

#endif
