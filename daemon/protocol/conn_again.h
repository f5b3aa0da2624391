/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_CONN_AGAIN_H
#define PROTOCOL_CONN_AGAIN_H

#include "base/span.h"
#include "protocol/conn_wait.h"

/*
 * Records that are not authentic. What was captured may have been altered, on the
 * way or in the capture: then the receiver throws it away, and gets it anew. From
 * such a record on all of the connection waits (conn_wait.h), until bytes of its
 * side come again that are others than those seen first. They take their place, and
 * all that waited is gone through again.
 *
 * CONN_AGAIN_NS by the packets' clock and CONN_AGAIN_LEN bytes are waited for at
 * most; then the record is lost. A connection in which so many records waited in
 * vain, and none with success, waits no more. For TCP, and the lowest layer alone.
 */
#define CONN_AGAIN_NS		UINT64_C(1000000000)
#define CONN_AGAIN_LEN		(1u << 20)
#define CONN_AGAIN_TURNS	15

/* For a layer: a record, header and body, whose last bytes are among those it is
 * given. True if it waits: the layer goes on as if it had not come. */
bool conn_again_begin(struct conn *c, const struct layer *l, unsigned side,
    struct span header, struct span body, const struct when *when);

/* For the engine, as layer_ops.again(), at the time of the packet they came in: when
 * the wait is over they are too late, whether it was looked at before or not. */
void conn_again(struct conn *c, unsigned side, uint64_t back,
    const uint8_t *data, size_t len, uint64_t now_ns);

/* For conn_wait.c: before len bytes more, at that time. */
bool conn_again_is_over(const struct conn_waiting *x, size_t len,
    const struct when *when);

/* By the clock alone. */
bool conn_again_is_due(const struct conn *c, uint64_t now_ns);

#endif
