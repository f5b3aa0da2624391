/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_SHORT_H
#define PROTOCOL_QUIC_SHORT_H

#include "protocol/quic/quic_sender.h"

/*
 * Packets with short headers, which have no length and go to the end of their
 * datagram. Who sends many of a length leaves cutting them to the network card:
 * then what was captured holds some, one behind the other. Used by the QUIC
 * session, on its stack.
 */
struct quic_short {
	struct quic_sender *keys;
	uint32_t version;
	uint64_t *next_pn;
	size_t *longest;	/* that was opened, of its side */
};

/*
 * quic_short_open - rest: a datagram, or what is left of one; id_len: of the ID
 * in it. ret_plain has room for rest.len.
 *
 * Returns the length of the first packet, which was opened, or 0.
 */
size_t quic_short_open(const struct quic_short *q, struct span rest,
    size_t id_len, uint8_t *ret_plain, size_t *ret_len) must_check;

/*
 * quic_short_segment - the same where there are no keys: the length of the first
 * packet, if all that rest holds are packets of that length, and a shorter last
 * one, to the same ID; else rest.len. An ID below QUIC_SHORT_ID_MIN tells nothing.
 */
#define QUIC_SHORT_ID_MIN	4

size_t quic_short_segment(struct span rest, size_t id_len);

#endif
