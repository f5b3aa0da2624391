/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_CONN_WAIT_H
#define PROTOCOL_CONN_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "protocol/conn.h"

/*
 * Connections whose keys may yet come. What such a one sends behind its
 * ClientHello is copied and kept, and goes through its layers once the engine
 * lets it: when the keys are there, when they will not come any more, or when
 * the connection ends. Keys come late by a key log that is written late, and by
 * the session that this one resumes, which another shard may be about to open.
 *
 * Likewise what follows a record that is not authentic (conn_again.h), and UDP that
 * may belong to a QUIC connection of other addresses, in another shard; once it
 * does, all that comes is kept until the engine takes it.
 *
 * One struct conn_wait per shard. Ceilings: max_bytes of what waits in it, and
 * above them who has waited longest goes on without; CONN_WAIT_TURNS for each
 * connection, for one that renegotiates or carries another TLS may wait again.
 */
#define CONN_WAIT_TURNS	4

/* By what the keys will be found. */
struct conn_wanted {
	bool connection;		/* not keys: the connection itself */
	bool again;			/* nor these: bytes, see conn_again.h */
	uint8_t client_random[32];
	uint8_t session[2][32];		/* offered to be resumed, see
					 * tls_resume.h */
	uint8_t session_count;
};

/* One that waits; for the conn_wait files alone. */
struct conn_waiting {
	struct conn_waiting *next, *prev;
	struct conn *conn;
	struct conn_wanted wanted;
	struct when since;
	struct buf pieces;
	bool listed;			/* from its first piece on */
	bool changed;			/* the bytes came, and are others */
	struct conn_joined {		/* to what its datagrams belong */
		struct quic_home *home;	/* NULL: not known yet; held */
		bool flipped;		/* its sides are the others there */
		uint64_t moved_out;	/* bytes of the endpoint's */
		uint64_t owed;		/* of those, in home->owed */
	} joined;
};

/* What waited. */
struct conn_piece {
	struct when when;
	unsigned side;
	enum conn_piece_kind {
		CONN_PIECE_DATA,
		CONN_PIECE_GAP,
		CONN_PIECE_EOF,
	} kind;
	const uint8_t *data;		/* CONN_PIECE_DATA */
	size_t len;			/* not of CONN_PIECE_EOF */
};

struct conn_wait {
	bool for_log;			/* a key log may yet have them */
	bool for_sessions;		/* a private key, or a master secret,
					 * may open what they resume */
	bool settling;			/* they are let go one by one: no ceiling */
	size_t max_bytes, bytes;
	size_t fed_len, unread_len;	/* of what conn_data() hands on: all, and
					 * what is to wait, see conn_wait_rest() */
	uint64_t early;			/* connections that the ceiling let go
					 * without their keys */
	uint64_t early_moves;		/* likewise of what may have moved */
	size_t for_keys, for_connections, for_again;	/* in the list */
	struct conn_waiting *first, *last;	/* by their first bytes */
};

/* For layers: a ClientHello has no keys. True if the connection waits for them
 * from its next bytes on. */
bool conn_wait_begin(struct conn *c, const struct conn_wanted *wanted);

/* For conn_again.c: the connection waits for that, unless it does already. */
bool conn_wait_for(struct conn *c, const struct conn_wanted *wanted);

/* For a layer in the midst of its bytes: true if the last left of them are to
 * wait, too, and come again. That is so for the lowest layer alone. */
bool conn_wait_rest(struct conn *c, const struct layer *l, size_t left);

/* For conn_lane.c: true if the first datagram of a connection, which no layer
 * knows, may be one of QUIC that came from elsewhere; then it waits. */
bool conn_wait_elsewhere(struct conn *c, const uint8_t *data, size_t len);

/* For conn.c: true if the bytes (data), the gap (data is NULL), or the end of
 * that side (len is 0) wait. */
bool conn_wait_take(struct conn *c, unsigned side, const uint8_t *data,
    size_t len, const struct when *when);

/* It waits no more: all that was kept goes on, unless a ClientHello in it waits
 * again. Nothing happens to a connection that does not wait. */
void conn_wait_release(struct conn *c);
/* The same, and what was kept is dropped. Accepts one that does not wait. */
void conn_wait_drop(struct conn *c);

/* What is kept, until the connection is touched. */
struct cursor conn_wait_pieces(const struct conn *c);
/* All that was kept, for the caller to pass on and to clear; the connection goes
 * on waiting, behind all others. */
struct buf conn_wait_draw(struct conn *c);
/* The next of those; false behind the last. */
bool conn_wait_piece(struct cursor *c, struct conn_piece *ret);
/* A piece again, after conn_wait_draw() and conn_wait_drop(). */
void conn_wait_give(struct conn *c, const struct conn_piece *p);
/* A piece as if it had not waited; the connection goes on waiting for others. */
void conn_wait_pass(struct conn *c, const struct conn_piece *p);

/* Those that wait, in order; NULL behind the last. Releasing one leaves the
 * others where they are. */
struct conn *conn_wait_next(const struct conn_wait *w, const struct conn *after);
const struct conn_wanted *conn_wait_wanted(const struct conn *c);
/* When its first bytes came, and by which packet. */
struct when conn_wait_since(const struct conn *c);

#endif
