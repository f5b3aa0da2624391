/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_HTTP3_H
#define PROTOCOL_HTTP3_H

#include <stddef.h>
#include <stdint.h>

#include "protocol/layer.h"

/*
 * HTTP/3 (RFC 9114) in the streams of one QUIC connection. The QUIC layer gives
 * it each stream's bytes in order; libnghttp3 undoes QPACK. The sink gets one
 * MESSAGE_HTTP (version 30) per request stream, with wire() for the bytes of
 * the stream; unidirectional streams are overhead. Both sides of a request
 * stream belong to its message; server push is passed over.
 *
 * A head that waits for the encoder stream holds the bytes behind it, up to a
 * ceiling; above it, or behind a gap in the encoder stream or in a head, the
 * message has no head and says so, and its body goes on.
 */

struct conn;
struct http3;

/* NULL if memory is out. */
struct http3 *http3_new(struct conn *conn, unsigned client);
void http3_free(struct http3 *h);

void http3_data(struct http3 *h, unsigned side, uint64_t stream,
    const uint8_t *data, size_t len, const struct when *when);
/* len > 0 bytes of the stream are missing. */
void http3_gap(struct http3 *h, unsigned side, uint64_t stream, uint64_t len,
    const struct when *when);
/* That side's part of the stream is over; complete: by FIN, not by reset. */
void http3_end(struct http3 *h, unsigned side, uint64_t stream, bool complete,
    const struct when *when);

/* Ends what is open as cut. */
void http3_finish(struct http3 *h, const struct when *when);

#endif
