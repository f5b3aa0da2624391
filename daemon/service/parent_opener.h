/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_PARENT_OPENER_H
#define SERVICE_PARENT_OPENER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the parent asks of the opener (opener.c), which answers in order. One that
 * is silent for some seconds hangs on the file of the oldest request: it is left
 * behind, for it may not even be killed before the file's server comes back, the
 * file's device is let alone for a while, and another opener takes its place. The
 * parent waits for none of that.
 */

struct service;
struct tap_file_find;
struct message_file_open;
struct message_opened;
struct process;

#define ASKED_MAX	8192
#define SILENT_MAX	16

struct asked {
	uint32_t kind;			/* enum message_kind */
	uint32_t number, dev;
	bool empty;			/* the file, as far as the kernel says */
};

struct opener_requests {
	struct asked list[ASKED_MAX];	/* a ring */
	uint32_t first, count;
	uint64_t hashes_asked, hashes_done;	/* ever */
	uint64_t heard_ns;		/* monotonic: it answered, or was asked */
	struct {
		uint32_t dev;
		uint64_t until_ns;
	} silent[SILENT_MAX];
	size_t silent_next;
	uint64_t unanswered;		/* requests, for the coverage */
	bool lost, off;			/* it is to be replaced; for now none is */
	uint32_t quick;
	uint64_t restarted_ns;
};

/* False: it is to be done without. */
bool opener_find(struct service *s, const struct tap_file_find *f);
bool opener_hand(struct service *s, const struct message_file_open *m,
    uint32_t dev);
void opener_drop(struct service *s, uint32_t number, uint32_t dev);
bool opener_hash(struct service *s, const struct process *p);

/* What it said; a negative code if that makes no sense. */
int opener_hear(struct service *s, const struct message_opened *m);
void opener_goes_on(struct service *s);

/* Sees whether it hangs or is gone, and replaces it. */
void opener_turn(struct service *s);
int opener_start(struct service *s);
void opener_end(struct service *s);

#endif
