// SPDX-License-Identifier: Apache-2.0
#include "flow/packet_walk.h"

#define IP4_HEADER_LEN	20u
#define IP4_MORE	0x2000u
#define IP4_OFFSET	0x1fffu

static inline void
read_addr4(struct cursor *h, struct packet_addr *ret_addr)
{
	ret_addr->d[0] = 0;
	ret_addr->w[2] = __builtin_bswap32(0xffff);
	cur_copy(h, &ret_addr->w[3], 4);
}

static int
walk_fragment4(struct packet_walk *w, uint16_t id, uint16_t frag,
    uint32_t header_len)
{
	const struct packet *pkt = w->pkt;
	struct defrag_key key = { .src = pkt->src, .dst = pkt->dst, .id = id,
		.scope = w->scope, .version = 4, .proto = pkt->proto };
	struct defrag_piece piece = { .offset = (frag & IP4_OFFSET) * 8u,
		.header_len = header_len, .next_proto = pkt->proto,
		.more = frag & IP4_MORE };

	return packet_walk_fragment(w, &key, &piece);
}

int
packet_walk_ip4(struct packet_walk *w)
{
	struct cursor h = cur_sub(&w->c, IP4_HEADER_LEN);
	struct packet *pkt = w->pkt;
	uint8_t version_len, header_len;
	uint16_t total_len, id, frag;
	int r;

	if (cur_failed(&h))
		return walk_short(w);
	version_len = cur_u8(&h);
	cur_skip(&h, 1);
	total_len = cur_be16(&h);
	id = cur_be16(&h);
	frag = cur_be16(&h);
	cur_skip(&h, 1);
	pkt->proto = cur_u8(&h);
	cur_skip(&h, 2);
	read_addr4(&h, &pkt->src);
	read_addr4(&h, &pkt->dst);
	pkt->ip_version = 4;
	header_len = (version_len & 15) * 4;
	if (version_len >> 4 != 4 || header_len < IP4_HEADER_LEN)
		return ERR_MALFORMED;
	/* 0: segmentation is left to the network card; the frame's length. */
	if (total_len || w->fit != WALK_FIT_FRAME) {
		if (total_len < header_len)
			return ERR_MALFORMED;
		r = packet_walk_fit(w, total_len - IP4_HEADER_LEN);
		if (r)
			return r;
	}
	w->in_ip = true;
	if (header_len > IP4_HEADER_LEN) {
		cur_skip(&w->c, header_len - IP4_HEADER_LEN);
		if (cur_failed(&w->c))
			return walk_short(w);
	}
	if (frag & (IP4_MORE | IP4_OFFSET))
		return walk_fragment4(w, id, frag, header_len);
	if (pkt->proto == IP_PROTO_AH)
		return packet_walk_extensions(w, pkt->proto);
	return packet_walk_proto(w, pkt->proto);
}
