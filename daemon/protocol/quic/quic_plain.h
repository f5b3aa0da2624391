/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_PLAIN_H
#define PROTOCOL_QUIC_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "protocol/layer.h"

/*
 * The streams of a QUIC connection that carries no HTTP/3. Where the ALPN says so
 * they are DNS: each of the client's a question and its answer (RFC 9250). Else
 * what they are is not known, so that each is cut into MESSAGE_RUN as burst.h
 * says, both sides of a stream together. Used by quic_streams.c, on the shard's
 * thread.
 *
 * Ceilings: QUIC_PLAIN_MAX streams that are open; above it the oldest one's run
 * ends, and what still comes of it begins another. 1 MiB of messages whose end has
 * not come; above it they are read as they come.
 */
#define QUIC_PLAIN_MAX	1024

struct conn;
struct quic_plain;

enum quic_plain_kind {
	QUIC_PLAIN_RUNS,
	QUIC_PLAIN_DNS,		/* each message behind its length */
	QUIC_PLAIN_DNS_BARE,	/* one message is a side of a stream */
};

/* By the application's name. */
enum quic_plain_kind quic_plain_kind_of(struct span alpn);

/* NULL if memory is out. */
struct quic_plain *quic_plain_new(struct conn *conn, enum quic_plain_kind kind);
/* After quic_plain_finish(). Accepts NULL. */
void quic_plain_free(struct quic_plain *p);

/* Bytes of a stream in order, or that many that are missing. */
void quic_plain_data(struct quic_plain *p, unsigned side, uint64_t stream,
    const uint8_t *data, size_t len, const struct when *when);
void quic_plain_gap(struct quic_plain *p, unsigned side, uint64_t stream,
    uint64_t len, const struct when *when);
/* That side's part of the stream is over; complete: by FIN, not by reset. */
void quic_plain_end(struct quic_plain *p, unsigned side, uint64_t stream,
    bool complete, const struct when *when);

/* Ends what is open as cut. */
void quic_plain_finish(struct quic_plain *p);

#endif
