// SPDX-License-Identifier: Apache-2.0
#include "flow/packet_walk.h"

#define PKTAP_LEN	108u	/* of the first version; later ones are longer */
#define PKTAP_PACKET	1u
#define PKTAP_IN	0x1u
#define PKTAP_OUT	0x2u

#define NFLOG_HOOK_IN	1
#define NFLOG_HOOK_OUT	3
#define NFLOG_TYPE_HEADER	1
#define NFLOG_TYPE_PAYLOAD	9

#define PFLOG_DIRECTION_AT	60u

/* Only so many records within records. */
static int
walk_inner(struct packet_walk *w, unsigned link_type)
{
	if (++w->layers > WALK_MAX_LAYERS)
		return ERR_UNSUPPORTED;
	return link_walk(w, link_type);
}

/* Apple writes it in its own byte order, which is little-endian. */
int
link_walk_pktap(struct packet_walk *w)
{
	struct cursor h = w->c;
	uint32_t len = cur_le32(&h), next = cur_le32(&h), dlt = cur_le32(&h);
	uint32_t flags;

	cur_skip(&h, 24);
	flags = cur_le32(&h);
	if (cur_failed(&h))
		return walk_short(w);
	if (len < PKTAP_LEN || len > 4096 || dlt > 0xffff)
		return ERR_UNSUPPORTED;
	if (next != PKTAP_PACKET)
		return WALK_NOT_IP;
	if (flags & PKTAP_IN)
		w->pkt->flags |= PACKET_INCOMING;
	if (flags & PKTAP_OUT)
		w->pkt->flags |= PACKET_OUTGOING;
	cur_skip(&w->c, len);
	if (cur_failed(&w->c))
		return walk_short(w);
	return walk_inner(w, dlt);
}

/* Attributes in the byte order of the host, which their lengths betray. */
int
link_walk_nflog(struct packet_walk *w)
{
	struct cursor value;

	cur_skip(&w->c, 4);
	while (cur_left(&w->c)) {
		uint16_t len = cur_le16(&w->c), type = cur_le16(&w->c);

		if ((len >= 0x0400 && !(len & 0xff)) ||
		    (type > 0xff && !(type & 0xff))) {
			len = __builtin_bswap16(len);
			type = __builtin_bswap16(type);
		}
		if (cur_failed(&w->c))
			break;
		if (len < 4)
			return ERR_MALFORMED;
		if ((type & 0x7fff) == NFLOG_TYPE_PAYLOAD) {
			walk_narrow(w, len - 4u);
			return packet_walk_ip(w);
		}
		value = cur_sub(&w->c, len - 4u);
		cur_skip(&w->c, -len & 3u);
		if ((type & 0x7fff) == NFLOG_TYPE_HEADER) {
			cur_skip(&value, 2);
			switch (cur_u8(&value)) {
			case NFLOG_HOOK_IN:
				w->pkt->flags |= PACKET_INCOMING;
				break;
			case NFLOG_HOOK_OUT:
				w->pkt->flags |= PACKET_OUTGOING;
				break;
			}
		}
	}
	return cur_failed(&w->c) || w->cut ? walk_short(w) : WALK_NOT_IP;
}

int
link_walk_ppi(struct packet_walk *w)
{
	uint16_t len;
	uint32_t dlt;

	cur_skip(&w->c, 2);
	len = cur_le16(&w->c);
	dlt = cur_le32(&w->c);
	if (cur_failed(&w->c))
		return walk_short(w);
	if (len < 8)
		return ERR_MALFORMED;
	cur_skip(&w->c, len - 8u);
	if (cur_failed(&w->c))
		return walk_short(w);
	return dlt > 0xffff ? ERR_UNSUPPORTED : walk_inner(w, dlt);
}

int
link_walk_pflog(struct packet_walk *w)
{
	struct cursor h = w->c;
	uint8_t len = cur_u8(&h);

	cur_skip(&h, PFLOG_DIRECTION_AT - 1);
	if (len > PFLOG_DIRECTION_AT) {
		uint8_t direction = cur_u8(&h);

		if (direction == 1)
			w->pkt->flags |= PACKET_INCOMING;
		else if (direction == 2)
			w->pkt->flags |= PACKET_OUTGOING;
	}
	cur_skip(&w->c, (len + 3u) & ~3u);
	if (cur_failed(&w->c))
		return walk_short(w);
	return len ? packet_walk_ip(w) : walk_short(w);
}
