/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PROTOCOL_NAMING_H
#define PROTOCOL_NAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "flow/packet.h"

/*
 * Names for what no layer of ours knows: nDPI behind one thin file. Flows are
 * fed their first payload packets until nDPI is sure or has seen enough; its
 * tables of host names and networks also name the application of flows that
 * our own layers recognised. One struct naming per shard.
 *
 * Names are lower-case ("smtp", "bittorrent", "google"), live as long as the
 * program, and equal names are the same pointer.
 */
struct naming;
struct naming_flow;

#define NAMING_PACKETS_MAX	8

/* Flows that one struct naming looks at at a time; nDPI takes some 3 KB for
 * each. When all are taken, the one that was longest silent is given up for the
 * next one. */
#define NAMING_FLOWS_MAX	512

struct naming_verdict {
	const char *protocol;		/* NULL if not known */
	const char *application;	/* NULL if not known */
	bool guessed;			/* by port or network alone */
};

struct naming_tuple {
	struct packet_addr addr[2];	/* side 0, side 1 */
	uint16_t port[2];
	uint8_t proto;			/* IP protocol number */
};

/* NULL if memory is out or nDPI can't be set up. */
struct naming *naming_new(void);
void naming_free(struct naming *n);

/* The flow was given up for another and is gone; what could be said of it. */
typedef void (*naming_gave_up_fn)(void *owner,
    const struct naming_verdict *verdict);

/* State for a flow; from a pool. NULL if memory is out. */
struct naming_flow *naming_flow_new(struct naming *n,
    const struct naming_tuple *tuple, naming_gave_up_fn gave_up, void *owner);
/* Accepts NULL. */
void naming_flow_free(struct naming *n, struct naming_flow *f);

/*
 * naming_feed - payload of the next packet of that side, in stream order.
 * Returns true when the verdict is final: then the flow may be freed.
 */
bool naming_feed(struct naming *n, struct naming_flow *f, unsigned side,
    const uint8_t *payload, size_t len, uint64_t ts_ns,
    struct naming_verdict *ret_verdict);

/* No more packets: the best that can be said, by port and network at worst. */
void naming_give_up(struct naming *n, struct naming_flow *f,
    struct naming_verdict *ret_verdict);

/* By ports and networks alone, for a flow of which no payload was seen. */
void naming_guess(struct naming *n, const struct naming_tuple *tuple,
    struct naming_verdict *ret_verdict);

/* The application that a host name belongs to, NULL if none is known. */
const char *naming_host(struct naming *n, struct span host);

/* Likewise by a certificate's subject, as RFC 2253 text. */
const char *naming_certificate(struct naming *n, struct span subject);

/* Likewise by the networks that nDPI lists. */
const char *naming_address(struct naming *n, const struct packet_addr *addr);

/* Likewise by the ports of a TCP connection that speaks TLS, if they tell more
 * than what is known, application, which may be NULL; else that. */
const char *naming_tls_port(struct naming *n, const char *application,
    const uint16_t port[2]);

/* Exact recognisers of our own for datagrams: "ntp", "dhcp", "ssdp", NULL. */
const char *naming_datagram(const uint8_t *payload, size_t len,
    uint16_t src_port, uint16_t dst_port);

#endif
