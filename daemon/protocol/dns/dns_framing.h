/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_DNS_FRAMING_H
#define PROTOCOL_DNS_FRAMING_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/cursor.h"
#include "base/span.h"

/*
 * DNS over TCP (RFC 1035, 4.2.2): each message behind its length in two bytes.
 * Used by the DNS layer, one for each side of a connection.
 */
struct dns_framing {
	struct buf held;	/* of a message that came in part */
	uint32_t skip;		/* bytes of a message that a gap hit */
	bool lost;
};

/* Gathers a message that came in part; returns true when it is whole. */
bool dns_framing_gather(struct dns_framing *f, struct cursor *c);

/* A message that lies whole in the bytes at hand, length and all, or false. */
bool dns_framing_whole(struct cursor *c, struct span *ret_wire);

#endif
