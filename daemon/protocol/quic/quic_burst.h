/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_BURST_H
#define PROTOCOL_QUIC_BURST_H

#include "protocol/burst.h"
#include "protocol/conn.h"

/*
 * Packets of QUIC that can't be opened, as messages: burst.h says where one ends,
 * with what the lengths of packets tell besides. Who fills packets has more to
 * say, and has not been answered yet. A packet that is longer than any before is
 * more data, or a probe of the path that carries nothing (RFC 8899): the next one
 * out tells, and until then it is not counted. Used by quic_detect.c, on the
 * shard's thread. All zero but for conn is one not begun.
 */
#define QUIC_FULL_LEN	1200		/* any path takes packets of this */

struct quic_burst {
	struct conn *conn;
	struct message *message;
	struct burst burst;
	uint16_t last_out, longest_out, longest_in;	/* lengths of packets */
	uint16_t tried[2];		/* by side: lengths that are no news */
	uint8_t full_out;		/* full ones in a row, up to FULL_RUN */
	uint8_t bulk;			/* full ones of this message, likewise */
	bool unasked;			/* one came in that may answer nothing */
	struct quic_probe {
		bool open;
		size_t len;
		uint64_t min, max;
		struct when when;
	} probe;
};

/* A packet of len bytes, of which min to max are plaintext. filled: it fills up a
 * datagram that began with the handshake, for there is more to say. */
void quic_burst_packet(struct quic_burst *b, unsigned side, size_t len,
    size_t min, size_t max, bool filled, const struct when *when);

/* A datagram of the handshake was as long: such packets need no probe. */
void quic_burst_try(struct quic_burst *b, unsigned side, size_t len);

void quic_burst_gap(struct quic_burst *b, unsigned side, uint64_t len,
    const struct when *when);

void quic_burst_end(struct quic_burst *b);

#endif
