/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_GRPC_H
#define PROTOCOL_GRPC_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/message.h"

/*
 * A gRPC call on one HTTP/2 stream: length-prefixed messages in the
 * DATA of each side. The first of either side is the body of the call's own
 * message, so that a unary call is one exchange; each further one is a
 * MESSAGE_HTTP of its own that repeats the request's head, with a body on one
 * side only. A body holds the five bytes of the prefix, too.
 */

struct conn;
struct grpc;

/* If the request is a gRPC call; else, or if memory is out, NULL. `call` is its
 * message, which stays the caller's. */
struct grpc *grpc_new(struct conn *conn, struct message *call, unsigned client,
    const struct http_head *head);

/* Ends what is open of the call but the call's own message. Accepts NULL. */
void grpc_free(struct grpc *g, enum message_end how, const struct when *when);

/* The message that framing of that side belongs to. */
struct message *grpc_message(const struct grpc *g, unsigned side);

/* Content of DATA frames, wire() included, and bytes missing in it. */
void grpc_data(struct grpc *g, unsigned side, struct span bytes,
    const struct when *when);
void grpc_gap(struct grpc *g, unsigned side, uint64_t len,
    const struct when *when);

/* That side sends no more DATA. */
void grpc_body_end(struct grpc *g, unsigned side, bool complete,
    const struct when *when);

#endif
