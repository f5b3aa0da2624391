/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVICE_PARENT_H
#define SERVICE_PARENT_H

#include "service/key_follow.h"
#include "service/parent_opener.h"
#include "service/process.h"
#include "service/service.h"

/* The parent's insides, shared by its files. */

struct service {
	struct service_options options;
	struct child engine, recorder, fingerprinter, opener;
	struct opener_requests asked;	/* of the opener */
	uint32_t files_ahead;		/* it was handed and has not done */
	bool prints_lost;		/* it is to be replaced */
	bool prints_hang;		/* for it does nothing any more */
	uint64_t prints_heard_ns;	/* monotonic: it did, or was handed one */
	struct tap *tap;
	struct key_follow *follow;	/* NULL: no key log */
	uint64_t silent_before;		/* patience.h, before this service */
	uint64_t keys_read_ns;		/* monotonic */
	struct marks *marks;		/* NULL: none can be taken */
	bool quiet, done, closed;	/* what was heard */
	bool ready;			/* of the child that was started last */
	bool found;
	uint64_t readers_lost;		/* fingerprinters and openers, replaced */
	bool engine_lost;		/* it is to be replaced */
	uint32_t restarts, quick, prints_quick;
	uint64_t restarted_ns;		/* monotonic; of the last one */
	uint64_t prints_restarted_ns;
	uint64_t heard_ns;		/* Unix: last sign of an engine's life */
	uint64_t packet;		/* the highest number that it told of */
	bool last_said;			/* the losses, to people */
	bool said;			/* why it failed */
	int failed;
	bool drain_waits;		/* the engine, for hashes */
	uint64_t drain_hashes;		/* asked for by then */
	uint64_t hashes_late;		/* so many were waited for in vain */
	uint64_t drain_until_ns, drain_late_ns;	/* the latter: monotonic */
	struct message_quiet rest;
	struct message_position position;
	bool has_position;
};

void service_say(struct service *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The first failure is said; returns err. */
int service_fail(struct service *s, int err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* tell.c: the tap's events, as messages to the engine. */
extern const struct tap_events tell_events;
/* What becomes of a file whose print the engine may be waiting for. */
void tell_expect(struct service *s, const struct message_file_expect *m);
/* marks_fn: what somebody says while we record. */
int tell_mark(void *arg, const char *text, uint64_t pid, uint64_t user);

/* key_follow_fn: lines that a key log has got. */
int tell_keys(void *arg, const uint8_t *text, size_t len);

/* hear.c: takes in what a child said. ERR_END when it is gone. */
must_check int hear_child(struct service *s, struct child *c);
/* Waits for what sets the flag. */
must_check int hear_until(struct service *s, struct child *c,
    const bool *flag);
/* The engine waits for owners to have their hashes, but not for long. */
must_check int hear_hashes(struct service *s);

/* children.c: starts them, tells them their options, and waits until they are
 * ready, or not. */
must_check int children_start(struct service *s);
/* The engine is gone, for the reason given: starts another and tells it all. */
must_check int children_replace_engine(struct service *s, const char *how);
/* A file for the fingerprinter; false if it is to be done without its print. */
bool children_hand_file(struct service *s, const struct message_file_open *m,
    uint32_t dev);
/* Another end for the fingerprinter of the opener's socket. */
must_check int children_link_opener(struct service *s);
/* Its options, a socket that leads elsewhere (-1: none) and that it is to start. */
must_check int children_begin(struct service *s, struct child *c, int link,
    const struct message_resume *resume, const char *why);
/* The same of a fingerprinter that is gone; it is done without if none lives. */
must_check int children_replace_fingerprinter(struct service *s,
    const char *how);

#endif
