/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_AHEAD_H
#define PROTOCOL_QUIC_AHEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/span.h"
#include "protocol/layer.h"

/*
 * Packets with short headers that came before the ServerHello, which names their
 * cipher: it was overtaken on the way, and they are kept until it is there. All
 * zero keeps none. Used by the QUIC layer.
 *
 * Ceiling: QUIC_AHEAD_MAX bytes; what comes above it is not kept.
 */
#define QUIC_AHEAD_MAX	(32 * 1024)

struct quic_ahead {
	struct buf kept;
};

/* A rest of a datagram. */
struct quic_ahead_piece {
	struct when when;
	struct span bytes;
	unsigned side;
	bool filled;		/* of a datagram that was filled up */
};

/* False if there is no room for it. */
bool quic_ahead_keep(struct quic_ahead *a, const struct quic_ahead_piece *p);

/* All that was kept, for the caller to read and to clear; none is kept then. */
struct buf quic_ahead_draw(struct quic_ahead *a);
/* The next of it; false behind the last. */
bool quic_ahead_next(struct cursor *c, struct quic_ahead_piece *ret);

#endif
