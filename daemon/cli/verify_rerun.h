/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_VERIFY_RERUN_H
#define CLI_VERIFY_RERUN_H

#include "cli/replay.h"
#include "cli/verify_known.h"
#include "cli/verify_lines.h"
#include "cli/verify_owners.h"
#include "evidence/event_read.h"
#include "telltap/verify.h"

/*
 * A case that is derived again: verify_replay.c reads its lines and compares,
 * verify_derive.c runs an engine over its packets.
 */
struct rerun {
	struct replay *r;
	const char *dir;
	telltap_check_fn say;
	void *arg;
	struct event_reader *reader;
	struct lines_seen derived;	/* what the packets give */
	struct event_input_list asked;	/* of the case; borrowed from reader */
	struct verify_known *known;	/* its fingerprints; NULL: none, or
					 * known files were given */
	struct telltap_known *known_now;	/* of the engine */
	struct verify_owners *owners;
	bool differs;			/* in options: told */
	uint64_t bad, same, trusted, others;
};

void rerun_tell(struct rerun *u, enum telltap_check result, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* The events of the case's packets, each to on_event; 0 or a negative code. */
int rerun_derive(struct rerun *u, telltap_event_fn on_event);

#endif
