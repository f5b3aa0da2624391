/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_WEBSOCKET_INFLATE_H
#define PROTOCOL_WEBSOCKET_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * permessage-deflate of one side. zlib's state, some 40 KB, is made with the
 * first compressed message. Used by the WebSocket layer.
 */

/* A message gives no more than this; the rest is left out. */
#define WEBSOCKET_INFLATE_MAX_LEN	(256u * 1024 * 1024)

struct websocket_inflate {
	struct z_stream_s *z;
	uint64_t message_len;		/* given of this message */
	bool alone;			/* each message is for itself */
	bool lost;			/* what came before is not known */
};

typedef void websocket_inflate_out(void *arg, const uint8_t *data, size_t len);

/* A compressed message begins. */
void websocket_inflate_begin(struct websocket_inflate *w);

/* Compressed bytes of a message; out gets what they give. ERR_MALFORMED: they
 * are no deflate stream; ERR_LIMIT: above the ceiling. */
int websocket_inflate_data(struct websocket_inflate *w, const uint8_t *data,
    size_t len, websocket_inflate_out *out, void *arg) must_check;

/* The message ends. */
int websocket_inflate_end(struct websocket_inflate *w,
    websocket_inflate_out *out, void *arg) must_check;

/* Bytes of the stream are missing. */
void websocket_inflate_lose(struct websocket_inflate *w);

void websocket_inflate_clear(struct websocket_inflate *w);

#endif
