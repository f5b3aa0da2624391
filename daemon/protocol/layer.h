/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_LAYER_H
#define PROTOCOL_LAYER_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/message.h"

/*
 * A layer parses one protocol on one connection. It is fed the stream of each
 * side in order, pushes messages to conn's sink, and may feed a layer above it
 * (what TLS decrypts, what CONNECT tunnels) through conn_plain() and
 * conn_tunnel(). A layer never blocks, never keeps the bytes it is given, and
 * has a ceiling on what it buffers.
 */
struct layer;

struct layer_ops {
	const char *name;	/* value of network.protocol */
	/* len > 0 bytes of a side; for UDP exactly one datagram. */
	void (*data)(struct layer *l, unsigned side, const uint8_t *data,
	    size_t len, const struct when *when);
	/* len > 0 bytes of a side that were never captured. */
	void (*gap)(struct layer *l, unsigned side, uint64_t len,
	    const struct when *when);
	/* Bytes come again that the layer was given, or told to be missing; they
	 * begin back bytes before the end of what it was. May be NULL. */
	void (*again)(struct layer *l, unsigned side, uint64_t back,
	    const uint8_t *data, size_t len);
	/* A side sent FIN; may be NULL. */
	void (*eof)(struct layer *l, unsigned side, const struct when *when);
	/* The connection is over: end every open message. */
	void (*finish)(struct layer *l, const struct when *when);
	/* After finish. */
	void (*free)(struct layer *l);
};

/* First member of every layer's struct. */
struct layer {
	const struct layer_ops *ops;
	struct conn *conn;
};

#endif
