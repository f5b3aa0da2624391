// SPDX-License-Identifier: Apache-2.0
#include "kernel/tap_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/batch.h"
#include "kernel/heads.h"
#include "kernel/tap.h"
#include "kernel/tap_held.h"

/* Later fragments bear no ports; the first one's owner is remembered here. */
struct fragment_owner {
	uint8_t src[16], dst[16];
	uint64_t netns;
	uint32_t id, owner;
	uint16_t flags;
	uint8_t proto;
};

#define FRAGMENT_SLOTS 1024
#define LINK_ETHERNET 1 /* of copied packets */

struct open_capture {
	struct tap_reader_capture told;
	struct packet_ring *ring;
	bool gone; /* to be read out, then closed */
};

struct tap_reader {
	const struct tuples *tuples;
	struct tap_reader_events events;
	struct batch *batch;
	struct tap_held *held; /* NULL: there are tuples */
	struct open_capture *captures;
	size_t count;
	struct tap_reader_stats stats;
	uint64_t drained_ns; /* tuples are known up to here */
	uint64_t early_ns; /* of the latest copied packet */
	uint64_t opened_ns;
	int failed;
	struct fragment_owner fragments[FRAGMENT_SLOTS];
};

/* The packet's way through on_packet(). */
struct reading {
	struct tap_reader *reader;
	const struct tap_reader_capture *capture;
};

struct tap_reader *
tap_reader_new(const struct tuples *tuples, const struct tap_reader_events *events)
{
	struct tap_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->tuples = tuples;
	r->events = *events;
	r->batch = batch_new();
	if (!tuples)
		r->held = tap_held_new();
	r->captures = calloc(TAP_READER_CAPTURES_MAX, sizeof(*r->captures));
	if (!r->batch || !r->captures || !tuples != !!r->held) {
		tap_reader_free(r);
		return NULL;
	}
	return r;
}

void
tap_reader_free(struct tap_reader *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++)
		packet_ring_close(r->captures[i].ring);
	free(r->captures);
	batch_free(r->batch);
	tap_held_free(r->held);
	free(r);
}

void
tap_reader_number(struct tap_reader *r, uint64_t before)
{
	batch_number(r->batch, before);
}

void
tap_reader_begins(struct tap_reader *r, uint64_t opened_ns)
{
	r->opened_ns = opened_ns;
}

int
tap_reader_add(struct tap_reader *r, const struct tap_reader_capture *c)
{
	struct open_capture *to = &r->captures[r->count];
	int err;

	if (r->count == TAP_READER_CAPTURES_MAX)
		return ERR_LIMIT;
	err = packet_ring_open(c->fd, &c->shape, &to->ring);
	if (err)
		return err;
	to->told = *c;
	to->gone = false;
	r->count++;
	return 0;
}

static bool
better(const struct tuple_holder *a, const struct tuple_holder *b,
    uint64_t ts_ns)
{
	bool a_accepted = a->flags & TAP_ACCEPTED;
	bool b_accepted = b->flags & TAP_ACCEPTED;
	bool a_held = tuple_is_held(a, ts_ns), b_held = tuple_is_held(b, ts_ns);

	/* Who takes a port after another may be known before the other's packets
	 * are read. */
	if (a_held != b_held)
		return a_held;
	if (a_accepted != b_accepted)
		return b_accepted;
	return a->since_ns <= b->since_ns;
}

/* Both ends of a connection on lo may be watched: then the packet is the
 * connecting end's, whichever way it goes. */
static uint32_t
owner_known(const struct tap_reader *r, const struct tap_tuple tuples[2],
    uint64_t ts_ns, uint16_t *ret_flags)
{
	const struct tuple_holder *out, *in;

	out = tuples_find(r->tuples, &tuples[0], ts_ns);
	in = tuples_find(r->tuples, &tuples[1], ts_ns);
	if (out && out->owner &&
	    (!in || !in->owner || better(out, in, ts_ns))) {
		*ret_flags = TELLTAP_PACKET_OUTBOUND;
		return out->owner;
	}
	*ret_flags = TELLTAP_PACKET_INBOUND;
	return in ? in->owner : 0;
}

static struct fragment_owner *
fragment_slot(struct tap_reader *r, const struct heads *h, uint64_t netns)
{
	uint32_t hash =
	    h->fragment_id ^ h->src[15] << 8 ^ h->dst[15] ^ (uint32_t)netns;

	return &r->fragments[hash * 0x9e3779b1u >> 22 & (FRAGMENT_SLOTS - 1)];
}

static bool
is_fragment_of(
    const struct fragment_owner *f, const struct heads *h, uint64_t netns)
{
	return f->owner && f->id == h->fragment_id && f->proto == h->proto &&
	       f->netns == netns && memcmp(f->src, h->src, 16) == 0 &&
	       memcmp(f->dst, h->dst, 16) == 0;
}

static uint32_t
owner_of(struct tap_reader *r, const struct heads *h, uint64_t netns,
    uint64_t ts_ns, uint16_t *ret_flags)
{
	struct fragment_owner *f;
	struct tap_tuple tuples[2];
	uint32_t owner;

	if (h->fragment == 2) {
		f = fragment_slot(r, h, netns);
		if (!is_fragment_of(f, h, netns))
			return 0;
		*ret_flags = f->flags;
		return f->owner;
	}
	heads_tuple(h, netns, false, &tuples[0]);
	heads_tuple(h, netns, true, &tuples[1]);
	owner = owner_known(r, tuples, ts_ns, ret_flags);
	if (!owner) {
		r->events.ask(r->events.arg, &tuples[0]);
		r->events.ask(r->events.arg, &tuples[1]);
		owner = owner_known(r, tuples, ts_ns, ret_flags);
	}
	if (owner && h->fragment == 1) {
		f = fragment_slot(r, h, netns);
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

static void
fail(struct tap_reader *r, int err)
{
	if (err && !r->failed)
		r->failed = err;
}

static void
put(struct tap_reader *r, const struct telltap_packet *p)
{
	if (!p->owner) {
		r->stats.unowned += p->ts_ns >= r->opened_ns;
		return;
	}
	r->stats.packets++;
	r->stats.bytes += p->wire_len;
	fail(r, batch_add(r->batch, p));
}

void
tap_reader_early(struct tap_reader *r, const struct tap_early_packet *in)
{
	struct tap_tuple tuples[2];
	struct heads h;
	struct telltap_packet p = {
		.ts_ns = in->ts_ns,
		.data = in->data,
		.cap_len = in->cap_len,
		.wire_len = in->wire_len,
		.interface = in->interface,
		.link_type = LINK_ETHERNET,
	};

	if (r->held || !batch_has_room(r->batch, p.cap_len)) {
		r->stats.refused++;
		return;
	}
	/* Nobody is asked: what is in the kernel came before, in the same ring. */
	if (heads_read(p.data, p.cap_len, p.link_type, &h) == 0) {
		heads_tuple(&h, in->netns, false, &tuples[0]);
		heads_tuple(&h, in->netns, true, &tuples[1]);
		p.owner = owner_known(r, tuples, p.ts_ns, &p.flags);
	}
	if (p.ts_ns > r->early_ns)
		r->early_ns = p.ts_ns;
	put(r, &p);
}

static bool
on_packet(void *arg, const struct ring_packet *in)
{
	const struct reading *reading = arg;
	struct tap_reader *r = reading->reader;
	struct heads h;
	struct telltap_packet p = {
		.ts_ns = in->ts_ns,
		.data = in->data,
		.cap_len = in->cap_len,
		.wire_len = in->wire_len,
		.interface = reading->capture->number,
		.link_type = in->link_type,
	};

	if (r->held) {
		r->stats.refused += !tap_held_put(r->held, &p);
		return true;
	}
	/* Its tuple's record was written before the packet left. */
	if (p.ts_ns >= r->drained_ns)
		r->drained_ns = r->events.drain(r->events.arg);
	if (heads_read(p.data, p.cap_len, p.link_type, &h) == 0)
		p.owner =
		    owner_of(r, &h, reading->capture->netns, p.ts_ns, &p.flags);
	put(r, &p);
	return !batch_is_full(r->batch);
}

static void
read_ring(struct tap_reader *r, struct open_capture *c)
{
	struct reading reading = { r, &c->told };

	if (!c->ring || !packet_ring_read(c->ring, on_packet, &reading))
		return;
	packet_ring_close(c->ring);
	c->ring = NULL;
	r->stats.broken++;
}

/* What tells of it may be called from within a turn. */
void
tap_reader_remove(struct tap_reader *r, uint32_t number)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->captures[i].told.number == number)
			r->captures[i].gone = true;
}

static void
close_gone(struct tap_reader *r)
{
	for (size_t i = 0; i < r->count;) {
		struct open_capture *c = &r->captures[i];

		if (!c->gone || batch_is_full(r->batch)) {
			i++;
			continue;
		}
		read_ring(r, c);
		packet_ring_close(c->ring);
		*c = r->captures[--r->count];
	}
}

int
tap_reader_guess(struct tap_reader *r, const struct diag_socket *s,
    uint32_t owner, uint64_t now_ns)
{
	return r->held ? tap_held_guess(r->held, s, owner, now_ns) : -EINVAL;
}

static void
release(struct tap_reader *r, uint64_t now_ns)
{
	struct telltap_packet p;

	while (!batch_is_full(r->batch) && tap_held_take(r->held, now_ns, &p))
		put(r, &p);
}

int
tap_reader_read(struct tap_reader *r)
{
	const struct telltap_packet *packets;
	struct timespec ts;
	uint64_t now_ns;
	size_t count;

	clock_gettime(CLOCK_REALTIME, &ts);
	now_ns = ts.tv_sec * 1000000000ull + ts.tv_nsec;
	/* The clock was set back: what is entered now bears earlier times. */
	if (r->drained_ns != UINT64_MAX && r->drained_ns > now_ns)
		r->drained_ns = 0;
	for (size_t i = 0; i < r->count && !batch_is_full(r->batch); i++)
		read_ring(r, &r->captures[i]);
	close_gone(r);
	/* All that is told of a packet's owner is told before it is handed out. */
	if (r->early_ns && r->early_ns >= r->drained_ns)
		r->drained_ns = r->events.drain(r->events.arg);
	r->early_ns = 0;
	if (r->held)
		release(r, now_ns);
	packets = batch_take(r->batch, &count);
	if (count && r->events.on_packets)
		fail(r, r->events.on_packets(r->events.arg, packets, count));
	return r->failed;
}

void
tap_reader_stats(const struct tap_reader *r, struct tap_reader_stats *ret_stats)
{
	*ret_stats = r->stats;
	ret_stats->held = r->held ? tap_held_count(r->held) : 0;
}
