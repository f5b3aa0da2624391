/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_LOG_H
#define EVIDENCE_LOG_H

#include "evidence/bag.h"
#include "evidence/log/note.h"
#include "evidence/log/tlog.h"

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

#define LOG_EVENTS_PATH		"data/events.jsonl"
#define LOG_CHECKPOINT_PATH	"data/log/checkpoint"
#define LOG_VKEY_PATH		"data/log/vkey"

struct log {
	struct bag *bag;
	bool renumber;			/* lines that others are put between */
	struct tlog tree;
	struct tlog_hasher file;	/* of events.jsonl as a whole */
	uint8_t salt[TLOG_SALT_LEN];
	struct buf pending;
	int fd;
	uint64_t written;		/* bytes of events.jsonl */
	uint64_t signed_lines;		/* of the last checkpoint */
	bool has_vkey;			/* written down, while it grows */
	char last_time[LOG_TIME_MAX];	/* @timestamp of the last line */
	struct buf first;		/* the first line, for bag-info.txt */
};

int log_begin(struct log *l, struct bag *bag,
    const uint8_t salt[static TLOG_SALT_LEN]) must_check;

/* An object, at least by its end, without a newline. */
bool log_takes(const char *line, size_t len);

/* Appends a line, without its newline: an object whose last member is the
 * object `telltap`, as events are. -EINVAL if it is not, -EMSGSIZE if it is too
 * long with its nonce. With renumber its event.sequence becomes the line's
 * own. */
int log_append(struct log *l, const char *line, size_t len) must_check;

/* The root of the lines so far. */
void log_root(struct log *l, uint8_t ret_root[static 32]);

/* What was appended is handed to the system, so that it outlives the program. */
int log_flush(struct log *l) must_check;

/* The lines are on the disk, and then a checkpoint that is of all of them takes
 * the place of the one before. For a log that grows; the first call writes the
 * key, too. */
int log_checkpoint(struct log *l, const struct note_signer *signer) must_check;

/* The same in two steps, for who syncs the lines and replaces the checkpoint while
 * others are appended: a checkpoint of all lines that were handed to the system,
 * behind *ret_note; it is in its place. The key has been written. */
int log_sign(struct log *l, const struct note_signer *signer, struct buf *ret_note)
    must_check;
void log_signed(struct log *l, uint64_t lines);

/* The events.jsonl of a bag that was reopened, to be read from its start. */
int log_take_up(struct log *l, struct bag *bag,
    const uint8_t salt[static TLOG_SALT_LEN]) must_check;

/* A line that is in the file already, with its nonce. */
int log_take(struct log *l, const char *line, size_t len) must_check;

/* What ends the next line: its nonce and both braces. */
void log_write_nonce(struct log *l, char ret_text[static LOG_NONCE_ADDED + 2]);

/* log_reopen.c: what was found in a log that was cut short. */
struct log_cut {
	uint64_t signed_lines;	/* of its last checkpoint */
	uint64_t bytes;		/* of events.jsonl that were cut off */
	bool sealed;		/* it was at its end: a seal, signed */
	struct buf checkpoint, vkey;	/* as they were; may be empty */
};

/*
 * log_reopen - takes up the log of a bag that was reopened.
 *
 * Lines that the checkpoint covers have to be there, with its root: -EBADMSG if
 * they are not. After them whole lines are kept up to the first that is none;
 * what follows is cut off. cut is the caller's, both bufs set up.
 */
int log_reopen(struct log *l, struct bag *bag,
    const uint8_t salt[static TLOG_SALT_LEN], struct log_cut *cut) must_check;

/* No more lines: the tiles, the checkpoint and the key that verifies it. */
int log_finish(struct log *l, const struct note_signer *signer) must_check;

void log_clear(struct log *l);

#endif
