/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERDICT_TRANSFER_H
#define VERDICT_TRANSFER_H

#include "base/arena.h"
#include "content/known/known.h"
#include "content/scan.h"
#include "protocol/message.h"
#include "verdict/event.h"

/*
 * Takes the messages of every connection of a shard, has their outbound
 * content scanned while it streams by, and turns each into one transfer with
 * its verdict. Which bytes are outbound is settled when a message begins: the
 * endpoint's side of its connection.
 *
 * One sink belongs to one shard and its thread.
 */
struct carry_marks;
struct identity;
struct slab;

struct transfer_sink {
	const struct known *known;	/* may be NULL */
	const struct identity *identity;	/* likewise */
	const char *const *passwords;	/* of archives; as scan_hint's */
	bool show_values;	/* identifiers as they are, not masked */
	bool uses;		/* tell what of known files is used */
	struct scan_keep *keep;	/* of the shard; NULL: no file is kept */
	struct arena *arena;		/* transfers are laid here */
	/* A transfer is ready; t and all behind it lie in the arena. */
	void (*emit)(void *arg, struct conn *conn, struct event_transfer *t);
	/* On a connection of a client to the product: a request or an entity
	 * has come in. in lives for the call. */
	void (*came_in)(void *arg, struct conn *conn,
	    const struct carry_marks *in, uint64_t ts_ns);
	/* May what that host answers be an update? NULL: never. */
	bool (*gives_updates)(void *arg, struct span host);
	void *arg;
	const bool *carries;		/* there are such; NULL: never */
	struct slab *slab;		/* what messages are cut from, or NULL */
	struct message *spare;		/* messages to use again */
	struct message_dns *spare_dns;
	struct message_more *spare_more;
	uint64_t refused;		/* messages for which memory was out */
};

extern const struct message_ops transfer_ops;

void transfer_sink_clear(struct transfer_sink *s);

#endif
