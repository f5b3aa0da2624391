// SPDX-License-Identifier: Apache-2.0
#include "flow/packet_walk.h"

/* Ethernet pads frames to 46 bytes of payload; four more are its checksum. */
#define MAX_PADDING	50u

/*
 * Inside of a tunnel a packet can't be longer than what is there. In a frame it
 * can: no receiver takes such a packet, but there are captures whose wire
 * lengths are wrong, cut when they were made anonymous. What such a TCP segment
 * lacks shows in the sequence numbers, so the frame's length is believed.
 */
int
packet_walk_fit(struct packet_walk *w, uint32_t len)
{
	uint64_t there = walk_wire_len(w);

	if (w->fit != WALK_FIT_FRAME) {
		if (len > there)
			return ERR_MALFORMED;
		if (there - len > (w->fit == WALK_FIT_EXACT ? 0 : MAX_PADDING))
			return ERR_MALFORMED;
	} else if (len > there) {
		if (w->in_ip)
			return ERR_MALFORMED;
		w->overlong = true;
		len = (uint32_t)there;
	}
	walk_narrow(w, len);
	w->in_ip = true;
	w->fit = WALK_FIT_FRAME;
	return 0;
}

int
packet_walk_ip(struct packet_walk *w)
{
	struct cursor look = w->c;
	uint8_t version = cur_u8(&look) >> 4;

	if (cur_failed(&look))
		return walk_short(w);
	if (version == 4)
		return packet_walk_ip4(w);
	if (version == 6)
		return packet_walk_ip6(w);
	return ERR_MALFORMED;
}

int
packet_walk_fragment(struct packet_walk *w, const struct defrag_key *key,
    const struct defrag_piece *piece)
{
	struct packet_stats *stats = &w->d->stats;
	struct defrag_piece p = *piece;
	struct defrag_whole whole;
	int r;

	stats->fragments++;
	p.data = cur_peek(&w->c);
	p.cap_len = (uint32_t)cur_left(&w->c);
	p.len = p.cap_len + w->cut;
	p.ts_ns = w->pkt->ts_ns;
	r = defrag_add(w->d->defrag, key, &p, w->arena, &whole);
	packet_decoder_sync(w->d);
	if (r)
		return r == ERR_LIMIT ? WALK_WAITS : r;
	if (!whole.data)
		return WALK_WAITS;
	w->c = cur_init(whole.data, whole.cap_len);
	w->cut = whole.len - whole.cap_len;
	w->pkt->flags |= PACKET_REASSEMBLED;
	if (whole.differing)
		w->pkt->flags |= PACKET_FRAGMENTS_DIFFER;
	return packet_walk_extensions(w, whole.next_proto);
}
