/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_HELLO_H
#define PROTOCOL_QUIC_HELLO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/*
 * Reads the hellos of a QUIC connection: Initial packets are sealed with keys
 * that anyone can work out from the first destination connection ID, or from
 * the one after a Retry. What is learnt goes to conn->tls. Used by the QUIC
 * layer.
 */

struct conn;
struct quic_hello;

/* NULL if memory is out. */
struct quic_hello *quic_hello_new(struct conn *conn);
void quic_hello_free(struct quic_hello *h);

/*
 * quic_hello_packet - one Initial packet, from its first byte to its last;
 * pn_offset is where its packet number stands.
 *
 * Returns 0 if it could be opened; ERR_MALFORMED if its keys are not known.
 */
int quic_hello_packet(struct quic_hello *h, unsigned side, struct span packet,
    size_t pn_offset) must_check;

/* True when both hellos were read, or no more is to be expected: it can be
 * freed. */
bool quic_hello_done(const struct quic_hello *h);

/* Google's own handshake, where it is in the clear: the server's name. */
void quic_hello_google(struct conn *conn, struct span data);

#endif
