/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_CASE_STATE_H
#define EVIDENCE_CASE_STATE_H

#include "evidence/checkpoint.h"
#include "evidence/log/log.h"
#include "evidence/log/log_queue.h"
#include "evidence/packets.h"
#include "telltap/case.h"

/*
 * A case that is being written. case.c makes and ends one, case_live.c makes
 * checkpoints and its last line when the disk is full, case_reopen.c takes up
 * one that was cut short, case_parts.c goes on to the next folder.
 */

struct telltap_case {
	char *dir;			/* of the bag that is open */
	char *parent;			/* of the parts; NULL: there are none */
	unsigned part;			/* number, from 1 */
	struct telltap_case_options options;	/* strings borrowed until the
						 * first call returns */
	struct bag bag;
	struct log log;
	struct log_queue *queue;	/* NULL: lines go in at once */
	struct packets packets;
	struct packets_filter filter;
	struct telltap_blocks *blocks;
	struct note_signer signer;
	bool has_signer, open, sealed;
	bool begun;			/* the run's first line came */
	int broken;			/* a code: nothing more is signed */
	char *salt_path, *clock;
	uint8_t salt[TLOG_SALT_LEN];
	/* parts */
	struct buf first;		/* the first line of this run */
	struct buf previous;		/* the part before, as JSON */
	struct buf interfaces;		/* blocks that every part begins with */
	int64_t part_day;		/* since the epoch, UTC */
	unsigned objects;		/* kept in the bag that is open */
	/* live */
	struct checkpoint checkpoint;
	int64_t begun_ns, checkpoint_ns;	/* of the last one; monotonic */
	char error[512];
};

/* The seal, one line, names so many beside the files of packets. */
#define CASE_OBJECTS_MAX	128u

int case_fail(struct telltap_case *c, int err, const char *name);

/* The folder, its log and its packets, for a case that begins. */
int case_begin_bag(struct telltap_case *c) must_check;
/* Seal, checkpoint, manifests, names. */
int case_end_bag(struct telltap_case *c) must_check;
void case_close_bag(struct telltap_case *c);

/* Takes up the case at c->dir; -ENOENT if there is none unfinished. */
int case_reopen_bag(struct telltap_case *c) must_check;

/* case_objects.c: notes the objects of a case that was taken up. */
int case_take_objects(struct telltap_case *c) must_check;

/* The next folder, or the first; goes on where an earlier run has ended. */
int case_begin_part(struct telltap_case *c) must_check;
/* Ends a part that is full or of yesterday and begins the next. */
int case_roll(struct telltap_case *c) must_check;

/* The first line of a run, or of a part: with what made the case, and with the
 * part before. */
int case_add_first(struct telltap_case *c, const char *line, size_t len)
    must_check;

/* After every write: checkpoints that are due, a disk that is full, a part that
 * is. */
int case_after(struct telltap_case *c, int err, const char *name) must_check;

/* What is under way has come to its end; a disk that is full is no failure, and
 * c->bag.full. */
int case_end_checkpoint(struct telltap_case *c) must_check;

/* A line of the case's own, after lines of that time: an anomaly with this
 * `what`, sentence and, as JSON, more of `telltap`. */
int case_say(struct telltap_case *c, const char *what, const char *detail,
    const struct buf *more) must_check;

#endif
