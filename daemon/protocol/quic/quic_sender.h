/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_QUIC_SENDER_H
#define PROTOCOL_QUIC_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/quic/quic_protect.h"

/*
 * What one side of a QUIC connection seals at one level, opened: the keys of
 * the phase that its last packet was in, of the one before, for packets that
 * come late, and of the next one (RFC 9001, 6). Header protection keys stay.
 * Behind packets that were not captured, later phases and packet numbers that
 * lie further on are tried, too, a bounded number of them. Used by the QUIC
 * session, in its storage; all zero is one without keys.
 */
struct quic_sender {
	bool tried, ready;		/* tried: for the session to keep */
	bool phase, has_old;
	bool opened;			/* a packet, ever */
	uint8_t choices;		/* see quic_choice.h */
	uint8_t suite;			/* enum quic_suite */
	uint32_t failures;		/* in a row */
	struct quic_keys old, now, next;
	uint8_t next_secret[QUIC_SECRET_MAX];
	struct quic_crypt crypt;
};

/* Without effect if the secret is not one of the suite. */
void quic_sender_init(struct quic_sender *k, enum quic_suite suite,
    uint32_t version, struct span secret);

void quic_sender_clear(struct quic_sender *k);

/*
 * quic_sender_open - opens a packet whose packet number stands at pn_offset;
 * next_pn: the number expected, and then the one behind. phases: its header
 * tells a phase. ret_plain has room for packet.len.
 *
 * Returns 0, or a negative code and nothing is changed.
 */
int quic_sender_open(struct quic_sender *k, uint32_t version,
    struct span packet, size_t pn_offset, bool phases, uint64_t *next_pn,
    uint8_t *ret_plain, size_t *ret_len) must_check;

/* A stream of packets that never open must not be searched for each. */
bool quic_sender_may_search(const struct quic_sender *k);

/* The same for one that did not open so, as if much had been lost before it. */
int quic_sender_search(struct quic_sender *k, uint32_t version,
    struct span packet, size_t pn_offset, bool phases, uint64_t *next_pn,
    uint8_t *ret_plain, size_t *ret_len) must_check;

#endif
