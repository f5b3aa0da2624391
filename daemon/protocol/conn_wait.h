/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_CONN_WAIT_H
#define PROTOCOL_CONN_WAIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "protocol/conn.h"

/*
 * Connections whose keys may yet come. What such a one sends behind its
 * ClientHello is copied and kept, and goes through its layers once the engine
 * lets it: when the keys are there, when they will not come any more, or when
 * the connection ends. Keys come late by a key log that is written late, and by
 * the session that this one resumes, which another shard may be about to open.
 *
 * One struct conn_wait per shard. Ceilings: max_bytes of what waits in it, and
 * above them who has waited longest goes on without; CONN_WAIT_TURNS for each
 * connection, for one that renegotiates or carries another TLS may wait again.
 */
#define CONN_WAIT_TURNS	4

/* By what the keys will be found. */
struct conn_wanted {
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
};

struct conn_wait {
	bool for_log;			/* a key log may yet have them */
	bool for_sessions;		/* a private key, or a master secret,
					 * may open what they resume */
	bool settling;			/* they are let go one by one: no ceiling */
	size_t max_bytes, bytes;
	size_t fed_len, unread_len;	/* of what conn_data() hands on: all, and
					 * what is to wait, see conn_wait_rest() */
	uint64_t early;			/* connections let go by the ceiling */
	struct conn_waiting *first, *last;	/* by their first bytes */
};

/* For layers: a ClientHello has no keys. True if the connection waits for them
 * from its next bytes on. */
bool conn_wait_begin(struct conn *c, const struct conn_wanted *wanted);

/* For a layer in the midst of its bytes: true if the last left of them are to
 * wait, too, and come again. That is so for the lowest layer alone. */
bool conn_wait_rest(struct conn *c, const struct layer *l, size_t left);

/* For conn.c: true if the bytes (data), the gap (data is NULL), or the end of
 * that side (len is 0) wait. */
bool conn_wait_take(struct conn *c, unsigned side, const uint8_t *data,
    size_t len, const struct when *when);

/* It waits no more: all that was kept goes on, unless a ClientHello in it waits
 * again. Nothing happens to a connection that does not wait. */
void conn_wait_release(struct conn *c);
/* The same, and what was kept is dropped. */
void conn_wait_drop(struct conn *c);

/* Those that wait, in order; NULL behind the last. Releasing one leaves the
 * others where they are. */
struct conn *conn_wait_next(const struct conn_wait *w, const struct conn *after);
const struct conn_wanted *conn_wait_wanted(const struct conn *c);
/* When its first bytes came, and by which packet. */
struct when conn_wait_since(const struct conn *c);

#endif
