/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_HANDSHAKE_H
#define PROTOCOL_QUIC_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/*
 * The Handshake packets of a QUIC connection, opened with the key log's secrets:
 * which ALPN the server chose, the certificates, and the ID that goes with an
 * address which the server prefers. What is learnt goes to conn->tls. Used by the
 * QUIC layer, behind the ServerHello, on the shard's thread.
 *
 * Ceiling: 256 KiB of a side's messages; behind it, and behind a hole that the
 * order of pieces gives up, nothing more is learnt.
 */
struct conn;
struct quic_handshake;

/* NULL without secrets, or if memory is out. client: its side. */
struct quic_handshake *quic_handshake_new(struct conn *conn, unsigned client,
    uint32_t version);
void quic_handshake_free(struct quic_handshake *h);

/* One packet, from its first byte to its last; pn_offset is where its packet
 * number stands. ERR_MALFORMED if it can't be opened. */
int quic_handshake_packet(struct quic_handshake *h, unsigned side,
    struct span packet, size_t pn_offset) must_check;

/* What the server told besides, empty if it did not so far: the ID that goes with
 * the address it prefers and that ID's token, the token of the one that it is sent
 * to by. */
struct quic_handshake_told {
	struct span preferred, preferred_token, token;
};

struct quic_handshake_told quic_handshake_told(const struct quic_handshake *h);

#endif
