/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_ENGINE_PRINTS_H
#define SERVICE_ENGINE_PRINTS_H

#include "engine/hold.h"
#include "service/channel.h"
#include "service/engine_reads.h"

/*
 * The engine's end of the fingerprinter. A file that was read is mostly sent at
 * once, so packets that come while prints are expected are kept back until these
 * are there, and then looked at; for a few seconds at most, and so many bytes.
 * What is told of a file's reads waits as well, to tell what became of it.
 */

struct engine_process;
struct engine_waiting;

struct engine_prints {
	struct channel link;		/* fd -1: there is no fingerprinter */
	struct engine_reads *reads;	/* NULL until a file was read */
	struct hold hold;		/* packets */
	struct engine_waiting *first, **end;	/* news of reads */
	uint64_t heard_ns;		/* monotonic: last sign of progress */
	bool told_full;
};

void engine_prints_init(struct engine_prints *p);

/* Another fingerprinter: what was expected of the one before will not come. */
void engine_prints_link(struct engine_process *e, int fd);
must_check int engine_prints_expect(struct engine_process *e,
    const struct message_file_expect *m);

/* Packets for the engine, now or once the prints are there. */
must_check int engine_prints_feed(struct engine_process *e,
    const struct telltap_packet *packets, size_t count);

/* News of a file's reads: told at once, or once its print is there. */
must_check int engine_prints_file_read(struct engine_process *e,
    const struct message *m);

/* Takes in what the fingerprinter said, and lets go what need wait no more. */
must_check int engine_prints_turn(struct engine_process *e);

/* The same until nothing waits, which ends. */
must_check int engine_prints_settle(struct engine_process *e);

#endif
