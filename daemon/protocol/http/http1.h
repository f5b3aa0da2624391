/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_HTTP1_H
#define PROTOCOL_HTTP1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "protocol/layer.h"

/*
 * HTTP/0.9 to 1.1 on one connection, on the wire or above TLS. libhtp reads
 * the heads; where a message begins and ends, chunks and gaps are walked here,
 * so that every byte has its message and no body is held. Runs on the shard's
 * thread, made by conn.
 *
 * The sink gets one MESSAGE_HTTP per request with its final response. begin()
 * comes with the first byte of the request, or of a response whose request was
 * never seen (then no head with `request` set comes). After the final head of a
 * side, body_end() comes once for it, also for an empty entity. Interim
 * responses are heads without a body_end().
 *
 * After CONNECT and a 2xx, or an upgrade to a protocol that is not known here,
 * both sides' bytes go to conn_plain() and conn_plain_gap(); their wire() is the
 * business of what parses them there. An upgrade to h2c or WebSocket stays
 * inside this layer.
 */

struct conn;

/* NULL if memory is out. The first bytes tell who is the client; or it is known. */
struct layer *http1_layer_new(struct conn *conn);
struct layer *http1_layer_of(struct conn *conn, unsigned client);

/*
 * http1_detect - whether a side's first bytes are HTTP/1.
 *
 * Returns 1 with *ret_request (a request, else a response), 0 if they are
 * something else, -1 if more bytes are needed to tell (never for 32 KiB).
 */
int http1_detect(const uint8_t *data, size_t len, bool *ret_request) must_check;

#endif
