/* SPDX-License-Identifier: Apache-2.0 */
#ifndef EVIDENCE_CHECKPOINT_H
#define EVIDENCE_CHECKPOINT_H

#include "evidence/log/log.h"
#include "evidence/packets.h"

/*
 * Checkpoints of a case that grows. What one covers is on the disk before it is:
 *
 * 1. packets, then lines, are handed to the system, and the checkpoint of so many
 *    lines is signed, in memory;
 * 2. the packets' file is synced, then that of the lines;
 * 3. the checkpoint is written beside the one before, synced, takes its place by
 *    rename, and the folder is synced.
 *
 * Where lines and packets go on coming, steps 2 and 3 are a thread's: syncing may
 * take the disk long, and whoever sends lines would wait. One checkpoint is under
 * way at a time. What is appended meanwhile is in the files behind what it covers;
 * a file of packets that comes to its end is synced by who ends it.
 */

struct turns;

struct checkpoint {
	struct bag *bag;
	struct log *log;
	struct packets *packets;
	const struct note_signer *signer;
	struct turns *turns;		/* NULL: no thread was needed yet */
	bool under_way;
	int packets_fd;			/* to be synced; -1: none */
	uint64_t lines;			/* that it covers */
};

/* What it is given is borrowed. */
void checkpoint_init(struct checkpoint *p, struct bag *bag, struct log *log,
    struct packets *packets, const struct note_signer *signer);

/* Waits for the one that is under way. Another bag may follow, at the same places. */
void checkpoint_clear(struct checkpoint *p);

/* One of all lines so far, and it is on the disk. */
int checkpoint_make(struct checkpoint *p) must_check;

/* One of all lines so far is under way, or was made at once: the first of a log,
 * which writes the key, too, and where there can be no thread. None may be under
 * way yet. */
int checkpoint_begin(struct checkpoint *p) must_check;

/* False while one is under way that has not come to its end: cheap. */
bool checkpoint_is_done(struct checkpoint *p);

/* The one that is under way, if there is one, has come to its end: 0, or why it is
 * not on the disk. To be called before lines or packets are ended. */
int checkpoint_wait(struct checkpoint *p) must_check;

#endif
