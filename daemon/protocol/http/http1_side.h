/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_HTTP1_SIDE_H
#define PROTOCOL_HTTP1_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "protocol/http/http1_body.h"
#include "protocol/http/http1_exchange.h"
#include "protocol/http/http1_head.h"
#include "protocol/layer.h"

/*
 * How the two sides of an HTTP/1 connection move from message to message.
 * The layer's own file gives the pieces of the stream, gaps and ends to this.
 *
 * The client's side goes START, HEAD, BODY, START for each request. After
 * CONNECT it goes to WAIT, where bytes are held until the response tells a
 * tunnel from the next request. The server's side does the same for each
 * response; an interim response goes from HEAD to START and stays with its
 * exchange. A 101, or a 2xx to CONNECT, sends both sides to TUNNEL for good.
 * What can't be read leads to LOST: bytes are body of the broken exchange until
 * a piece of the stream begins as a request (or response) does.
 */
enum http1_side_state {
	HTTP1_SIDE_START,
	HTTP1_SIDE_HEAD,
	HTTP1_SIDE_BODY,
	HTTP1_SIDE_WAIT,
	HTTP1_SIDE_LOST,
	HTTP1_SIDE_TUNNEL,
};

#define HTTP1_WAIT_MAX_LEN	(64 * 1024)
#define HTTP1_CLIENT_UNKNOWN	2

struct http1_side {
	uint8_t state;			/* enum http1_side_state */
	bool piece_start;		/* no byte of this piece was taken */
	uint8_t held_len;		/* of "HTTP", at START */
	uint8_t held[4];
	uint64_t wire;			/* bytes of x not told yet */
	struct http1_exchange *x;	/* NULL between messages */
	struct http1_head *head;	/* NULL between heads */
	struct http1_body body;
};

struct http1 {
	struct layer layer;
	const struct when *when;	/* of the call under way */
	struct http1_exchanges open;
	bool had_request;
	struct http1_side side[2];
	struct buf wait;		/* client's bytes after CONNECT */
	struct layer *inner;		/* in TUNNEL, after an upgrade known
					 * here; NULL: conn_plain() */
};

static inline enum http1_role
http1_role_of(const struct http1 *h, unsigned side)
{
	return side == h->open.client ? HTTP1_REQUEST : HTTP1_RESPONSE;
}

/* What the side's head holds goes. */
void http1_side_drop_head(struct http1 *h, unsigned side);

/* http1_turn.c: the side's head is whole. */
void http1_side_head_done(struct http1 *h, unsigned side);

/* A piece of the stream; the roles are settled. */
void http1_side_feed(struct http1 *h, unsigned side, const uint8_t *data,
    size_t len);

void http1_side_gap(struct http1 *h, unsigned side, uint64_t len);

/* No more bytes from that side. */
void http1_side_eof(struct http1 *h, unsigned side);

/* The stream bytes taken so far go to the exchange they belong to. */
void http1_side_flush(struct http1 *h, unsigned side);

/* A message begins on that side. */
void http1_side_begin(struct http1 *h, unsigned side);

/* That side's part of its exchange is over. */
void http1_side_done(struct http1 *h, unsigned side, bool complete);

/* That side can't be read from here on; why is for the reader. */
void http1_side_lost(struct http1 *h, unsigned side, const char *why);

/* Both sides leave HTTP; bytes held in WAIT go first. */
void http1_side_tunnel(struct http1 *h);

/* Bytes, or a gap, of a side in TUNNEL. */
void http1_tunnel_data(struct http1 *h, unsigned side, const uint8_t *data,
    size_t len);
void http1_tunnel_gap(struct http1 *h, unsigned side, uint64_t len);

/* A 101: the server's side is done with its exchange, both sides go to TUNNEL,
 * into the layer that the head names if it is one known here. */
void http1_upgrade(struct http1 *h, unsigned side,
    const struct http_head *head);

#endif
