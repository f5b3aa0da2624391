// SPDX-License-Identifier: Apache-2.0
#include "flow/community_id.h"
#include "flow/packet_walk.h"

#define TCP_HEADER_LEN	20u
#define UDP_HEADER_LEN	8u
#define SCTP_HEADER_LEN	12u

static int
walk_tcp(struct packet_walk *w)
{
	struct cursor h = cur_sub(&w->c, TCP_HEADER_LEN);
	struct packet *pkt = w->pkt;
	unsigned header_len;

	if (cur_failed(&h))
		return walk_short(w);
	pkt->src_port = cur_be16(&h);
	pkt->dst_port = cur_be16(&h);
	pkt->seq = cur_be32(&h);
	pkt->ack = cur_be32(&h);
	header_len = (cur_u8(&h) >> 4) * 4u;
	pkt->tcp_flags = cur_u8(&h);
	if (header_len < TCP_HEADER_LEN)
		return ERR_MALFORMED;
	cur_skip(&w->c, header_len - TCP_HEADER_LEN);
	if (cur_failed(&w->c))
		return walk_short(w);
	return walk_finish(w);
}

static int
walk_udp(struct packet_walk *w)
{
	struct cursor h = cur_sub(&w->c, UDP_HEADER_LEN);
	struct packet *pkt = w->pkt;
	uint16_t len;
	int r;

	if (cur_failed(&h))
		return walk_short(w);
	pkt->src_port = cur_be16(&h);
	pkt->dst_port = cur_be16(&h);
	len = cur_be16(&h);
	/* 0: a jumbogram, or segmentation left to the network card. */
	if (len) {
		if (len < UDP_HEADER_LEN || (!w->overlong &&
		    len - UDP_HEADER_LEN > walk_wire_len(w)))
			return ERR_MALFORMED;
		walk_narrow(w, len - UDP_HEADER_LEN);
	}
	r = tunnel_walk_udp(w);
	return r < 0 ? walk_finish(w) : r;
}

/* UDP-Lite has the checksum's coverage where UDP has its length. */
static int
walk_ports(struct packet_walk *w, uint32_t header_len)
{
	struct cursor h = cur_sub(&w->c, header_len);

	if (cur_failed(&h))
		return walk_short(w);
	w->pkt->src_port = cur_be16(&h);
	w->pkt->dst_port = cur_be16(&h);
	return walk_finish(w);
}

/* The payload of ICMP is what follows type, code and checksum. */
static int
walk_icmp(struct packet_walk *w)
{
	uint8_t type = cur_u8(&w->c);
	uint8_t code = cur_u8(&w->c);

	cur_skip(&w->c, 2);
	if (cur_failed(&w->c))
		return walk_short(w);
	w->pkt->src_port = type;
	w->pkt->dst_port = community_id_icmp_port(w->pkt->proto, type, code);
	return walk_finish(w);
}

int
packet_walk_proto(struct packet_walk *w, uint8_t proto)
{
	struct packet *pkt = w->pkt;
	int r;

	pkt->proto = proto;
	pkt->tcp_flags = 0;
	pkt->seq = pkt->ack = 0;
	pkt->src_port = pkt->dst_port = 0;
	switch (proto) {
	case IP_PROTO_TCP:
		return walk_tcp(w);
	case IP_PROTO_UDP:
		return walk_udp(w);
	case IP_PROTO_UDPLITE:
		return walk_ports(w, UDP_HEADER_LEN);
	case IP_PROTO_SCTP:
		return walk_ports(w, SCTP_HEADER_LEN);
	case IP_PROTO_ICMP:
	case IP_PROTO_ICMP6:
		return walk_icmp(w);
	case IP_PROTO_IP4:
	case IP_PROTO_IP6:
	case IP_PROTO_GRE:
	case IP_PROTO_MPLS:
		r = tunnel_walk_proto(w, proto);
		return r < 0 ? walk_finish(w) : r;
	default:
		return walk_finish(w);
	}
}
