/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_DETECT_H
#define PROTOCOL_QUIC_DETECT_H

#include <stddef.h>
#include <stdint.h>

/*
 * QUIC as far as it tells without secrets: versions 1 and 2, the drafts, and
 * Google's own. Initial packets are opened and give conn->tls its hellos.
 * Long-header packets of the handshake are overhead, opened where there are keys;
 * what 0-RTT and 1-RTT packets seal is cut into MESSAGE_SEALED as burst.h says, with
 * an interval of the plaintext's size, for packet numbers, frame headers and
 * acknowledgements can't be told from data.
 */
struct conn;
struct layer;

/* A datagram: 1 it begins with a long header of a version of QUIC that is
 * known, or negotiates versions, also by asking for one that is reserved for it;
 * 0 it does not. */
int quic_detect(const uint8_t *data, size_t len);

/* NULL if memory is out. */
struct layer *quic_layer_new(struct conn *conn);

#endif
