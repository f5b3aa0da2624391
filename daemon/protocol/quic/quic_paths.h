/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_PATHS_H
#define PROTOCOL_QUIC_PATHS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "protocol/quic/quic_protect.h"

/*
 * The connection IDs of a shard's QUIC connections that secrets open, by which
 * packets from other addresses are known to be theirs: those that each side
 * named in its long headers, and those in its NEW_CONNECTION_ID frames. Peers
 * choose them, so that several connections may have the same one; only a packet
 * that a connection's keys open is its own. Filled by the sessions on the
 * shard's thread; looked through by the engine between two batches.
 *
 * Ceilings: QUIC_PATHS_EACH IDs of a session, QUIC_PATHS_SAME sessions with the
 * same one, and QUIC_PATHS_MAX in all; more are not kept. All zero is an empty
 * one; a session's IDs go with it.
 */
#define QUIC_PATHS_EACH	64
#define QUIC_PATHS_SAME	8
#define QUIC_PATHS_MAX	65536

struct conn;
struct quic_session;

struct quic_path {
	struct quic_path *next;		/* in its bucket */
	struct quic_path *sibling;	/* of the same session */
	struct quic_session *session;
	bool has_token;
	uint8_t token[QUIC_TOKEN_LEN];	/* of the other side's stateless reset */
	uint8_t to;			/* the side that sends to it */
	uint8_t len;
	uint8_t id[QUIC_CID_MAX];
};

/*
 * Of a session and of all connections that carry some of it by other addresses,
 * which may be other shards': whoever holds it counts. What it points to is
 * looked at between two batches alone.
 */
struct quic_home {
	atomic_uint holders;
	struct quic_session *session;	/* NULL: it is over */
	struct conn *ended;		/* whose it was, at the capture's end */
	uint64_t owed;			/* bytes that the others carried, and
					 * that are not understood yet */
};

/* NULL if memory is out; held by the session. */
struct quic_home *quic_home_new(struct quic_session *session);
struct quic_home *quic_home_hold(struct quic_home *h);
/* Accepts NULL. */
void quic_home_drop(struct quic_home *h);

struct quic_paths {
	struct quic_path **buckets;
	uint64_t seed;
	uint32_t lens;			/* bit of each length there is */
	size_t count;
};

/* own: the session's list, with what it has; token: empty or QUIC_TOKEN_LEN long. An
 * ID that it has already, is empty or too long is left out, and so is one above a
 * ceiling. */
void quic_paths_add(struct quic_paths *p, struct quic_path **own,
    struct quic_session *session, unsigned to, struct span id,
    struct span token);

/* All of a session. */
void quic_paths_drop(struct quic_paths *p, struct quic_path **own);

/* Whose IDs may stand behind the first byte of a datagram: longer ones first, of
 * one ID in the order in which they were added; max at most. */
size_t quic_paths_find(const struct quic_paths *p, struct span datagram,
    size_t max, const struct quic_path **ret);

/* The last session is gone. */
void quic_paths_clear(struct quic_paths *p);

#endif
