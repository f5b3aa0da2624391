/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_CHOICE_H
#define PROTOCOL_QUIC_CHOICE_H

#include <stdbool.h>

#include "protocol/quic/quic_sender.h"
#include "protocol/tls/keylog.h"

/*
 * Which keys open what one side of a QUIC connection seals at one level, where the
 * key log leaves a choice: it may have several secrets of one name, and nobody tells
 * the cipher of early data. What opens a packet is the right one; until then the
 * others are tried on some packets. Used by the QUIC session and its handshake.
 */
struct quic_choice {
	const struct keylog *keys;
	const uint8_t *client_random;
	enum keylog_label label;
	enum quic_suite suite;		/* QUIC_SUITE_COUNT: not known */
	uint32_t version;
};

/* The one that is tried as number n, from 0 on; false: there is none. The caller
 * clears it or has another one take its place. */
bool quic_choice_sender(const struct quic_choice *c, unsigned n,
    struct quic_sender *ret);

/* May others be tried on a packet that this one did not open? Counts it. */
bool quic_choice_goes_on(struct quic_sender *k);

/* Other opened a packet: it is k from now on. */
void quic_choice_settle(struct quic_sender *k, const struct quic_sender *other);

/* A packet with a long header, by k or by what k could be instead; as
 * quic_sender_open(). */
int quic_choice_open(struct quic_sender *k, const struct quic_choice *c,
    struct span packet, size_t pn_offset, uint64_t *next_pn, uint8_t *ret_plain,
    size_t *ret_len) must_check;

#endif
