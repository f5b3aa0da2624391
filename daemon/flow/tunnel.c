// SPDX-License-Identifier: Apache-2.0
#include "flow/packet_walk.h"

#define GRE_CHECKSUM	0x8000
#define GRE_ROUTING	0x4000
#define GRE_KEY		0x2000
#define GRE_SEQ		0x1000
#define GRE_ACK		0x0080
#define GRE_VERSION	0x0007

enum gre_proto {
	GRE_IP4 = 0x0800,
	GRE_TEB = 0x6558,
	GRE_PPP = 0x880b,
	GRE_ERSPAN = 0x88be,
	GRE_ERSPAN3 = 0x22eb,
	GRE_ARUBA_FIRST = 0x8200,
	GRE_ARUBA_LAST = 0x82ff,
	GRE_ARUBA_MIRROR = 0x9000,
};

int
tunnel_try(struct packet_walk *w, enum walk_fit fit,
    int (*walk)(struct packet_walk *w))
{
	struct packet_walk before = *w;
	struct packet packet = *w->pkt;
	int r;

	if (w->depth >= WALK_MAX_DEPTH)
		return ERR_UNSUPPORTED;
	w->depth++;
	w->fit = fit;
	if (before.in_ip)
		w->pkt->flags |= PACKET_TUNNELLED;
	r = walk(w);
	if (r == 0 || r == WALK_WAITS)
		return r;
	*w = before;
	*w->pkt = packet;
	return ERR_UNSUPPORTED;
}

/* Sessions of different calls or keys may carry the same addresses. */
static void
skip_gre_fields(struct packet_walk *w, unsigned flags)
{
	if (flags & GRE_CHECKSUM)
		cur_skip(&w->c, 4);
	if (flags & GRE_KEY)
		walk_enter_scope(w, IP_PROTO_GRE, cur_be32(&w->c));
	if (flags & GRE_SEQ)
		cur_skip(&w->c, 4);
}

/* A mirrored frame; type I has no header, which a missing sequence number
 * tells; type III may have eight bytes more. */
static int
walk_erspan(struct packet_walk *w, unsigned flags, unsigned proto)
{
	if (proto == GRE_ERSPAN3) {
		cur_skip(&w->c, 11);
		cur_skip(&w->c, cur_u8(&w->c) & 1 ? 8 : 0);
	} else if (flags & GRE_SEQ) {
		cur_skip(&w->c, 8);
	}
	return link_walk_ethernet(w);
}

static int
walk_gre(struct packet_walk *w)
{
	unsigned flags = cur_be16(&w->c), proto = cur_be16(&w->c);

	if (flags & GRE_ROUTING)
		return ERR_UNSUPPORTED;
	if ((flags & GRE_VERSION) == 1) {	/* PPTP, RFC 2637 */
		skip_gre_fields(w, flags & (GRE_KEY | GRE_SEQ));
		cur_skip(&w->c, flags & GRE_ACK ? 4 : 0);
		return proto == GRE_PPP ? link_walk_ppp(w) : ERR_UNSUPPORTED;
	}
	if (flags & GRE_VERSION)
		return ERR_UNSUPPORTED;
	skip_gre_fields(w, flags);
	if (cur_failed(&w->c))
		return walk_short(w);
	if (proto == GRE_ERSPAN || proto == GRE_ERSPAN3)
		return walk_erspan(w, flags, proto);
	if ((proto >= GRE_ARUBA_FIRST && proto <= GRE_ARUBA_LAST) ||
	    proto == GRE_ARUBA_MIRROR)
		return link_walk_wlan(w);
	return proto == GRE_PPP ? link_walk_ppp(w) :
	    link_walk_ethertype(w, proto);
}

int
tunnel_walk_proto(struct packet_walk *w, uint8_t proto)
{
	switch (proto) {
	case IP_PROTO_IP4:
		return tunnel_try(w, WALK_FIT_FRAME, packet_walk_ip4);
	case IP_PROTO_IP6:
		return tunnel_try(w, WALK_FIT_FRAME, packet_walk_ip6);
	case IP_PROTO_GRE:
		return tunnel_try(w, WALK_FIT_FRAME, walk_gre);
	case IP_PROTO_MPLS:
		return tunnel_try(w, WALK_FIT_FRAME, link_walk_mpls);
	default:
		return ERR_UNSUPPORTED;
	}
}
