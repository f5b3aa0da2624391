/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_STREAMS_H
#define PROTOCOL_QUIC_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/layer.h"
#include "protocol/quic/quic_order.h"

/*
 * The streams of a QUIC connection, each side's bytes put in order and given to
 * HTTP/3, or to what reads the others. Used by the QUIC session.
 *
 * Ceiling: QUIC_STREAMS_MAX sides of streams; above it the oldest is closed, and
 * what still comes of it, or of an older one of its kind, is left out: no message
 * has it, and it is not understood.
 */

#define QUIC_STREAMS_MAX	2048
#define QUIC_STREAM_BUCKETS	128

struct conn;
struct http3;
struct quic_frame;
struct quic_plain;
struct quic_stream;

struct quic_streams {
	struct conn *conn;
	struct http3 *http3;		/* one of the two */
	struct quic_plain *plain;
	const struct when *when;	/* of the call under way */
	struct quic_stream *bucket[QUIC_STREAM_BUCKETS];
	struct quic_stream *oldest, *newest;
	unsigned count;
	uint64_t closed[2][4];		/* [side][kind]: ids below are gone */
	uint64_t given[2];		/* bytes that were given, or left out */
	uint64_t held[2];		/* bytes that wait */
};

/* By the ALPN in conn->tls. False without memory. */
bool quic_streams_init(struct quic_streams *q, struct conn *conn,
    unsigned client);

/* A STREAM or RESET_STREAM frame. */
void quic_streams_frame(struct quic_streams *q, unsigned side,
    const struct quic_frame *f, const struct when *when);

/* Everything that waits is given, with gaps. */
void quic_streams_flush(struct quic_streams *q, const struct when *when);

/* After that: what is open is over. */
void quic_streams_finish(struct quic_streams *q, const struct when *when);

void quic_streams_clear(struct quic_streams *q);

#endif
