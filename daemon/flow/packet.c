// SPDX-License-Identifier: Apache-2.0
#include "flow/packet.h"

#include <stdlib.h>

#include "flow/packet_walk.h"
#include "telltap/packet.h"

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

static int
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
