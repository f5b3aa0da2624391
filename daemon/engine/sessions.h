/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_SESSIONS_H
#define ENGINE_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/packet.h"
#include "telltap/telltap.h"

/*
 * TLS sessions whose plaintext is told: which connection each goes over, how far
 * it has come, and what waits because its connection is not known or not seen
 * yet. The engine feeds it in the order of time, between packets.
 */

struct sessions;

/* What one note of the engine's hold says; bytes lie behind it. */
enum session_note_kind {
	SESSION_TIED,
	SESSION_PLAINTEXT,
	SESSION_ENDED,
};

struct session_note {
	uint64_t stream, ts_ns;
	uint64_t offset;		/* PLAINTEXT; ENDED: bytes out in all */
	uint64_t in_len;		/* ENDED */
	struct packet_addr local, remote;	/* TIED */
	uint16_t local_port, remote_port;
	uint32_t len;
	uint8_t kind;			/* enum session_note_kind */
	bool ambiguous, inbound, early, of_file;
};

/* Bytes of a session, behind so many that were lost. */
struct session_piece {
	uint64_t gap, ts_ns;
	const uint8_t *data;
	size_t len;
	bool inbound, early, of_file;
};

/* Where plaintext goes. */
struct session_ops {
	/* False: the connection has not been seen yet. */
	bool (*tie)(void *arg, const struct session_note *tie);
	/* False if nobody takes them. */
	bool (*data)(void *arg, const struct session_note *tie,
	    const struct session_piece *piece);
	void *arg;
};

struct sessions *sessions_new(const struct session_ops *ops);
void sessions_free(struct sessions *s);

must_check int sessions_note(struct sessions *s, const struct session_note *n,
    const uint8_t *bytes);

/* The tie of a session that waits for the connection between these ends, of
 * which nothing was seen so far; NULL if none does. */
const struct session_note *sessions_waiting(const struct sessions *s,
    const struct packet_addr *local, uint16_t local_port,
    const struct packet_addr *remote, uint16_t remote_port);

/* Packets have come: what waits for its connection is tried again. */
void sessions_retry(struct sessions *s);

/* Plaintext that found no connection, up to now, and what still waits. */
uint64_t sessions_unplaced(const struct sessions *s);

#endif
