// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_state.h"

#include <errno.h>
#include <string.h>

#include <bpf/bpf.h>

#include "kernel/heads.h"
#include "kernel/tap_diag.h"

struct source {
	struct tap *tap;
	const struct place_capture *capture;
};

static bool
better(const struct tuple_holder *a, const struct tuple_holder *b)
{
	bool a_accepted = a->flags & TAP_ACCEPTED;
	bool b_accepted = b->flags & TAP_ACCEPTED;

	if (a_accepted != b_accepted)
		return b_accepted;
	return a->since_ns <= b->since_ns;
}

/* Both ends of a connection on lo may be watched: then the packet is the
 * connecting end's, whichever way it goes. */
static uint32_t
owner_known(const struct tap *t, const struct tap_tuple tuples[2],
    uint64_t ts_ns, uint16_t *ret_flags)
{
	const struct tuple_holder *out, *in;

	out = tuples_find(t->tuples, &tuples[0], ts_ns);
	in = tuples_find(t->tuples, &tuples[1], ts_ns);
	if (out && (!in || better(out, in))) {
		*ret_flags = TELLTAP_PACKET_OUTBOUND;
		return out->owner;
	}
	*ret_flags = TELLTAP_PACKET_INBOUND;
	return in ? in->owner : 0;
}

/* The record may have found no room in the ring; the map has it still. */
static void
ask_kernel(struct tap *t, const struct tap_tuple *tuple)
{
	struct tap_tuple_value v;

	if (bpf_map_lookup_elem(t->place_maps.tuples, tuple, &v) == 0)
		tap_hold_tuple(t, tuple, v.cookie,
		    v.since_ns + t->monotonic_offset, v.owner, v.owner,
		    v.flags);
}

static struct tap_fragment_owner *
fragment_slot(struct tap *t, const struct heads *h, uint64_t netns)
{
	uint32_t hash = h->fragment_id ^ h->src[15] << 8 ^ h->dst[15] ^
			(uint32_t)netns;

	return &t->fragments[hash * 0x9e3779b1u >> 22 & (FRAGMENT_SLOTS - 1)];
}

static bool
is_fragment_of(const struct tap_fragment_owner *f, const struct heads *h,
    uint64_t netns)
{
	return f->owner && f->id == h->fragment_id && f->proto == h->proto &&
	       f->netns == netns && memcmp(f->src, h->src, 16) == 0 &&
	       memcmp(f->dst, h->dst, 16) == 0;
}

static uint32_t
owner_of(struct tap *t, const struct heads *h, uint64_t netns, uint64_t ts_ns,
    uint16_t *ret_flags)
{
	struct tap_fragment_owner *f;
	struct tap_tuple tuples[2];
	uint32_t owner;

	if (h->fragment == 2) {
		f = fragment_slot(t, h, netns);
		if (!is_fragment_of(f, h, netns))
			return 0;
		*ret_flags = f->flags;
		return f->owner;
	}
	heads_tuple(h, netns, false, &tuples[0]);
	heads_tuple(h, netns, true, &tuples[1]);
	owner = owner_known(t, tuples, ts_ns, ret_flags);
	if (!owner) {
		ask_kernel(t, &tuples[0]);
		ask_kernel(t, &tuples[1]);
		owner = owner_known(t, tuples, ts_ns, ret_flags);
	}
	if (owner && h->fragment == 1) {
		f = fragment_slot(t, h, netns);
		memcpy(f->src, h->src, 16);
		memcpy(f->dst, h->dst, 16);
		f->netns = netns;
		f->id = h->fragment_id;
		f->proto = h->proto;
		f->owner = owner;
		f->flags = *ret_flags;
	}
	return owner;
}

static bool
on_packet(void *arg, const struct capture_packet *c)
{
	const struct source *s = arg;
	struct tap *t = s->tap;
	struct heads h;
	struct telltap_packet p = {
		.ts_ns = c->ts_ns,
		.data = c->data,
		.cap_len = c->cap_len,
		.wire_len = c->wire_len,
		.interface = s->capture->number,
		.link_type = c->link_type,
	};

	if (t->diag) {
		tap_diag_hold(t, &p);
		return true;
	}
	/* Its tuple's record was written before the packet left. */
	if (p.ts_ns >= t->drained_ns)
		tap_ring_drain(t);
	if (heads_read(p.data, p.cap_len, p.link_type, &h) == 0)
		p.owner = owner_of(t, &h, place_netns(s->capture->place),
		    p.ts_ns, &p.flags);
	if (!p.owner) {
		t->stats.packets_unowned += p.ts_ns >= t->opened_ns;
		return true;
	}
	t->stats.packets++;
	t->stats.bytes += p.wire_len;
	tap_fail(t, batch_add(t->batch, &p));
	return !batch_is_full(t->batch);
}

static void
read_place(struct tap *t, struct place *place)
{
	struct source s = { .tap = t };
	struct place_capture **captures;
	size_t count;

	captures = place_captures(place, &count);
	for (size_t i = 0; i < count && !batch_is_full(t->batch); ) {
		s.capture = captures[i];
		if (capture_read(captures[i]->capture, on_packet, &s) == 0) {
			i++;
			continue;
		}
		tap_note(t, "capture on %s ended: the interface is gone",
		    captures[i]->name);
		place_lost(place, captures[i]);
		captures = place_captures(place, &count);
	}
}

int
tap_packets_read(struct tap *t)
{
	const struct telltap_packet *packets;
	size_t count;

	for (size_t i = 0; i < t->place_count; i++)
		read_place(t, t->places[i]);
	if (t->diag)
		tap_fail(t, tap_diag_turn(t));
	packets = batch_take(t->batch, &count);
	if (count && t->events.on_packets)
		tap_fail(t, t->events.on_packets(t->arg, packets, count));
	return t->failed;
}
