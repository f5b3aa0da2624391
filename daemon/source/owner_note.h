/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_OWNER_NOTE_H
#define SOURCE_OWNER_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

/*
 * Whose a packet is, as the tool that captured it has noted: in the packet's
 * comment, or in the header that Apple's kernel puts before it. What is read
 * is that tool's word. Spans point into what was read.
 */
struct owner_note {
	uint64_t pid, parent_pid;	/* 0: not said */
	struct span executable;		/* a path */
	struct span name;
	struct span args;		/* one line, as the tool joined them,
					 * or with a NUL between them */
	bool has_user;
	uint64_t user;
	uint64_t start_ns;		/* 0: not said */
	uint64_t other_pid;		/* on whose behalf, if not the same */
	struct span other_name;
	const char *source;		/* "import:ptcpdump" ... */
	bool trusted;			/* false: known to name wrong ones */
};

/* A packet comment of ptcpdump, RustNet, etl2pcapng or our own; false if it is
 * nobody's or names no process. */
bool owner_note_comment(struct span text, struct owner_note *ret);

/* A further comment of the same packet: what it adds to the note. */
void owner_note_more(struct span text, struct owner_note *n);

/* The header of LINKTYPE_PKTAP; false if it names no process. */
bool owner_note_pktap(struct span frame, struct owner_note *ret);

#endif
