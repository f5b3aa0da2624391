/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ENGINE_ENDS_H
#define ENGINE_ENDS_H

#include "flow/packet.h"
#include "verdict/event.h"

/*
 * What a flow is by what its ends were in others: the socket that spoke
 * BitTorrent, or STUN of a known application, speaks it with all its peers; the
 * place that FTP's control connection named gets FTP's data; who speaks Zoom or
 * tinc by TCP takes the rest of it by UDP. It names flows that nothing of their
 * own names, and says so in protocol_by. Filled and asked by the merge alone, in
 * the order of the events, on the engine's thread.
 *
 * The table has a fixed size; of two ends that share a place the later one
 * stays.
 */
struct ends;

struct ends *ends_new(void);
void ends_free(struct ends *e);

/* That end will speak that protocol, a word that lives as long as the program. */
void ends_expect(struct ends *e, const struct packet_addr *addr, uint16_t port,
    uint8_t proto, const char *protocol);

/* Learns from a flow with names, or names one that has none, if over says that
 * nothing more is to be learnt of it. */
void ends_follow(struct ends *e, struct event_flow *f, bool over);

#endif
