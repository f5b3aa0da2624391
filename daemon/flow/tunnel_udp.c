// SPDX-License-Identifier: Apache-2.0
#include "flow/packet_walk.h"

enum tunnel_port {
	PORT_GTP_U = 2152,
	PORT_TEREDO = 3544,
	PORT_VXLAN = 4789,
	PORT_GENEVE = 6081,
	PORT_MPLS = 6635,
	PORT_VXLAN_LINUX = 8472,
};

#define VXLAN_VALID	0x08	/* other bits are ignored, as receivers do */

#define GENEVE_CONTROL	0x80
#define GENEVE_IP4	0x0800
#define GENEVE_TEB	0x6558
#define GENEVE_IP6	0x86dd

#define GTP_USER_DATA	0xff
#define GTP_EXTENSION	0x04
#define GTP_OPTIONAL	0x07	/* any of three: four more bytes follow */

#define TEREDO_ORIGIN	0x0000
#define TEREDO_AUTH	0x0001

static int
walk_vxlan(struct packet_walk *w)
{
	uint8_t flags = cur_u8(&w->c);

	cur_skip(&w->c, 3);
	walk_enter_scope(w, PORT_VXLAN, cur_be24(&w->c));
	cur_skip(&w->c, 1);
	if (!(flags & VXLAN_VALID))
		return ERR_MALFORMED;
	return link_walk_ethernet(w);
}

static int
walk_geneve(struct packet_walk *w)
{
	uint8_t version_len = cur_u8(&w->c), flags = cur_u8(&w->c);
	uint16_t proto = cur_be16(&w->c);

	walk_enter_scope(w, PORT_GENEVE, cur_be24(&w->c));
	cur_skip(&w->c, 1 + (version_len & 0x3f) * 4u);
	if (version_len >> 6 || (flags & GENEVE_CONTROL))
		return ERR_MALFORMED;
	switch (proto) {
	case GENEVE_IP4:
		return packet_walk_ip4(w);
	case GENEVE_IP6:
		return packet_walk_ip6(w);
	case GENEVE_TEB:
		return link_walk_ethernet(w);
	default:
		return ERR_UNSUPPORTED;
	}
}

/* RFC 4380: authentication and origin may stand before the IPv6 packet. */
static int
walk_teredo(struct packet_walk *w)
{
	for (int i = 0; i < 2; i++) {
		struct cursor look = w->c;
		uint16_t kind = cur_be16(&look);
		unsigned id_len, auth_len;

		if (kind == TEREDO_AUTH) {
			id_len = cur_u8(&look);
			auth_len = cur_u8(&look);
			cur_skip(&look, id_len + auth_len + 9);
		} else if (kind == TEREDO_ORIGIN) {
			cur_skip(&look, 6);
		} else {
			break;
		}
		if (cur_failed(&look))
			return ERR_MALFORMED;
		w->c = look;
	}
	return packet_walk_ip6(w);
}

/* 3GPP TS 29.281. */
static int
walk_gtp(struct packet_walk *w)
{
	uint8_t flags = cur_u8(&w->c), type = cur_u8(&w->c), next;
	uint16_t len = cur_be16(&w->c);

	walk_enter_scope(w, PORT_GTP_U, cur_be32(&w->c));
	if (cur_failed(&w->c) || flags >> 4 != 3 || type != GTP_USER_DATA ||
	    len > walk_wire_len(w))
		return ERR_MALFORMED;
	walk_narrow(w, len);
	if (flags & GTP_OPTIONAL) {
		cur_skip(&w->c, 3);
		next = cur_u8(&w->c);
		while ((flags & GTP_EXTENSION) && next && !cur_failed(&w->c)) {
			unsigned words = cur_u8(&w->c);

			if (!words)
				return ERR_MALFORMED;
			cur_skip(&w->c, words * 4 - 2);
			next = cur_u8(&w->c);
		}
	}
	return packet_walk_ip(w);
}

/* Where a port stands for a tunnel, it is the one sent to; Teredo's servers
 * and GTP's nodes also send from it. Teredo packets may have trailers. */
int
tunnel_walk_udp(struct packet_walk *w)
{
	switch (w->pkt->dst_port) {
	case PORT_VXLAN:
	case PORT_VXLAN_LINUX:
		return tunnel_try(w, WALK_FIT_PADDED, walk_vxlan);
	case PORT_GENEVE:
		return tunnel_try(w, WALK_FIT_PADDED, walk_geneve);
	case PORT_GTP_U:
		return tunnel_try(w, WALK_FIT_EXACT, walk_gtp);
	case PORT_MPLS:
		return tunnel_try(w, WALK_FIT_EXACT, link_walk_mpls);
	case PORT_TEREDO:
		return tunnel_try(w, WALK_FIT_PADDED, walk_teredo);
	}
	switch (w->pkt->src_port) {
	case PORT_GTP_U:
		return tunnel_try(w, WALK_FIT_EXACT, walk_gtp);
	case PORT_TEREDO:
		return tunnel_try(w, WALK_FIT_PADDED, walk_teredo);
	}
	return ERR_UNSUPPORTED;
}
