/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FLOW_PACKET_WALK_H
#define FLOW_PACKET_WALK_H

#include "base/cursor.h"
#include "base/err.h"
#include "flow/defrag.h"
#include "flow/packet.h"

/*
 * What the layers of packet_decode() hand to each other. A walk is a cursor
 * over the bytes of the current layer that were captured, and how many more
 * the headers say there were on the wire. Each layer reads its header, narrows
 * the walk to its payload and calls the next one; the innermost transport fills
 * the packet. Private to packet*.c, link*.c and tunnel*.c.
 *
 * A layer returns 0, one of enum walk_result, or a negative code. After any
 * of these but 0 the walk and the packet hold no meaning.
 */
enum walk_result {
	WALK_WAITS = 1,		/* a fragment, kept until the others come */
	WALK_NOT_IP = 2,	/* well formed, and nothing for the engine */
};

/* IP protocol numbers that are looked into. */
enum ip_proto {
	IP_PROTO_HOP_BY_HOP = 0,
	IP_PROTO_ICMP = 1,
	IP_PROTO_IP4 = 4,
	IP_PROTO_TCP = 6,
	IP_PROTO_UDP = 17,
	IP_PROTO_IP6 = 41,
	IP_PROTO_ROUTING = 43,
	IP_PROTO_FRAGMENT = 44,
	IP_PROTO_GRE = 47,
	IP_PROTO_AH = 51,
	IP_PROTO_ICMP6 = 58,
	IP_PROTO_NONE = 59,
	IP_PROTO_DESTINATION = 60,
	IP_PROTO_SCTP = 132,
	IP_PROTO_MOBILITY = 135,
	IP_PROTO_UDPLITE = 136,
	IP_PROTO_MPLS = 137,
	IP_PROTO_HIP = 139,
	IP_PROTO_SHIM6 = 140,
};

/* How the length in an IP header has to agree with the bytes around it. */
enum walk_fit {
	WALK_FIT_FRAME,		/* any; longer than the frame is remembered */
	WALK_FIT_PADDED,	/* not longer; padding may follow */
	WALK_FIT_EXACT,		/* neither longer nor shorter */
};

/* Tunnels in tunnels that are opened; deeper ones stay closed. */
#define WALK_MAX_DEPTH	8

/* Ethertypes looked up in all, so that what nests without IP ends as well. */
#define WALK_MAX_LAYERS	16

struct packet_walk {
	struct cursor c;
	uint32_t cut;		/* bytes on the wire behind the cursor's end */
	uint32_t scope;		/* tunnel or VLAN; 0 outside of any */
	uint8_t depth;
	uint8_t layers;		/* ethertypes and record headers read */
	uint8_t extensions;	/* extension headers read, of all IP headers */
	uint8_t fit;		/* enum walk_fit, for the next IP header */
	bool in_ip;		/* an IP header was read */
	bool overlong;		/* ... and the frame was too short for it */
	struct packet_decoder *d;
	struct arena *arena;
	struct packet *pkt;
};

struct packet_decoder {
	struct defrag *defrag;
	struct packet_stats stats;
};

/* A different number for each kind and value of the surroundings, so that
 * fragments of one tunnel are not put together with those of another. */
static inline void
walk_enter_scope(struct packet_walk *w, uint32_t kind, uint32_t value)
{
	w->scope = (w->scope ^ kind ^ value) * 0x9e3779b1u;
	w->scope ^= w->scope >> 15;
}

/* The bytes ended early: by the capture's doing, or by the sender's. */
static inline int
walk_short(const struct packet_walk *w)
{
	return w->cut || w->overlong ? ERR_TRUNCATED : ERR_MALFORMED;
}

/* Bytes of this layer by the headers read so far. */
static inline uint64_t
walk_wire_len(const struct packet_walk *w)
{
	return (uint64_t)cur_left(&w->c) + w->cut;
}

/* Narrows the walk to len bytes; what was not captured of them becomes cut. */
static inline void
walk_narrow(struct packet_walk *w, uint32_t len)
{
	size_t left = cur_left(&w->c);

	if (len <= left) {
		w->c = cur_sub(&w->c, len);
		w->cut = 0;
	} else {
		w->cut = (uint32_t)(len - left);
	}
}

/* Everything left is the packet's payload. */
static inline int
walk_finish(struct packet_walk *w)
{
	size_t left = cur_left(&w->c);

	w->pkt->payload = cur_peek(&w->c);
	w->pkt->payload_len = (uint32_t)left;
	w->pkt->payload_wire_len = (uint32_t)left + w->cut;
	if (w->cut)
		w->pkt->flags |= PACKET_CUT;
	return 0;
}

/* packet.c: takes over the fragment counters. */
void packet_decoder_sync(struct packet_decoder *d);

/* packet_ip4.c */
int packet_walk_ip4(struct packet_walk *w);

/* packet_ip6.c; the second: what lies behind an IP header of either version,
 * by the number of the first extension header or protocol. */
int packet_walk_ip6(struct packet_walk *w);
int packet_walk_extensions(struct packet_walk *w, uint8_t proto);

/* packet_ip.c: either, by the version in the first byte. */
int packet_walk_ip(struct packet_walk *w);
/* Narrows the walk to the len bytes that an IP header announces. */
int packet_walk_fit(struct packet_walk *w, uint32_t len);
/* Keeps a piece of a datagram and goes on once the datagram is whole. */
int packet_walk_fragment(struct packet_walk *w, const struct defrag_key *key,
    const struct defrag_piece *piece);

/* packet_transport.c: proto is an IP protocol number. */
int packet_walk_proto(struct packet_walk *w, uint8_t proto);

/* link.c: link_type is a LINKTYPE_ value. */
int link_walk(struct packet_walk *w, unsigned link_type);

/* link_ether.c: what other layers carry as well. */
int link_walk_ethernet(struct packet_walk *w);
int link_walk_ethertype(struct packet_walk *w, unsigned ethertype);
int link_walk_llc(struct packet_walk *w);
int link_walk_mpls(struct packet_walk *w);

/* link_ppp.c */
int link_walk_ppp(struct packet_walk *w);
int link_walk_pppoe(struct packet_walk *w);
int link_walk_chdlc(struct packet_walk *w);
int link_walk_frame_relay(struct packet_walk *w);

/* link_wlan.c */
int link_walk_wlan(struct packet_walk *w);
int link_walk_radiotap(struct packet_walk *w);

/* link_meta.c: records with a header by the capturing host. */
int link_walk_pktap(struct packet_walk *w);
int link_walk_nflog(struct packet_walk *w);
int link_walk_ppi(struct packet_walk *w);
int link_walk_pflog(struct packet_walk *w);

/*
 * tunnel.c: opens what a packet carries if that is an IP packet that holds
 * together, and returns 0 or WALK_WAITS. Anything else: ERR_UNSUPPORTED, with
 * walk and packet as they were, so that the packet stays what it is.
 */
int tunnel_walk_proto(struct packet_walk *w, uint8_t proto);
int tunnel_walk_udp(struct packet_walk *w);
/* The same for any layer: tries walk on what is left. */
int tunnel_try(struct packet_walk *w, enum walk_fit fit,
    int (*walk)(struct packet_walk *w));

#endif
