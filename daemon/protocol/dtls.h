/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_DTLS_H
#define PROTOCOL_DTLS_H

#include <stddef.h>
#include <stdint.h>

/*
 * DTLS 1.0 to 1.3 by its records, none of which is opened, keys or not: what
 * comes in the clear is overhead, what is sealed is cut into MESSAGE_SEALED as
 * burst.h says, and each of these says that DTLS is not read.
 */
struct conn;
struct layer;

/* First bytes of a datagram: 1 it is a DTLS record, 0 it is not. */
int dtls_detect(const uint8_t *data, size_t len);

/* NULL if memory is out. */
struct layer *dtls_layer_new(struct conn *conn);

#endif
