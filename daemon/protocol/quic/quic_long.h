/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_LONG_H
#define PROTOCOL_QUIC_LONG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"

/* Packets with long headers, as far as they tell without keys. What quic_detect.c,
 * which reads them, and quic_layer.c share. */
enum quic_long_type {
	QUIC_LONG_INITIAL,
	QUIC_LONG_0RTT,
	QUIC_LONG_HANDSHAKE,
	QUIC_LONG_RETRY,
	QUIC_LONG_OTHER,	/* of versions that are not IETF's; it has no length */
};

struct quic_long {
	uint32_t version;
	uint8_t type;		/* enum quic_long_type */
	uint8_t src_len;
	const uint8_t *src;	/* the ID by which its sender is sent to */
	size_t header_len;	/* up to the packet number */
	size_t len;		/* of the packet, all of it */
};

/* c: at the packet's first byte. False if it is no long header. Once the sides
 * know each other they need not set the fixed bit (RFC 9287). */
bool quic_long_read(struct cursor c, bool fixed_bit, struct quic_long *ret);

/* Google's versions are four characters: "Q046", "T051". */
bool quic_is_google(uint32_t version);
/* Nobody speaks it: a client that begins so has the server tell what it does
 * speak (RFC 9000, 15). */
bool quic_is_reserved(uint32_t version);
/* Google's up to Q043: flags, connection ID, version. */
bool quic_is_old_google(struct cursor c);

#endif
