/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_WEBSOCKET_H
#define PROTOCOL_WEBSOCKET_H

#include <stdbool.h>

#include "base/span.h"
#include "protocol/layer.h"

/*
 * WebSocket (RFC 6455) after an upgrade of HTTP/1. Each message, of however many
 * frames, is a MESSAGE_RUN of its own with a body on one side: unmasked, and
 * inflated if it was sent with permessage-deflate (RFC 7692). Control frames
 * are overhead. Made by the HTTP/1 layer.
 *
 * A gap inside a frame is skipped; one that takes a frame's header leaves the
 * rest of that side as one broken run. Compressed messages behind a gap can't be
 * inflated unless each is compressed on its own; their bodies are as sent, and
 * say so.
 */

struct conn;

/* extensions: Sec-WebSocket-Extensions of the response, empty for none. NULL if
 * memory is out. */
struct layer *websocket_layer_new(struct conn *conn, unsigned client,
    struct span extensions);

#endif
