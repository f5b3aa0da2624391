// SPDX-License-Identifier: Apache-2.0
#include "flow/packet_walk.h"

enum ethertype {
	ETHERTYPE_MIN = 0x0600,		/* below: the length of an LLC frame */
	ETHERTYPE_IP4 = 0x0800,
	ETHERTYPE_TEB = 0x6558,
	ETHERTYPE_8021Q = 0x8100,
	ETHERTYPE_IP6 = 0x86dd,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_MPLS_MULTICAST = 0x8848,
	ETHERTYPE_PPPOE = 0x8864,
	ETHERTYPE_8021AD = 0x88a8,
	ETHERTYPE_MACSEC = 0x88e5,
	ETHERTYPE_8021AH = 0x88e7,
	ETHERTYPE_FABRICPATH = 0x8903,
	ETHERTYPE_CISCO_META = 0x8909,
	ETHERTYPE_VNTAG = 0x8926,
	ETHERTYPE_8021BR = 0x893f,
	ETHERTYPE_NSH = 0x894f,
	ETHERTYPE_QINQ_OLD = 0x9100,
	ETHERTYPE_QINQ_OLD2 = 0x9200,
};

#define MACSEC_SCI	0x20
#define MACSEC_SECRET	0x0c	/* encrypted, or changed */

static unsigned
skip_macsec(struct packet_walk *w, bool *ret_secret)
{
	uint8_t control = cur_u8(&w->c);

	cur_skip(&w->c, control & MACSEC_SCI ? 13 : 5);
	*ret_secret = control & MACSEC_SECRET;
	return cur_be16(&w->c);
}

static unsigned
skip_cisco_meta(struct packet_walk *w)
{
	cur_skip(&w->c, 1);
	cur_skip(&w->c, cur_u8(&w->c) * 4u);
	return cur_be16(&w->c);
}

/* Tags that stand before the real ethertype. Each one eats bytes. False if
 * there is none. */
static bool
skip_tag(struct packet_walk *w, unsigned *ethertype, bool *ret_secret)
{
	switch (*ethertype) {
	case ETHERTYPE_8021Q:
	case ETHERTYPE_8021AD:
	case ETHERTYPE_QINQ_OLD:
	case ETHERTYPE_QINQ_OLD2:
		walk_enter_scope(w, ETHERTYPE_8021Q, cur_be16(&w->c) & 0xfff);
		*ethertype = cur_be16(&w->c);
		return true;
	case ETHERTYPE_VNTAG:
		cur_skip(&w->c, 4);
		*ethertype = cur_be16(&w->c);
		return true;
	case ETHERTYPE_8021BR:
		cur_skip(&w->c, 6);
		*ethertype = cur_be16(&w->c);
		return true;
	case ETHERTYPE_8021AH:		/* the tag, then a frame's header */
		cur_skip(&w->c, 16);
		*ethertype = cur_be16(&w->c);
		return true;
	case ETHERTYPE_FABRICPATH:
		cur_skip(&w->c, 14);
		*ethertype = cur_be16(&w->c);
		return true;
	case ETHERTYPE_CISCO_META:
		*ethertype = skip_cisco_meta(w);
		return true;
	case ETHERTYPE_MACSEC:
		*ethertype = skip_macsec(w, ret_secret);
		return true;
	default:
		return false;
	}
}

/* RFC 8300. */
static int
walk_nsh(struct packet_walk *w)
{
	uint8_t len, next;

	cur_skip(&w->c, 1);
	len = cur_u8(&w->c) & 0x3f;
	cur_skip(&w->c, 1);
	next = cur_u8(&w->c);
	if (len >= 1)
		cur_skip(&w->c, len * 4u - 4);
	if (cur_failed(&w->c))
		return walk_short(w);
	switch (next) {
	case 1:
		return packet_walk_ip4(w);
	case 2:
		return packet_walk_ip6(w);
	case 3:
		return link_walk_ethernet(w);
	case 5:
		return link_walk_mpls(w);
	default:
		return WALK_NOT_IP;
	}
}

int
link_walk_ethertype(struct packet_walk *w, unsigned ethertype)
{
	bool secret = false;

	if (++w->layers > WALK_MAX_LAYERS)
		return ERR_UNSUPPORTED;
	while (skip_tag(w, &ethertype, &secret)) {
		if (cur_failed(&w->c))
			return walk_short(w);
		if (secret)
			return ERR_UNSUPPORTED;
	}
	switch (ethertype) {
	case ETHERTYPE_IP4:
		return packet_walk_ip4(w);
	case ETHERTYPE_IP6:
		return packet_walk_ip6(w);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_MULTICAST:
		return link_walk_mpls(w);
	case ETHERTYPE_PPPOE:
		return link_walk_pppoe(w);
	case ETHERTYPE_TEB:
		return link_walk_ethernet(w);
	case ETHERTYPE_NSH:
		return walk_nsh(w);
	}
	if (ethertype >= ETHERTYPE_MIN)
		return WALK_NOT_IP;
	/* Longer than the frame: the capture was cut, or it is no length. */
	if (ethertype <= walk_wire_len(w))
		walk_narrow(w, ethertype);
	return link_walk_llc(w);
}

int
link_walk_ethernet(struct packet_walk *w)
{
	struct cursor h = cur_sub(&w->c, 14);
	unsigned ethertype;

	if (cur_failed(&h))
		return walk_short(w);
	cur_skip(&h, 12);
	ethertype = cur_be16(&h);
	if (ethertype == ETHERTYPE_IP4)
		return packet_walk_ip4(w);
	return link_walk_ethertype(w, ethertype);
}

int
link_walk_llc(struct packet_walk *w)
{
	struct cursor h = w->c;
	uint32_t saps = cur_be24(&h), oui;
	unsigned proto;

	if (cur_failed(&h))
		return walk_short(w);
	if (saps == 0x060603) {
		w->c = h;
		return packet_walk_ip4(w);
	}
	if (saps != 0xaaaa03)
		return WALK_NOT_IP;
	oui = cur_be24(&h);
	proto = cur_be16(&h);
	if (cur_failed(&h))
		return walk_short(w);
	w->c = h;
	/* 0000f8: 802.1H; 0080c2: an Ethernet frame with (1) or without (7)
	 * its checksum, bridged over something else. */
	if ((oui == 0 || oui == 0x0000f8) && proto >= ETHERTYPE_MIN)
		return link_walk_ethertype(w, proto);
	if (oui == 0x0080c2 && (proto == 1 || proto == 7))
		return link_walk_ethernet(w);
	return WALK_NOT_IP;
}

static int
walk_control_word(struct packet_walk *w)
{
	cur_skip(&w->c, 4);
	return link_walk_ethernet(w);
}

/*
 * MPLS does not say what it carries. 4 or 6 in the first half-byte is most
 * likely IP; 0 a control word with an Ethernet frame behind it, or the frame
 * itself, whose sender's addresses may begin with any of them. So each guess is
 * kept only if IP is found to hold together.
 */
int
link_walk_mpls(struct packet_walk *w)
{
	uint32_t label;
	int r;

	do {
		label = cur_be32(&w->c);
		if (cur_failed(&w->c))
			return walk_short(w);
	} while (!(label & 0x100));
	r = tunnel_try(w, WALK_FIT_PADDED, packet_walk_ip);
	if (r < 0)
		r = tunnel_try(w, WALK_FIT_PADDED, walk_control_word);
	if (r < 0)
		r = tunnel_try(w, WALK_FIT_PADDED, link_walk_ethernet);
	return r < 0 ? WALK_NOT_IP : r;
}
