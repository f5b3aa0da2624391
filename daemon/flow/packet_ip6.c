// SPDX-License-Identifier: Apache-2.0
#include "flow/packet_walk.h"

#define IP6_HEADER_LEN	40u
#define MAX_EXTENSIONS	64
#define OPTION_PAD1	0x00
#define OPTION_JUMBO	0xc2

/* Extension headers (RFC 7045); behind IPv4 there is only the one. */
static bool
is_extension(const struct packet_walk *w, uint8_t proto)
{
	if (w->pkt->ip_version == 4)
		return proto == IP_PROTO_AH;
	switch (proto) {
	case IP_PROTO_HOP_BY_HOP:
	case IP_PROTO_ROUTING:
	case IP_PROTO_FRAGMENT:
	case IP_PROTO_AH:
	case IP_PROTO_DESTINATION:
	case IP_PROTO_MOBILITY:
	case IP_PROTO_HIP:
	case IP_PROTO_SHIM6:
		return true;
	default:
		return false;
	}
}

/* The length that a jumbo payload option gives; 0 if there is none. */
static uint32_t
find_jumbo(struct cursor options)
{
	while (cur_left(&options)) {
		uint8_t type = cur_u8(&options), len;
		struct cursor value;

		if (type == OPTION_PAD1)
			continue;
		len = cur_u8(&options);
		value = cur_sub(&options, len);
		if (type == OPTION_JUMBO && len == 4)
			return cur_be32(&value);
	}
	return 0;
}

/* A payload length of 0 means a jumbogram, or segmentation left to the network
 * card; the first header is read twice for it. */
static int
fit_jumbo(struct packet_walk *w, uint8_t proto)
{
	struct cursor look = w->c;
	uint32_t len = 0;

	if (proto == IP_PROTO_HOP_BY_HOP) {
		cur_skip(&look, 1);
		len = find_jumbo(cur_sub(&look, cur_u8(&look) * 8u + 6));
		if (len > walk_wire_len(w))
			return ERR_MALFORMED;
	}
	if (!len && (w->fit != WALK_FIT_FRAME || proto == IP_PROTO_NONE))
		return packet_walk_fit(w, 0);
	return packet_walk_fit(w, len ? len : (uint32_t)walk_wire_len(w));
}

int
packet_walk_ip6(struct packet_walk *w)
{
	struct cursor h = cur_sub(&w->c, IP6_HEADER_LEN);
	struct packet *pkt = w->pkt;
	uint16_t payload_len;
	uint8_t version;
	int r;

	if (cur_failed(&h))
		return walk_short(w);
	version = cur_u8(&h) >> 4;
	cur_skip(&h, 3);
	payload_len = cur_be16(&h);
	pkt->proto = cur_u8(&h);
	cur_skip(&h, 1);
	cur_copy(&h, pkt->src.b, 16);
	cur_copy(&h, pkt->dst.b, 16);
	pkt->ip_version = 6;
	if (version != 6)
		return ERR_MALFORMED;
	r = payload_len ? packet_walk_fit(w, payload_len) :
	    fit_jumbo(w, pkt->proto);
	if (r)
		return r;
	if (is_extension(w, pkt->proto))
		return packet_walk_extensions(w, pkt->proto);
	return packet_walk_proto(w, pkt->proto);
}

/* header_len: of the extension headers before this one. */
static int
walk_fragment6(struct packet_walk *w, uint32_t header_len)
{
	struct defrag_key key = { .src = w->pkt->src, .dst = w->pkt->dst,
		.scope = w->scope, .version = 6 };
	struct defrag_piece piece = { .header_len = header_len };
	uint16_t offset_more;

	piece.next_proto = cur_u8(&w->c);
	cur_skip(&w->c, 1);
	offset_more = cur_be16(&w->c);
	key.id = cur_be32(&w->c);
	if (cur_failed(&w->c))
		return walk_short(w);
	/* RFC 6946: a fragment that is the whole waits for no other. */
	if (!(offset_more & ~6u))
		return packet_walk_extensions(w, piece.next_proto);
	piece.offset = offset_more & 0xfff8u;
	piece.more = offset_more & 1;
	return packet_walk_fragment(w, &key, &piece);
}

int
packet_walk_extensions(struct packet_walk *w, uint8_t proto)
{
	size_t begin = cur_left(&w->c);

	while (is_extension(w, proto)) {
		struct cursor at = w->c;
		uint8_t next, len;

		if (++w->extensions > MAX_EXTENSIONS)
			return ERR_MALFORMED;
		if (proto == IP_PROTO_FRAGMENT)
			return walk_fragment6(w, (uint32_t)(begin -
			    cur_left(&w->c)));
		next = cur_u8(&w->c);
		len = cur_u8(&w->c);
		cur_skip(&w->c, len * (proto == IP_PROTO_AH ? 4u : 8u) + 6);
		if (cur_failed(&w->c))
			return walk_short(w);
		/* These may be all that the packet carries. */
		if (next == IP_PROTO_NONE && proto >= IP_PROTO_MOBILITY) {
			w->c = at;
			break;
		}
		proto = next;
	}
	return packet_walk_proto(w, proto);
}
