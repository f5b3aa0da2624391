/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_HTTP2_H
#define PROTOCOL_HTTP2_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "protocol/layer.h"

/*
 * HTTP/2 on one connection: with prior knowledge, after an upgrade, or above
 * TLS. Frames and streams are walked passively; libnghttp2 undoes HPACK. Runs on
 * the shard's thread, made by conn or by the HTTP/1 layer.
 *
 * The sink gets one MESSAGE_HTTP (version 20) per request stream, pushed
 * streams too. A frame of a stream belongs to its message, the preface and the
 * connection's own frames are overhead. In gRPC the first message of either side
 * belongs to the call's exchange; each further one is a MESSAGE_HTTP of its own
 * that repeats the call's head.
 */

struct conn;
struct message;

/* NULL if memory is out. */
struct layer *http2_layer_new(struct conn *conn);

/* After an upgrade: `client` sent the request, whose message becomes stream
 * one's and is ended by the new layer. NULL if memory is out; then the caller
 * still owns the message. */
struct layer *http2_layer_upgrade(struct conn *conn, unsigned client,
    struct message *first);

/*
 * http2_detect - whether a side's first bytes are HTTP/2: the client's preface
 * or the server's first SETTINGS frame. Returns 1, 0, or -1 if more bytes are
 * needed to tell (never for 24).
 */
int http2_detect(const uint8_t *data, size_t len) must_check;

#endif
