// SPDX-License-Identifier: Apache-2.0
#include "flow/packet_walk.h"

/* LINKTYPE_ values, see the registry at tcpdump.org. */
enum link_type {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_SLIP = 8,
	LINK_PPP = 9,
	LINK_RAW_12 = 12,
	LINK_RAW_14 = 14,
	LINK_PPP_HDLC = 50,
	LINK_PPP_ETHER = 51,
	LINK_RAW = 101,
	LINK_C_HDLC = 104,
	LINK_IEEE802_11 = 105,
	LINK_ATM_CLIP = 106,
	LINK_FRELAY = 107,
	LINK_LOOP = 108,
	LINK_ENC = 109,
	LINK_LINUX_SLL = 113,
	LINK_PFLOG = 117,
	LINK_IEEE802_11_RADIOTAP = 127,
	LINK_ARCNET_LINUX = 129,
	LINK_USER2 = 149,
	LINK_PPP_PPPD = 166,
	LINK_PPI = 192,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_NFLOG = 239,
	LINK_IPOIB = 242,
	LINK_PKTAP = 258,
	LINK_LINUX_SLL2 = 276,
	LINK_DSA_TAG_BRCM = 281,
	LINK_DSA_TAG_BRCM_PREPEND = 282,
	LINK_DSA_TAG_DSA = 283,
	LINK_DSA_TAG_EDSA = 284,
};


/* BSD's address family, in the byte order of the host that captured. */
static int
walk_family(struct packet_walk *w)
{
	uint32_t family = cur_be32(&w->c);

	if (cur_failed(&w->c))
		return walk_short(w);
	if (__builtin_bswap32(family) <= 0xffff)
		family = __builtin_bswap32(family);
	else if (family > 0xffff)	/* point-to-point: Cisco's header */
		return link_walk_ethertype(w, family & 0xffff);
	switch (family) {
	case 2:
		return packet_walk_ip4(w);
	case 10:	/* Linux */
	case 23:	/* Windows */
	case 24:	/* NetBSD, OpenBSD, BSD/OS */
	case 28:	/* FreeBSD */
	case 30:	/* macOS */
		return packet_walk_ip6(w);
	default:
		return WALK_NOT_IP;
	}
}

/* Linux' packet type, of both cooked headers: 4 is sent, 3 somebody else's. */
static void
set_direction(struct packet_walk *w, unsigned type)
{
	if (type == 4)
		w->pkt->flags |= PACKET_OUTGOING;
	else if (type < 3)
		w->pkt->flags |= PACKET_INCOMING;
}

/* Instead of an ethertype, for some kinds of interface or frame. */
static int
walk_cooked_proto(struct packet_walk *w, unsigned arphrd, unsigned proto)
{
	enum {
		ARPHRD_NETLINK_ = 824,
		ARPHRD_RADIOTAP_ = 803,
		PROTO_8023 = 1,
		PROTO_8022 = 4,
	};

	if (cur_failed(&w->c))
		return walk_short(w);
	if (arphrd == ARPHRD_NETLINK_ || proto == PROTO_8023)
		return WALK_NOT_IP;
	if (arphrd == ARPHRD_RADIOTAP_)
		return link_walk_radiotap(w);
	if (proto == PROTO_8022)
		return link_walk_llc(w);
	return link_walk_ethertype(w, proto);
}

static int
walk_cooked(struct packet_walk *w)
{
	unsigned type = cur_be16(&w->c);
	unsigned arphrd = cur_be16(&w->c);
	unsigned proto;

	cur_skip(&w->c, 10);
	proto = cur_be16(&w->c);
	set_direction(w, type);
	return walk_cooked_proto(w, arphrd, proto);
}

static int
walk_cooked2(struct packet_walk *w)
{
	unsigned proto = cur_be16(&w->c), arphrd;

	cur_skip(&w->c, 6);
	arphrd = cur_be16(&w->c);
	set_direction(w, cur_u8(&w->c));
	cur_skip(&w->c, 9);
	return walk_cooked_proto(w, arphrd, proto);
}

/* RFC 1201 as Linux hands it up: a type, and a header without addresses. */
static int
walk_arcnet(struct packet_walk *w)
{
	uint8_t type, flag;

	cur_skip(&w->c, 4);
	type = cur_u8(&w->c);
	if (type < 0xd4 && type != 0xc4)
		return cur_failed(&w->c) ? walk_short(w) : WALK_NOT_IP;
	if (type != 0xf0) {
		flag = cur_u8(&w->c);
		cur_skip(&w->c, flag == 0xff ? 6 : 2);
		/* Splits of a longer packet are not put together. */
		if (flag && flag != 0xff && !cur_failed(&w->c))
			return ERR_UNSUPPORTED;
	}
	if (cur_failed(&w->c))
		return walk_short(w);
	if (type == 0xd4 || type == 0xf0)
		return packet_walk_ip4(w);
	return type == 0xc4 ? packet_walk_ip6(w) : WALK_NOT_IP;
}

/* Switch tags between the addresses and the ethertype, or before them. */
static int
walk_tagged(struct packet_walk *w, uint32_t tag_len)
{
	unsigned ethertype;

	cur_skip(&w->c, 12 + tag_len);
	ethertype = cur_be16(&w->c);
	if (cur_failed(&w->c))
		return walk_short(w);
	return link_walk_ethertype(w, ethertype);
}

/* What a header of len bytes hides; the version tells. */
static int
walk_ip_behind(struct packet_walk *w, uint32_t len)
{
	cur_skip(&w->c, len);
	return packet_walk_ip(w);
}

static int
walk_ipoib(struct packet_walk *w)
{
	unsigned ethertype;

	cur_skip(&w->c, 40);
	ethertype = cur_be16(&w->c);
	cur_skip(&w->c, 2);
	if (cur_failed(&w->c))
		return walk_short(w);
	return link_walk_ethertype(w, ethertype);
}

/* pppd puts the direction where the address would be. */
static int
walk_pppd(struct packet_walk *w)
{
	uint8_t direction = cur_u8(&w->c);

	cur_skip(&w->c, 1);
	w->pkt->flags |= direction ? PACKET_OUTGOING : PACKET_INCOMING;
	return link_walk_ppp(w);
}

static int
walk_rare(struct packet_walk *w, unsigned link_type)
{
	switch (link_type) {
	case LINK_SLIP:
		return walk_ip_behind(w, 16);
	case LINK_ATM_CLIP:
		return packet_walk_ip(w);
	case LINK_ENC:
		return walk_ip_behind(w, 12);
	case LINK_PPP_ETHER:
		return link_walk_pppoe(w);
	case LINK_PPP_PPPD:
		return walk_pppd(w);
	case LINK_FRELAY:
		return link_walk_frame_relay(w);
	case LINK_PFLOG:
		return link_walk_pflog(w);
	case LINK_ARCNET_LINUX:
		return walk_arcnet(w);
	case LINK_PPI:
		return link_walk_ppi(w);
	case LINK_IPOIB:
		return walk_ipoib(w);
	case LINK_DSA_TAG_BRCM:
	case LINK_DSA_TAG_DSA:
		return walk_tagged(w, 4);
	case LINK_DSA_TAG_EDSA:
		return walk_tagged(w, 8);
	case LINK_DSA_TAG_BRCM_PREPEND:
		cur_skip(&w->c, 4);
		return link_walk_ethernet(w);
	default:
		return ERR_UNSUPPORTED;
	}
}

int
link_walk(struct packet_walk *w, unsigned link_type)
{
	switch (link_type) {
	case LINK_ETHERNET:
		return link_walk_ethernet(w);
	case LINK_LINUX_SLL:
		return walk_cooked(w);
	case LINK_LINUX_SLL2:
		return walk_cooked2(w);
	case LINK_RAW_12:
	case LINK_RAW_14:
	case LINK_RAW:
		return packet_walk_ip(w);
	case LINK_IPV4:
		return packet_walk_ip4(w);
	case LINK_IPV6:
		return packet_walk_ip6(w);
	case LINK_NULL:
	case LINK_LOOP:
		return walk_family(w);
	case LINK_PKTAP:
	case LINK_USER2:
		return link_walk_pktap(w);
	case LINK_PPP:
	case LINK_PPP_HDLC:
		return link_walk_ppp(w);
	case LINK_C_HDLC:
		return link_walk_chdlc(w);
	case LINK_IEEE802_11:
		return link_walk_wlan(w);
	case LINK_IEEE802_11_RADIOTAP:
		return link_walk_radiotap(w);
	case LINK_NFLOG:
		return link_walk_nflog(w);
	default:
		return walk_rare(w, link_type);
	}
}
