// SPDX-License-Identifier: Apache-2.0
#include "flow/packet.h"

#include <stdlib.h>

#include "flow/packet_walk.h"
#include "telltap/packet.h"

#define LINK_ETHERNET	1
#define FAST_HEADERS_LEN	(14u + 20u + 20u)

struct packet_decoder *
packet_decoder_new(size_t max_fragment_bytes)
{
	struct packet_decoder *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->defrag = defrag_new(max_fragment_bytes);
	if (!d->defrag) {
		free(d);
		return NULL;
	}
	return d;
}

void
packet_decoder_free(struct packet_decoder *d)
{
	if (!d)
		return;
	defrag_free(d->defrag);
	free(d);
}

static inline int
count(struct packet_stats *s, const struct packet *pkt, int r)
{
	switch (r) {
	case 0:
		s->decoded++;
		s->cut_by_snaplen += (pkt->flags & PACKET_CUT) != 0;
		return 0;
	case WALK_WAITS:
		s->fragments_held++;
		return 1;
	case WALK_NOT_IP:
		s->not_ip++;
		return 1;
	case ERR_TRUNCATED:
		s->truncated++;
		return r;
	case ERR_UNSUPPORTED:
		s->unsupported++;
		return r;
	default:
		s->malformed++;
		return ERR_MALFORMED;
	}
}

static uint8_t
direction(unsigned flags)
{
	return (flags & TELLTAP_PACKET_OUTBOUND ? PACKET_OUTGOING : 0) |
	    (flags & TELLTAP_PACKET_INBOUND ? PACKET_INCOMING : 0);
}

static inline void
read_addr4(struct cursor *h, struct packet_addr *ret_addr)
{
	ret_addr->d[0] = 0;
	ret_addr->w[2] = __builtin_bswap32(0xffff);
	cur_copy(h, &ret_addr->w[3], 4);
}

/*
 * Most frames by far: TCP behind IPv4 without options or fragments, all of its
 * headers captured. Reads them in one go; false, with the walk untouched, for
 * anything else, malformed or not, which the layers take up from the start.
 */
static inline bool
decode_tcp4(struct packet_walk *w)
{
	struct packet_walk walk = *w;
	struct cursor h = cur_sub(&walk.c, FAST_HEADERS_LEN);
	struct packet *pkt = w->pkt;
	unsigned ethertype, version_len, total_len, frag, proto, header_len;

	if (cur_failed(&h))
		return false;
	cur_skip(&h, 12);
	ethertype = cur_be16(&h);
	version_len = cur_u8(&h);
	cur_skip(&h, 1);
	total_len = cur_be16(&h);
	cur_skip(&h, 2);
	frag = cur_be16(&h) & 0x3fff;
	cur_skip(&h, 1);
	proto = cur_u8(&h);
	if (ethertype != 0x0800 || version_len != 0x45 || frag ||
	    proto != IP_PROTO_TCP || total_len < 40 ||
	    total_len - 40 > walk_wire_len(&walk))
		return false;
	cur_skip(&h, 2);
	read_addr4(&h, &pkt->src);
	read_addr4(&h, &pkt->dst);
	pkt->src_port = cur_be16(&h);
	pkt->dst_port = cur_be16(&h);
	pkt->seq = cur_be32(&h);
	pkt->ack = cur_be32(&h);
	header_len = (cur_u8(&h) >> 4) * 4u;
	pkt->tcp_flags = cur_u8(&h);
	walk_narrow(&walk, total_len - 40);
	cur_skip(&walk.c, header_len - 20);
	if (header_len < 20 || cur_failed(&walk.c))
		return false;
	pkt->ip_version = 4;
	pkt->proto = IP_PROTO_TCP;
	return walk_finish(&walk) == 0;
}

int
packet_decode(struct packet_decoder *d, const struct telltap_packet *raw,
    struct arena *arena, struct packet *ret_packet)
{
	struct packet_walk w = {
		.c = cur_init(raw->data, raw->cap_len),
		.cut = raw->wire_len > raw->cap_len ?
		    raw->wire_len - raw->cap_len : 0,
		.d = d,
		.arena = arena,
		.pkt = ret_packet,
	};

	ret_packet->number = raw->number;
	ret_packet->ts_ns = raw->ts_ns;
	ret_packet->interface = raw->interface;
	ret_packet->owner = raw->owner;
	ret_packet->flags = direction(raw->flags);
	d->stats.frames++;
	d->stats.bytes += raw->wire_len > raw->cap_len ? raw->wire_len :
	    raw->cap_len;
	if (raw->link_type == LINK_ETHERNET && decode_tcp4(&w))
		return count(&d->stats, ret_packet, 0);
	return count(&d->stats, ret_packet, link_walk(&w, raw->link_type));
}

void
packet_decoder_sync(struct packet_decoder *d)
{
	const struct defrag_stats *f = defrag_get_stats(d->defrag);

	d->stats.fragments_overlapping = f->overlapping;
	d->stats.fragments_differing = f->differing;
	d->stats.fragments_expired = f->expired;
	d->stats.datagrams_expired = f->datagrams_expired;
}

void
packet_decoder_flush(struct packet_decoder *d)
{
	defrag_flush(d->defrag);
	packet_decoder_sync(d);
}

const struct packet_stats *
packet_decoder_stats(const struct packet_decoder *d)
{
	return &d->stats;
}

size_t
packet_decoder_held(const struct packet_decoder *d)
{
	return defrag_bytes(d->defrag);
}
