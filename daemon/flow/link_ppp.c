// SPDX-License-Identifier: Apache-2.0
#include "flow/packet_walk.h"

#define NLPID_SNAP	0x80
#define NLPID_IP6	0x8e
#define NLPID_IP4	0xcc
#define NLPID_PPP	0xcf

enum ppp_proto {
	PPP_IP4 = 0x0021,
	PPP_IP6 = 0x0057,
	PPP_FIRST_COMPRESSED = 0x0023,
	PPP_MPLS = 0x0281,
	PPP_MPLS_MULTICAST = 0x0283,
	PPP_FIRST_CONTROL = 0x8000,
};

/* The number may have been shortened to one byte: it is odd then. */
static unsigned
read_ppp_proto(struct cursor *c)
{
	unsigned proto = cur_u8(c);

	return proto & 1 ? proto : proto << 8 | cur_u8(c);
}

int
link_walk_ppp(struct packet_walk *w)
{
	struct cursor look = w->c;
	unsigned proto = cur_be16(&look);

	if (cur_failed(&look))
		return walk_short(w);
	/* HDLC's address and control, which may be left out; Cisco's. */
	if (proto == 0x0f00 || proto == 0x8f00)
		return link_walk_chdlc(w);
	if (proto == 0xff03)
		w->c = look;
	proto = read_ppp_proto(&w->c);
	if (cur_failed(&w->c))
		return walk_short(w);
	switch (proto) {
	case PPP_IP4:
		return packet_walk_ip4(w);
	case PPP_IP6:
		return packet_walk_ip6(w);
	case PPP_MPLS:
	case PPP_MPLS_MULTICAST:
		return link_walk_mpls(w);
	default:
		/* Control protocols begin at 0x8000; below may be IP that is
		 * compressed, encrypted or split. */
		return proto >= PPP_FIRST_CONTROL ? WALK_NOT_IP :
		    ERR_UNSUPPORTED;
	}
}

int
link_walk_pppoe(struct packet_walk *w)
{
	uint8_t version_type = cur_u8(&w->c);
	uint8_t code = cur_u8(&w->c);
	uint16_t len;

	walk_enter_scope(w, 0x8864, cur_be16(&w->c));
	len = cur_be16(&w->c);
	if (cur_failed(&w->c))
		return walk_short(w);
	if (version_type != 0x11)
		return ERR_MALFORMED;
	if (code)
		return WALK_NOT_IP;
	walk_narrow(w, len);
	return link_walk_ppp(w);
}

int
link_walk_chdlc(struct packet_walk *w)
{
	unsigned ethertype;

	cur_skip(&w->c, 2);
	ethertype = cur_be16(&w->c);
	if (cur_failed(&w->c))
		return walk_short(w);
	return link_walk_ethertype(w, ethertype);
}

/* RFC 2427; the network layer's number stands behind the control byte. */
static int
walk_nlpid(struct packet_walk *w)
{
	struct cursor look;
	uint8_t nlpid = cur_u8(&w->c);
	uint32_t oui;
	unsigned proto;

	if (!nlpid)		/* padding */
		nlpid = cur_u8(&w->c);
	if (cur_failed(&w->c))
		return walk_short(w);
	switch (nlpid) {
	case NLPID_IP4:
		return packet_walk_ip4(w);
	case NLPID_IP6:
		return packet_walk_ip6(w);
	case NLPID_PPP:
		return link_walk_ppp(w);
	case NLPID_SNAP:
		look = w->c;
		oui = cur_be24(&look);
		proto = cur_be16(&look);
		if (cur_failed(&look))
			return walk_short(w);
		w->c = look;
		if (oui == 0x0080c2 && (proto == 1 || proto == 7))
			return link_walk_ethernet(w);
		return oui ? WALK_NOT_IP : link_walk_ethertype(w, proto);
	default:
		return WALK_NOT_IP;
	}
}

int
link_walk_frame_relay(struct packet_walk *w)
{
	uint8_t byte;
	int n = 0;
	unsigned ethertype;
	struct cursor look;

	/* The address ends with the first odd byte. */
	do {
		byte = cur_u8(&w->c);
		n++;
	} while (n < 4 && !(byte & 1) && !cur_failed(&w->c));
	look = w->c;
	if (cur_u8(&look) == 0x03) {
		w->c = look;
		return walk_nlpid(w);
	}
	/* Cisco's own encapsulation has an ethertype there. */
	ethertype = cur_be16(&w->c);
	if (cur_failed(&w->c))
		return walk_short(w);
	return ethertype < 0x0600 ? WALK_NOT_IP :
	    link_walk_ethertype(w, ethertype);
}
